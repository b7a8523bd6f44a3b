"""Serving of simulated instruments: servers, transports, injected faults."""
