"""PalmSens EmStat potentiostats."""
