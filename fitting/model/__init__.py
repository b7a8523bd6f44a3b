"""Cell models: circuits and their elements."""
