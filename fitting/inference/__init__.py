"""Parameters from reductions: problem, starts, minima, intervals, noise, posterior."""
