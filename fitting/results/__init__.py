"""Results of fits: estimates with intervals, tables, documents."""
