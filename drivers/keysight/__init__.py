"""Keysight B2900 source-measure units."""
