"""Physical meaning of a fit: memory, reversal, attribution, comparison of runs."""
