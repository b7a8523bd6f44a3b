"""Is a sequence over its limits refused, and does the stricter limit win?"""

from __future__ import annotations

import math

import numpy as np
import pytest

from protocols import LimitError, Limits, PulseSequence


def test_the_stricter_limit_wins() -> None:
    rig, protocol = Limits(voltage_V=1.0, current_A=1e-3), Limits(voltage_V=0.1, charge_C=1.0)
    assert rig.stricter(protocol) == Limits(voltage_V=0.1, current_A=1e-3, charge_C=1.0)


def test_the_first_edge_over_the_limit_is_named_with_value_and_limit() -> None:
    sequence = PulseSequence.pump_probe("20 mV", "1 s", "1 s", probe_level="-150 mV", after="1 s")
    with pytest.raises(LimitError, match=r"edge 3 of 4, at 2 s, goes to -150 mV: over the voltage limit of 100 mV"):
        Limits(voltage_V=0.1).check_sequence(sequence)


def test_the_far_end_of_a_ramp_counts() -> None:
    ramp = PulseSequence.from_arrays([0, 1], [0, 0.5], 2, ramp=[False, True])
    with pytest.raises(LimitError, match="500 mV"):
        Limits(voltage_V=0.4).check_sequence(ramp)
    Limits(voltage_V=0.5).check_sequence(ramp)


def test_the_rest_level_counts() -> None:
    with pytest.raises(LimitError, match="rest"):
        Limits(voltage_V=1.0).check_sequence(
            PulseSequence(np.array([0.0]), np.array([0.5]), np.array([0.5]), 1.0, rest_V=2.0)
        )


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_limit_is_a_finite_number_above_zero(value: float) -> None:
    with pytest.raises(ValueError, match="voltage_V"):
        Limits(voltage_V=value)
