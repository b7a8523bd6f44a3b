"""What every simulated instrument is, and its clock."""
