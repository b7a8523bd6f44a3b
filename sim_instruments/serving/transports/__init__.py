"""How a simulated instrument is reached: raw socket, HiSLIP, VXI-11, serial line."""
