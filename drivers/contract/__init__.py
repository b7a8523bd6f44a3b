"""Contracts of instruments, and what passes between an instrument and a run."""
