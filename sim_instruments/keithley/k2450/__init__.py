"""The simulated Keithley 2450, 2460 and 2461."""
