"""Samples side by side: rows by closed forms, what is told apart, and what is left out with a reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.constants import e, k

from fitting.archive.comparison import compare_archive
from fitting.archive.comparison_table import verdicts_of
from fitting.archive.values import values_of
from protocols import FitError, InputError

K_EV = k / e
NAME = "median_memory_time"


def row(sample: str, kelvin: float | None, value: float, seed: int, **others: Any) -> dict[str, Any]:
    """A row as a refit writes it, 3 % uncertain."""
    found = value * float(np.exp(0.03 * np.random.default_rng(seed).standard_normal()))
    return {
        "run": f"{sample} {seed}", "circuit": "R0-De1-CPE1", "status": "fitted", "sample": sample,
        "temperature_K": kelvin, "describes": True, f"{NAME}_s": found,
        f"{NAME}_low_s": found * 0.943, f"{NAME}_high_s": found * 1.0605,
        f"{NAME}_determined": True, **others,
    }  # fmt: skip


def series(sample: str, energy_eV: float, at_300_s: float, kelvin: tuple[float, ...], **others: Any) -> list[Any]:
    return [
        row(sample, T, at_300_s * np.exp(energy_eV / K_EV * (1 / T - 1 / 300.0)), 10 * j + i, **others)
        for i, T in enumerate(kelvin)
        for j in range(3)
    ]


COLD, WARM = (240.0, 250.0, 260.0, 270.0), (290.0, 300.0, 310.0, 320.0)


def test_samples_are_ranked_by_their_own_laws_and_overlap_is_no_rank() -> None:
    rows = series("a", 0.3, 0.010, WARM, verdict="bulk") + series("b", 0.3, 0.0102, WARM, verdict="undecided")
    rows += series("c", 0.4, 0.05, WARM, verdict="electrode")
    found = compare_archive(values_of(rows, NAME))
    assert found.at_K == pytest.approx(298.15)
    assert found.ranked[0].name == "c"
    c, *others = found.ranked
    assert found.not_told_from(c) == ()
    assert {found.not_told_from(one) for one in others} == {("a",), ("b",)}
    first = verdicts_of(found, ("sample",))[0]
    assert first == "c remembers longest, told apart from all others. Whose memory: electrode (12 of 12)"
    tied = compare_archive(values_of([one for one in rows if one["sample"] != "c"], NAME))
    assert "is not told apart" in verdicts_of(tied, ("sample",))[0]


def test_ranges_that_do_not_meet_are_bridged_and_said_so() -> None:
    found = compare_archive(values_of(series("a", 0.3, 0.01, COLD) + series("b", 0.3, 0.02, WARM), NAME))
    assert found.at_K == pytest.approx(280.0)
    assert [one.extrapolated_K for one in found.ranked] == pytest.approx([10.0, 10.0])
    for one, truth in zip(found.ranked, (0.02, 0.01), strict=True):
        at = truth * np.exp(0.3 / K_EV * (1 / 280.0 - 1 / 300.0))
        assert one.at is not None
        assert one.at.low < at < one.at.high
    alone = compare_archive(values_of([*series("a", 0.3, 0.01, WARM), row("one", 250.0, 0.1, 1)], NAME), at_K=300.0)
    assert alone.samples[-1].name == "one"
    assert "without its activation energy it has no value at 300 K" in alone.samples[-1].why_not


def test_what_is_not_a_number_is_counted_and_not_used() -> None:
    rows = series("a", 0.3, 0.01, WARM)
    open_above = {f"{NAME}_high_s": None, f"{NAME}_determined": False}
    rows += [row("a", 280.0, 1e9, 50, **open_above), row("a", 320.0, 5.0, 51, **open_above, **{f"{NAME}_low_s": 1.0})]
    rows += [row("a", 280.0, 0.01, 52, **{f"{NAME}_low_s": None, f"{NAME}_determined": False})]
    rows += [row("a", 280.0, 0.01, 53, **{f"{NAME}_determined": False})]
    rows += [{"run": "x", "circuit": "R0-De1-CPE1", "status": "failed", "reason": "?"}]
    rows += [{"run": "y", "circuit": "R0-De1-CPE1", "status": "duplicate", "reason": "x"}]
    rows += [row("a", 300.0, 0.01, 54, sha256="1", fitted_at="1"), row("a", 300.0, 9.0, 55, sha256="1", fitted_at="0")]
    values = values_of(rows, NAME, without=Counter({"no fit": 2}))
    found = compare_archive(values)
    reasons = {"known from below only": 2, "known from above only": 1, "not determined by the record": 1}
    assert found.undetermined == reasons
    assert len(values.determined) == 13
    assert sum(values.left_out.values()) == 5
    # At 320 K the others have 5 ms, at 280 K 20 ms: not more than 1 s or 1e9 s, and not less than 11 ms.
    assert found.samples[0].n_contradicting == 3
    lines = verdicts_of(found, ("sample",))
    assert "13 of 17 values are used" in lines
    assert "2 not used as numbers: known from below only" in lines
    with pytest.raises(FitError, match="3 known from above only"):
        compare_archive(values_of([row("a", 300.0, 1.0, j, **{f"{NAME}_low_s": None}) for j in range(3)], NAME))


@pytest.mark.parametrize(("exponent", "verdict"), [(0.0, "material itself"), (1.0, "charged through the bulk")])
def test_thickness_is_compared_between_samples_at_one_temperature(exponent: float, verdict: str) -> None:
    rows = []
    for number, L in enumerate((2e-4, 4e-4, 8e-4, 1.6e-3, 3.2e-3)):
        rows += series(f"s{number}", 0.3, 0.01 * (L / 1e-3) ** exponent, WARM, thickness_m=L)
    (found,) = compare_archive(values_of(rows, NAME), ["thickness"]).scalings
    assert found.exponent is not None
    assert found.exponent.low < exponent < found.exponent.high
    assert verdict in found.line
    assert found.scatter == ""
    (two,) = compare_archive(values_of(rows[:24], NAME), ["thickness"]).scalings
    assert "too few samples" in two.scatter


def test_width_and_amplitude_are_compared_within_a_sample() -> None:
    # A sample with long pulses only is slower for another reason: it says nothing of the width.
    rows = [row("slow", 300.0, 5.0, j, pulse_V=0.02, pulse_s=1.0) for j in range(3)]
    for j, pulse_s in enumerate((0.01, 0.1, 1.0) * 3):
        rows.append(row("a", 300.0, 0.01 * pulse_s**0.5, 20 + j, pulse_V=0.02, pulse_s=pulse_s))
    width, amplitude = compare_archive(values_of(rows, NAME), ["width", "amplitude"]).scalings
    assert width.exponent is not None
    assert width.exponent.low < 0.5 < width.exponent.high
    assert (width.n_used, width.n_alone) == (9, 3)
    assert "it depends on the width" in width.line
    assert (amplitude.exponent, amplitude.line) == (None, "amplitude was not varied while all else was held")


def test_several_circuits_are_not_mixed() -> None:
    rows = series("a", 0.3, 0.01, WARM) + series("a", 0.3, 0.01, WARM, circuit="R0-Cc1-CPE1")
    with pytest.raises(InputError, match=r"R0-Cc1-CPE1, R0-De1-CPE1: choose one"):
        values_of(rows, NAME)
    with pytest.raises(InputError, match="no run is fitted with R0-C1"):
        values_of(rows, NAME, "R0-C1")
    with pytest.raises(InputError, match=f"there are: {NAME}"):
        values_of(rows, "nothing", "R0-Cc1-CPE1")
    assert len(values_of(rows, NAME, "R0-Cc1-CPE1").values) == 12
    assert Path(values_of(rows, NAME, "R0-Cc1-CPE1").values[0].run).name.startswith("a ")
