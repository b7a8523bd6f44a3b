"""Commands of a Zahner that are taken without effect, and those that are not simulated.

The names are those of the vendor's client, ``zahner_potentiostat`` 1.1.2; docs/reference/sources/zahner.md has each.
"""

MISSING = {":SYST:SEPC", ":SYST:HOTS"}
"""What the vendor's client sends and this instrument does not simulate: the hand-over to a Zennium."""
ACCEPTED = {
    f":SESO:{name}"
    for name in ("VRNG", "CRNG:AUTO", "CRNG:AUTO:LLIM", "CRNG:AUTO:ULIM", "INTP", "BAND", "FILT", "CALO")
}
"""Settings that are taken and have no effect on this cell."""
