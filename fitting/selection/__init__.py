"""Selection among candidate models: ranking and averaging."""
