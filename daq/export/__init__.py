"""Runs in formats of other programs: CSV, parquet, Battery Data Format, NetCDF, event-model documents."""
