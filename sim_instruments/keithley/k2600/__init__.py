"""How does a Series 2600B System SourceMeter speak: Lua scripts that run in the instrument (TSP)?"""
