"""Laplace transforms, mode grids and the compiled loops."""
