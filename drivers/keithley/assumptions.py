"""What the plans of Keithleys rest on that no page of a manual says: docs/reference/sources has each word for word."""

from __future__ import annotations

from drivers.contract.assumption import Assumption, Concern

OF_2450_FAMILY = (
    Assumption(Concern.TIMES, "trigger blocks take no time, and a level that is recalled is on at once"),
    Assumption(Concern.TIMES, "user delays have a resolution of 1 us"),
    Assumption(Concern.LEVELS, "the source has 5 1/2 digits of each voltage range"),
    Assumption(Concern.END, "aborting the trigger model leaves settings and output as they are"),
)
"""Of each plan for a 2450, 2460 or 2461."""
OF_2461 = (Assumption(Concern.READINGS, "source and measurement settle with a time constant of 1 us"),)
"""Of a model that digitizes."""
OF_INTEGRATING = (
    Assumption(Concern.READINGS, "source and measurement settle with a time constant of 50 us"),
    Assumption(Concern.TIMES, "a reading takes 150 us besides its aperture, and no more than 225 us"),
)
"""Of models without a digitizer."""
OF_CURRENTS_TO_7_A = (
    Assumption(Concern.SETTINGS, "the 7, 5 and 4 A ranges belong to the 7, 10 and 20 V ranges"),
)  # fmt: skip
"""Of the 2460 and the 2461."""
OF_2460 = (Assumption(Concern.SETTINGS, "a 2460 has the commands, limits and defaults of the 2461"),)
"""Of the model whose own manual was not at hand."""
OF_2600B = (
    Assumption(Concern.TIMES, "the blocks of the trigger model take no time"),
    Assumption(Concern.TIMES, "a reading with 20 us aperture is made within 110 us"),
    Assumption(Concern.TIMES, "time stamps are those of the readings' beginnings"),
    Assumption(Concern.TIMES, "the output relay in high impedance closes within 30 ms"),
    Assumption(Concern.READINGS, "source and measurement settle with a time constant of 10 us"),
    Assumption(Concern.SETTINGS, "a buffer of 60,000 readings with time stamps and source values fits"),
    Assumption(Concern.END, "an aborted sweep or script leaves level and output as they are"),
)
"""Of each plan for a 2600B."""
ON_LOW_RANGES = (
    Assumption(
        Concern.READINGS, "a level settles within 3 ms on the 100 nA range, 500 us on 1 uA and 200 us on 10 uA"
    ),
)  # fmt: skip
"""Of those on ranges of 10 uA and below."""
