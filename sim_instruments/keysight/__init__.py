"""Simulated Keysight instruments."""
