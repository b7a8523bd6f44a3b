"""A simulated SRS EC301 potentiostat: engine and dialect."""
