"""Archives of runs: every run fitted to every circuit, one row each, and kept fits verified."""
