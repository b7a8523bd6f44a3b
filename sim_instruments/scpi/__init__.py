"""SCPI message exchange, parser and status model (IEEE 488.2)."""
