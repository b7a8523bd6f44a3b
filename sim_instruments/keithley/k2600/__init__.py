"""The simulated Series 2600B System SourceMeter: Lua scripts that run in the instrument (TSP)."""
