"""Commands of a Zahner that are taken without effect, and those that are not simulated.

The names are those of the vendor's client, ``zahner_potentiostat`` 1.1.2; docs/reference/sources/zahner.md has each.
"""

import itertools

MISSING = {
    ":SESO:IVAL",
    ":PARA:IVAL",
    ":MEAS:IESC?",
    ":SYST:SEPC",
    ":SYST:HOTS",
    ":SYST:MAC?",
    ":SYST:SOFT:INFO?",
    ":SYST:TIME",
    ":SYST:TIME?",
}
"""What the vendor's client sends and this instrument does not simulate."""
ACCEPTED = (
    {
        f":SESO:{name}"
        for name in ("UREL", "VRNG", "CRNG:AUTO", "CRNG:AUTO:LLIM", "CRNG:AUTO:ULIM", "INTP", "BAND", "FILT", "CALO")
    }
    | {
        f":PARA:{name}"
        for name in (
            "UREL",
            "UILT",
            "TOL:STAT",
            "TOL:ABS",
            "TOL:REL",
            "CHAR:STAT",
            "CHAR:MAX",
            "CHAR:MIN",
            "STEP",
        )
    }
    | {f":PARA:{a}:{b}" for a, b in itertools.product(("ULIM", "ILIM"), ("STAT", "MAX", "MIN"))}
)
"""Settings that are taken and have no effect on this cell."""
