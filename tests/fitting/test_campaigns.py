"""Do the campaigns of benchmarks/campaigns hold in small form? The full ones: docs/reference/campaigns.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfcx, gamma

from benchmarks.campaigns import (
    adaptive,
    archives,
    attribution,
    coverage,
    disturbances,
    exchange,
    forward,
    galvanostatic,
    identifiability,
    lattice_gas,
    ranking,
    records,
    wrong_models,
)
from benchmarks.campaigns.tally import clopper_pearson
from benchmarks.campaigns.truth import Bulk, Cell, migration, s_times_transform
from fitting import fit
from protocols import PulseSequence

if TYPE_CHECKING:
    from pathlib import Path

STEP = PulseSequence.pump_probe(1.0, 0.5, 0.1, probe_width=0.1, before=0.01, after=0.1)
LAGS = np.geomspace(1e-5, 0.4, 30)


def test_truth_of_a_half_order_bulk_is_the_scaled_error_function() -> None:
    # E_1/2(-x) = erfcx(x)
    cell = Cell(Bulk("Cc", {"G_inf": 2e-4, "W_inf": 0.3, "tau": 5e-3, "a": 0.5}))
    expected = 2e-4 * (0.3 + 0.7 * erfcx(np.sqrt(LAGS / 5e-3)))
    np.testing.assert_allclose(cell.current(0.01 + LAGS, STEP), expected, atol=2e-7 * 2e-4)


def test_truth_of_a_stretched_exponential_and_of_a_capacitor_are_their_closed_forms() -> None:
    bulk = Bulk("Kww", {"G_inf": 1.0, "W_inf": 0.2, "tau": 3e-3, "b": 0.6})
    expected = 0.2 + 0.8 * np.exp(-((LAGS / 3e-3) ** 0.6))
    np.testing.assert_allclose(Cell(bulk).current(0.01 + LAGS, STEP), expected, atol=2e-7)
    blocked = Cell(Bulk("De", {"G_inf": 1e-3, "W_inf": 1.0, "tau": 1.0}), R=1e3, Q=1e-5)
    np.testing.assert_allclose(blocked.current(0.01 + LAGS, STEP), 5e-4 * np.exp(-LAGS / 0.02), atol=1e-10)


def test_truth_of_a_charged_electrode_is_its_power_of_time() -> None:
    # 1 A into R, 1/G and a constant phase element: R + 1/G + t^n / (Q Gamma(1 + n))
    cell = Cell(Bulk("De", {"G_inf": 1e-3, "W_inf": 1.0, "tau": 1.0}), R=500.0, Q=1e-5, n=0.8)
    expected = 1500.0 + LAGS**0.8 / (1e-5 * gamma(1.8))
    np.testing.assert_allclose(cell.voltage(0.01 + LAGS, STEP), expected, rtol=2e-7)


def test_truth_of_migration_obeys_its_integral() -> None:
    # x(g) = int_g^1 exp(B (1 - y)) y^-K dy, by the two rate equations
    B, K = 1.4, 2.2
    g = np.array([0.99, 0.7, 0.3, 0.05])
    x = np.array([quad(lambda y: np.exp(B * (1.0 - y)) * y**-K, one, 1.0, epsabs=1e-13)[0] for one in g])
    np.testing.assert_allclose(migration(B, K)(x), np.exp(-B * (1.0 - g)), atol=1e-8)
    # s times the transform of exp(-t) is s / (s + 1); its nodes are those of the De family
    t = np.array([0.1, 1.0, 10.0])
    closed = Bulk("De", {"G_inf": 1.0, "W_inf": 0.0, "tau": 1.0}).admittance(t)
    np.testing.assert_allclose(s_times_transform(lambda u: np.exp(-u), t), closed, atol=1e-11)


def test_truths_of_memory_times_are_those_of_their_closed_forms() -> None:
    stretched = Bulk("Kww", {"G_inf": 1e-5, "W_inf": 0.3, "tau": 0.05, "b": 0.6})
    assert stretched.median_memory_time() == pytest.approx(0.05 * np.log(2.0) ** (1.0 / 0.6), rel=1e-7)
    assert stretched.memory_time(10.0) == pytest.approx(0.05 / 0.6 * gamma(1.0 / 0.6), rel=1e-7)
    # W of half order is E_1/2(-x^1/2) = erfcx(x^1/2).
    half_order = Bulk("Cc", {"G_inf": 1e-5, "W_inf": 0.3, "tau": 0.05, "a": 0.5})
    assert erfcx(np.sqrt(half_order.median_memory_time() / 0.05)) == pytest.approx(0.5, rel=1e-7)
    # Funke's rate equations with K = 2: g = 1 / (1 + x) in the limit of B = 0, half of the loss at x = 1.
    assert Bulk("Mig", {"B": 1e-6, "K": 2.0, "tau": 0.05}).median_memory_time() == pytest.approx(0.05, rel=1e-5)


def test_intervals_of_shares_are_those_published() -> None:
    # Clopper and Pearson's chart: 0 of 10 and 5 of 10 at 95 %
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 0.3085), abs=1e-4)
    assert clopper_pearson(5, 10) == pytest.approx((0.1871, 0.8129), abs=1e-4)


def test_runs_stopped_once_their_time_is_known_hold_the_truth(tmp_path: Path) -> None:
    found = adaptive.campaign(2, tmp_path, first=1)
    assert found["n_stopped"] == 2
    # Two independent intervals of 95 %: that both miss is one case in 400.
    assert found["all"]["successes"] >= 1
    assert found["median_saved"] > 0.3
    assert found["n_wider_than_asked"] == 0


@pytest.mark.parametrize("family", ["Cc", "Mig"])
def test_intervals_hold_the_truth(family: str, tmp_path: Path) -> None:
    found = coverage.campaign(family, 0.0, 4, tmp_path)
    # Four independent runs: a share of 0.95 of each parameter's intervals is compatible with what was counted.
    for share in found["parameters"].values():
        assert share["ci95"][1] >= 0.95
    assert found["all"]["share"] > 0.8


def test_what_a_record_cannot_tell_is_flagged_and_little_else(tmp_path: Path) -> None:
    found = identifiability.campaign(1, tmp_path, ("De", "Cc"))
    assert found["flagged"]["ci95"][1] >= 0.95
    assert found["flagged"]["share"] > 0.8
    assert found["wrongly_flagged"]["ci95"][0] <= 0.05


def test_true_family_comes_first(tmp_path: Path) -> None:
    assert ranking.campaign(2, tmp_path, ("Cc", "Mig"))["first"]["successes"] == 2


def test_interfaces_are_never_bulk_and_seen_bulk_memory_mostly_is(tmp_path: Path) -> None:
    found = attribution.campaign(2, tmp_path, ("interface", "bulk"))
    assert found["interface_called_bulk"]["successes"] == 0
    assert found["bulk_called_else"] == 0
    assert found["bulk_called_bulk"]["successes"] >= 1


@pytest.mark.slow
def test_no_film_pellet_or_ceramic_is_called_what_it_is_not(tmp_path: Path) -> None:
    found = attribution.campaign_of_samples(3, tmp_path)
    assert found["wrong"] == []
    assert found["not_bulk_called_bulk"]["successes"] == 0
    named = found["resolvable_bulk_called_bulk"]
    assert (named["successes"], named["trials"]) == (3, 3)


def test_counted_back_hops_are_found(tmp_path: Path) -> None:
    found = lattice_gas.campaign(1, tmp_path, most_modes=3)  # the fourth takes four fifths of the time
    assert found["other_walk"]["successes"] == 1
    assert found["median_width"] < 0.5


@pytest.mark.parametrize(
    ("edges", "beginning"), [("random", "whole"), ("burst", "whole"), ("clock", "step"), ("clock", "pulse")]
)
def test_records_of_others_hold_the_truth(edges: str, beginning: str, tmp_path: Path) -> None:
    found = records.campaign(records.Kind(edges, beginning, families=("Cc",)), 1, tmp_path, first=10)
    assert found["refused"] == 0
    assert found["true_circuit_questioned"]["successes"] == 0
    # Eight quantities of one record: one or two that are two deviations off are no surprise.
    held, told = (found["all"][one] + found["bounds"][one] for one in ("successes", "trials"))
    assert held > 0.7 * told


def test_a_cell_behind_a_bent_valley_is_within_the_intervals() -> None:
    # A search into it was given up after sixty steps, 23 in chi-square above a cell as good as the best.
    drawn = records.drawn_record("Kww", records.Kind("clock", "unseen", families=("Kww",)), 3)
    result = fit(drawn.record, drawn.circuit, terms=drawn.terms)
    assert all(coverage.holds(one.ci95, drawn.truth[one.name]) for one in result.estimates)


@pytest.mark.parametrize(("edges", "families"), [("sample", ("De", "Cc", "Kww")), ("clock", ("Cc",))])
def test_records_of_a_controlled_current_hold_the_truth(edges: str, families: tuple[str, ...], tmp_path: Path) -> None:
    found = galvanostatic.campaign(1, tmp_path, first=1, families=families, edges=edges)
    assert found["refused"] == 0
    assert found["true_circuit_questioned"]["successes"] == 0
    # Some five quantities of each record, which miss together: that some are two deviations off is no surprise.
    assert found["all"]["share"] > 0.6


def test_disturbed_records_are_told_by_their_cause(tmp_path: Path) -> None:
    found = disturbances.campaign(("hum", "spikes", "exponential baseline"), 1, tmp_path)
    assert found["named"]["successes"] == 3
    assert found["held"]["share"] > 0.8


def test_a_wrong_circuit_does_not_pass_for_the_right_one(tmp_path: Path) -> None:
    found = wrong_models.campaign(1, tmp_path, ("leaky layer",))
    assert found["wrong"] == {"leaky layer": 1}
    assert found["deceived"] == []
    assert found["refused"] == []


def test_what_counts_as_deceived() -> None:
    assert wrong_models.Outcome(3.0, questioned=True, verdict="bulk", resolved=()).is_deceived
    assert wrong_models.Outcome(3.0, questioned=False, verdict="undecided", resolved=("back_hop",)).is_deceived
    assert not wrong_models.Outcome(3.0, questioned=True, verdict="undecided", resolved=("back_hop",)).is_deceived
    assert not wrong_models.Outcome(2.9, questioned=False, verdict="undecided", resolved=()).is_wrong


def test_truths_of_cells_that_are_not_linear_are_their_closed_forms() -> None:
    # A memoryless bulk before a capacitor charges as exp(-t / RC), whatever the integration's steps.
    t, volts, charges_s = 0.01 + LAGS, 1.0, 0.1

    def current(_: float, u_V: Any, level_V: float) -> Any:
        return (level_V - u_V) / 1e3

    def slope(when: float, u_V: Any, level_V: float) -> Any:
        return current(when, u_V, level_V) * 1e3 / charges_s

    found = wrong_models.integrated(current, slope, t, STEP)
    np.testing.assert_allclose(found, volts / 1e3 * np.exp(-LAGS / charges_s), atol=1e-9 * volts / 1e3 * 10)


@pytest.mark.parametrize("code", forward.CODES)
def test_forward_models_are_right_over_their_box(code: str, tmp_path: Path) -> None:
    found = forward.campaign(4, tmp_path, (code,))
    assert found["over"] == []
    assert found["worst"][code]["error"] < forward.TOLERANCE


def test_a_wrong_forward_model_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(forward, "fitted_response", lambda case: (1.0 + 2e-6) * forward.true_response(case)[0])
    assert len(forward.campaign(2, tmp_path, ("De",))["over"]) > 0


def test_like_arcs_are_never_mixed_up(tmp_path: Path) -> None:
    found = exchange.campaign(3, tmp_path, minos=2)
    assert found["cells_with_times_apart"] > 0
    assert found["mixed"] == []
    assert found["wrongly"] == []
    assert found["minos"]["fits"] == 2
    assert found["minos"]["largest_difference"] < 0.02


def test_energies_of_planted_archives_hold_the_truth_and_what_is_told_apart_is_in_order(tmp_path: Path) -> None:
    found = archives.campaign(4, tmp_path)
    low, high = clopper_pearson(found["energies"]["successes"], found["energies"]["trials"])
    assert found["energies"]["trials"] == 20
    assert low < 0.95 < high or found["energies"]["successes"] == 20
    # Ten pairs an archive: most are told apart, all of them the right way round.
    assert found["told_apart"]["successes"] > 25
    assert found["right_where_told_apart"]["share"] == 1.0
    assert found["undetermined_values"] > 0
