"""Does a fit that leaves more than noise name what disturbed its record, and hold the truth all the same?

Records by benchmarks.campaigns.disturbances: currents of an independent inversion, disturbed as instruments do it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.campaigns.coverage import holds
from benchmarks.campaigns.disturbances import KINDS, drawn
from fitting import diagnose_run, fit
from fitting.inference.disturbances import CauseKind
from fitting.results.remarks import RemarkKind
from protocols import PulseSequence

CIRCUIT = "R0-Cc1-CPE1"
TOLD = [
    "hum",
    "quantisation",
    "gain step",
    "spikes",
    "delay 0.3",
    "delay 2",
    "lag 3",
    "sqrt baseline",
    "ageing gain",
    "clipping",
    "lost samples",
]


@pytest.mark.parametrize("kind", TOLD)
def test_the_cause_is_named_first(kind: str) -> None:
    record, _ = drawn(kind, 0)
    diagnosis = diagnose_run(record, CIRCUIT)
    wanted = KINDS[kind][1]
    if not wanted:
        assert diagnosis.causes == ()
        assert str(diagnosis) == "nothing but noise is left"
        return
    assert str(diagnosis.causes[0].kind) in wanted
    assert diagnosis.causes[0].remedy


def test_twenty_spikes_lead_to_the_robust_fit() -> None:
    first = diagnose_run(drawn("spikes", 0)[0], CIRCUIT).causes[0]
    assert (first.kind, first.remedy) == (CauseKind.SPIKES, "--robust")
    assert first.values["n_samples"] == pytest.approx(20.0, abs=2.0)


def test_the_frequency_of_the_hum_is_found_and_named_as_the_option_has_it() -> None:
    first = diagnose_run(drawn("hum", 0)[0], CIRCUIT).causes[0]
    assert first.values["frequency_Hz"] == pytest.approx(50.0, abs=0.01)
    assert first.remedy == "--mains 50"


def test_a_disturbed_fit_says_its_likely_cause_and_holds_what_the_cell_would_be_beside_it() -> None:
    record, truth = drawn("delay 0.3", 0)
    result = fit(record, CIRCUIT)
    told = [one for one in result.remarks if one.kind is RemarkKind.LIKELY_CAUSE]
    assert len(told) == 1
    assert told[0].values["kind"] == "delay"
    assert "the current is late" in str(told[0])
    assert all(holds(one.ci95, truth[one.name]) for one in result.estimates if one.determined)
    # A first-order shift along the valley of G_inf would leave none of these with an end.
    for name in ("Cc1.a", "CPE1.Q", "CPE1.n"):
        low, high = result[name].ci95
        assert low is not None
        assert high is not None
        assert high / low < 1.1


@pytest.mark.parametrize("seed", [1, 3])
def test_the_one_cause_explains_all_wherever_the_valley_of_the_cell_was_left(seed: int) -> None:
    """R0, G_inf, W_inf and tau enter in three combinations: a search ends anywhere along what is not determined."""
    first = diagnose_run(drawn("ageing gain", seed)[0], CIRCUIT).causes[0]
    assert first.kind is CauseKind.AGEING
    assert first.share > 0.98


def test_another_relaxation_is_found_where_it_is(cells: Any, record: Any) -> None:
    t = np.arange(6000, dtype=np.float64) * 1e-3
    drive = PulseSequence.pump_probe(0.02, 1.0, 0.5, before=0.5005, after=6.0)
    current = cells.debye(R=300.0, G=5e-4, W=0.3, tau=30e-3, C=1e-4).current(t, drive)
    noisy = current + 1e-9 * np.random.default_rng(1).standard_normal(len(t))
    causes = diagnose_run(record(t, noisy, drive), "R0-C1").causes
    assert causes[0].kind is CauseKind.RELAXATION
    document = causes[0].to_document()
    assert document["kind"] == "relaxation"
    assert "another relaxation" in document["text"]
