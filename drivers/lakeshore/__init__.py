"""Lake Shore 335 and 336 temperature controllers."""
