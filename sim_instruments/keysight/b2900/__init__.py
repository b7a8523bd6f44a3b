"""The simulated Keysight B2900 family of source-measure units."""
