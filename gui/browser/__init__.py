"""Runs dock: the catalogue of saved runs, and what is done with several of them."""
