"""Reduction of a record to the small linear system that every fit works on."""
