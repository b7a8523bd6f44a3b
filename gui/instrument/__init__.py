"""Connection to an instrument."""
