"""A simulated Zahner PP212: engine, command port, live port."""
