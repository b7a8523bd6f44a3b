"""Zahner PP power potentiostats."""
