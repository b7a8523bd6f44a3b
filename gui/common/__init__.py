"""What all panels share: widgets, theme, plots, messages."""
