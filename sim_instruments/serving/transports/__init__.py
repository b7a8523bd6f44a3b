"""Transports of simulated instruments: raw socket, HiSLIP, VXI-11, serial line."""
