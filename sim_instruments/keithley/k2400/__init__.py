"""The simulated Keithley 2400."""
