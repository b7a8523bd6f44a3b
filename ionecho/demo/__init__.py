"""The demonstration on a simulated instrument."""
