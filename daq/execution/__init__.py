"""Execution of a run: bench, runner, guardian, limits."""
