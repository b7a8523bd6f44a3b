from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting import CellModel, ImpedanceSpectrum, fit, fit_joint, predict, reduce_run
from fitting.constants import BOLTZMANN_eV_K
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = np.arange(0.0, 0.185, 1e-4) + 3e-5
R, G, W, C = 300.0, 5e-4, 0.3, 1e-5
CELL = CellModel("R0-De1-C1", {"R0": R})


def debye_run(cells: Any, record: Any, tau: float, noise_A: float, seed: int, drive: PulseSequence = DRIVE) -> Any:
    current = cells.debye(R, G, W, tau, C).current(T, drive)
    return record(T, current + noise_A * np.random.default_rng(seed).standard_normal(len(T)), drive)


def debye_spectrum(tau: float, share: float, seed: int) -> ImpedanceSpectrum:
    f = np.geomspace(1e4, 1.0, 41)
    s = 2j * np.pi * f
    Z = R + 1.0 / (G * (W + s * tau) / (1.0 + s * tau)) + 1.0 / (s * C)
    parts = np.random.default_rng(seed).standard_normal((2, len(f)))
    return ImpedanceSpectrum(f, Z * (1.0 + share * (parts[0] + 1j * parts[1])), "eis")


def test_one_run_alone_is_the_same_as_fit(cells: Any, record: Any) -> None:
    reduction = reduce_run(debye_run(cells, record, 2e-3, 2e-8, 1))
    one, joint = fit(reduction, CELL), fit_joint([reduction], CELL)
    assert joint.values == pytest.approx(one.values, rel=1e-5)
    for mine, theirs in zip(joint.estimates, one.estimates, strict=True):
        assert mine.ci95 == pytest.approx(theirs.ci95, rel=2e-3)


def test_two_runs_of_one_cell_narrow_the_intervals_by_root_two(cells: Any, record: Any) -> None:
    runs = [reduce_run(debye_run(cells, record, 2e-3, 2e-8, seed)) for seed in (1, 2)]
    one, both = fit_joint(runs[:1], CELL), fit_joint(runs, CELL)
    width = [np.ptp(np.log(bounds(found.estimates[2]))) for found in (one, both)]
    assert width[0] / width[1] == pytest.approx(np.sqrt(2.0), rel=0.06)
    assert both.values["De1.tau"] == pytest.approx(2e-3, rel=0.02)


def test_what_is_not_shared_has_a_value_for_each_run(cells: Any, record: Any) -> None:
    runs = [debye_run(cells, record, tau, 1e-9, k) for k, tau in enumerate((1e-3, 4e-3))]
    found = fit_joint(runs, CELL, shared=["C1", "De1.G_inf", "De1.W_inf"]).values
    assert found["De1.tau[1]"] == pytest.approx(1e-3, rel=2e-3)
    assert found["De1.tau[2]"] == pytest.approx(4e-3, rel=2e-3)
    assert found["C1"] == pytest.approx(C, rel=1e-3)


def test_pulses_of_other_amplitude_and_width_are_one_cell(cells: Any, record: Any) -> None:
    drives = [DRIVE, PulseSequence.pump_probe(0.005, 0.01, 0.03, before=0.01, after=0.1)]
    runs = [debye_run(cells, record, 2e-3, 1e-9, k, drive) for k, drive in enumerate(drives)]
    found = fit_joint(runs, CELL)
    assert found.values["De1.tau"] == pytest.approx(2e-3, rel=2e-3)
    assert found.remarks == ()


def test_pulses_with_a_spectrum_tell_what_either_alone_cannot(cells: Any, record: Any) -> None:
    # The spectrum's highest frequency sees tau = 20 us, which a pulse sampled every 100 us does not.
    tau, run = 2e-5, debye_run(cells, record, 2e-5, 5e-7, 3)
    alone, both = fit_joint([run], CELL), fit_joint([run, debye_spectrum(tau, 2e-3, 4)], CELL)
    by_name = [{one.name: one for one in found.estimates} for found in (alone, both)]
    assert not by_name[0]["De1.tau"].determined
    assert by_name[1]["De1.tau"].determined
    low, high = bounds(by_name[1]["De1.tau"])
    assert low < tau < high


def test_each_record_is_weighted_by_its_own_noise(cells: Any, record: Any) -> None:
    found = fit_joint([debye_run(cells, record, 2e-3, 3e-8, 3), debye_spectrum(2e-3, 5e-3, 4)], CELL)
    assert found.parts[0].noise == pytest.approx(3e-8, rel=0.06)
    assert found.parts[1].noise == pytest.approx(5e-3, rel=0.2)
    assert [part.noise_unit for part in found.parts] == ["A", ""]


def test_a_record_of_another_cell_is_said(cells: Any, record: Any) -> None:
    runs = [debye_run(cells, record, tau, 1e-8, k) for k, tau in enumerate((1e-3, 4e-3))]
    assert any(remark.kind is RemarkKind.NOT_DESCRIBED for remark in fit_joint(runs, CELL).remarks)


def activated_runs(cells: Any, record: Any, kelvin: np.ndarray, seed: int) -> list[Any]:
    taus = 1e-9 * np.exp(0.35 / (BOLTZMANN_eV_K * kelvin))
    return [reduce_run(debye_run(cells, record, tau, 1e-8, 10 * seed + k)) for k, tau in enumerate(taus)]


def test_activation_energy_and_prefactor_come_out_of_the_fit(cells: Any, record: Any) -> None:
    kelvin = np.array([260.0, 280.0, 300.0])
    held = []
    for seed in range(6):
        runs = activated_runs(cells, record, kelvin, seed)
        found = fit_joint(runs, CELL, activated=["De1.tau"], temperature_K=kelvin)
        by_name = {one.name: one for one in found.estimates}
        low, high = bounds(by_name["De1.tau.E_a"])
        assert high - low < 0.02
        held.append(low < 0.35 < high)
        low, high = bounds(by_name["De1.tau.prefactor"])
        held.append(low < 1e-9 < high)
    assert np.mean(held) >= 0.75
    assert found.parts[0].values["De1.tau"] == pytest.approx(1e-9 * np.exp(0.35 / (BOLTZMANN_eV_K * 260.0)), rel=0.02)


def test_prediction_of_a_part_is_the_current(cells: Any, record: Any) -> None:
    runs = [debye_run(cells, record, tau, 0.0, 0) for tau in (1e-3, 4e-3)]
    found = fit_joint(runs, CELL, shared=["C1"])
    part: Any = found.parts[1]
    assert predict(runs[1], part) == pytest.approx(runs[1].current_A, abs=1e-5 * runs[1].current_A.max())


def test_result_is_plain_data_and_a_table(cells: Any, record: Any) -> None:
    import json

    found = fit_joint([debye_run(cells, record, 2e-3, 2e-8, 1), debye_spectrum(2e-3, 2e-3, 4)], CELL)
    document = json.loads(json.dumps(found.to_dict()))
    assert document["records"][1]["noise_unit"] == "share of abs(Z)"
    assert found.table().row_count == 4 + 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"shared": ["Mig7"]}, "Mig7"),
        ({"activated": ["De1.tau"]}, "temperature"),
        ({"activated": ["De1.W_inf"], "temperature_K": [300.0, 310.0]}, "activated"),
        ({"activated": ["C1"], "temperature_K": [300.0, 310.0]}, "activated"),
        ({"activated": ["De1.tau"], "shared": ["De1"], "temperature_K": [300.0, 310.0]}, "every temperature"),
        ({"temperature_K": [300.0]}, "as many temperatures"),
        ({"start": {"R9": 1.0}}, "R9"),
    ],
)
def test_wrong_questions_are_refused(cells: Any, record: Any, arguments: dict[str, Any], says: str) -> None:
    runs = [debye_run(cells, record, 2e-3, 2e-8, seed) for seed in (1, 2)]
    with pytest.raises(FitError, match=says):
        fit_joint(runs, CELL, **arguments)
