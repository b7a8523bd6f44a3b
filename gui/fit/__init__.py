"""Fit panel and result page."""
