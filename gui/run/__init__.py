"""The run: control, live plot, alarm."""
