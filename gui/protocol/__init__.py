"""Protocol library and plan."""
