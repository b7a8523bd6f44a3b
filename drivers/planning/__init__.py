"""Planning: from a protocol to what an instrument really does."""
