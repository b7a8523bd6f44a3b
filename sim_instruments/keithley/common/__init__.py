"""What the SCPI source meters share: source, buffers, trigger model."""
