"""Analogue front end: noise, ranges, bandwidth."""
