from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting import ImpedanceSpectrum, fit_impedance
from fitting.results.remarks import RemarkKind
from protocols import FitError

F = np.geomspace(1e6, 0.1, 71)
S = 2j * np.pi * F


def zarc_and_electrode(noise: float = 0.0, seed: int = 1) -> ImpedanceSpectrum:
    """100 ohm, then 1 kohm beside a 10 nS s^0.9 constant phase, then an electrode of 1 uS s^0.85."""
    Z = 100.0 + 1.0 / (1e-3 + 1e-8 * S**0.9) + 1.0 / (1e-6 * S**0.85)
    random = np.random.default_rng(seed)
    parts = random.standard_normal((2, len(F)))
    return ImpedanceSpectrum(F, Z + noise * np.abs(Z) * (parts[0] + 1j * parts[1]), "cell")


TRUTH = {"R0": 100.0, "R1": 1e3, "CPE1.Q": 1e-8, "CPE1.n": 0.9, "CPE2.Q": 1e-6, "CPE2.n": 0.85}
CIRCUIT = "R0-p(R1,CPE1)-CPE2"


def test_exact_spectrum_gives_back_the_circuit() -> None:
    assert fit_impedance(zarc_and_electrode(), CIRCUIT).values == pytest.approx(TRUTH, rel=1e-6)


def test_intervals_hold_the_truth_and_the_noise_is_that_put_in() -> None:
    held, noises = [], []
    for seed in range(25):
        found = fit_impedance(zarc_and_electrode(2e-3, seed), CIRCUIT)
        noises.append(found.parts[0].noise)
        for estimate in found.estimates:
            low, high = estimate.ci95
            held.append(low is not None and high is not None and low <= TRUTH[estimate.name] <= high)
    # 25 spectra of six parameters that hang together: the share scatters by some 3 %.
    assert 0.86 <= np.mean(held) <= 1.0
    assert np.mean(noises) == pytest.approx(2e-3, rel=0.05)


def test_causality_leaves_the_noise_of_a_causal_cell() -> None:
    found = zarc_and_electrode(2e-3).causality
    assert found.noise_share == pytest.approx(2e-3, rel=0.2)
    assert found.worst_share < 5 * 2e-3


def test_causality_shows_a_cell_that_drifted_during_the_sweep() -> None:
    whole = zarc_and_electrode()
    # Real part alone grows by 5 % over the low half of the sweep: no causal cell does that.
    late = np.where(F < 1e3, 1.05, 1.0)
    drifted = ImpedanceSpectrum(F, whole.impedance_ohm.real * late + 1j * whole.impedance_ohm.imag)
    assert drifted.causality.worst_share > 20 * whole.causality.worst_share


def test_wrong_circuit_is_said_and_widens() -> None:
    found = fit_impedance(zarc_and_electrode(5e-4), "R0-p(R1,C1)-CPE2")
    assert RemarkKind.SPECTRUM_MISFIT in {remark.kind for remark in found.remarks}
    assert found.parts[0].interval_inflation > 2.0


def test_ec_lab_text_is_read(tmp_path: Path) -> None:
    rows = "\r\n".join(f"{10.0**k:E}\t{k + 1:E}\t2.0E+001\t7" for k in range(7, 0, -1))
    head = "EC-Lab ASCII FILE\r\nNb header lines : 4   \r\nElectrode : 1 cm²\r\n"
    text = f"{head}freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t\r\n{rows}\r\n"
    path = tmp_path / "eis.mpt"
    path.write_bytes(text.encode("latin-1"))
    found = ImpedanceSpectrum.read(path)
    assert found.frequency_Hz[0] == 1e7
    assert found.impedance_ohm[0] == 8.0 - 20.0j
    assert len(found.frequency_Hz) == 7


def test_delimited_text_keeps_the_sign_of_its_heading(tmp_path: Path) -> None:
    path = tmp_path / "eis.csv"
    path.write_text("Frequency (Hz),Re(Z),Im(Z)\n" + "".join(f"{10**k},5,-3\n" for k in range(6)))
    assert np.all(ImpedanceSpectrum.read(path).impedance_ohm == 5.0 - 3.0j)


def test_bad_number_is_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "eis.csv"
    path.write_text("f/Hz;Re;Im\n1;2;3\n2;3;4\n3;oops;4\n4;1;1\n5;1;1\n6;1;1\n7;1;1\n")
    with pytest.raises(FitError, match="line 4"):
        ImpedanceSpectrum.read(path)


def test_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "eis.csv"
    path.write_text("f/Hz;Re;phase\n" + "1;2;3\n" * 8)
    with pytest.raises(FitError, match="imaginary"):
        ImpedanceSpectrum.read(path)


def test_measured_pellet_obeys_kramers_and_kronig(measured_data: Path) -> None:
    measured = ImpedanceSpectrum.read(measured_data / "lpscl" / "peis_lpscl_blocking_minus25C.txt")
    assert len(measured.frequency_Hz) == 79
    assert measured.frequency_Hz[0] == pytest.approx(7e6, rel=1e-4)
    assert measured.causality.rms_share < 2e-3
