"""Reports of runs, comparisons, campaigns and archives: one HTML or PDF file, and its figures with their data."""
