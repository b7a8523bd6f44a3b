"""Simulated Keithley source-measure units."""
