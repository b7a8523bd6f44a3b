"""Is the relaxation that a table holds the one that it was made from, or that others have published?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting import ConductivitySpectrum, RelaxationTable, fit_impedance
from protocols import FitError

PICOSECOND = 1e-12


def cole_cole(s: np.ndarray) -> np.ndarray:
    x = (s * 1e-3) ** 0.6
    return 0.1 + 0.9 * x / (1.0 + x)


def test_relaxation_of_a_spectrum_is_that_of_its_transform() -> None:
    from pymittagleffler import mittag_leffler

    f = np.geomspace(1.0, 1e6, 80)
    table = RelaxationTable.from_conductivity(f, 2.0 * cole_cole(2j * np.pi * f).real)
    t = np.geomspace(1e-5, 1e-2, 30)
    wanted = 2.0 * (0.1 + 0.9 * mittag_leffler(-((t / 1e-3) ** 0.6), 0.6, 1.0).real)
    assert table.misfit < 2e-3
    assert np.abs(table.scale * table.at(t) - wanted).max() < 0.01


def test_relaxation_of_a_displacement_is_its_slope() -> None:
    """W = 0.3 + 0.7 exp(-t/1 ms): r2 = 0.3 t + 0.7 ms (1 - exp(-t/1 ms)), on a cage of 1e-5."""
    t = np.geomspace(1e-5, 1.0, 120)
    square = 1e-5 + 0.3 * t + 0.7e-3 * -np.expm1(-t / 1e-3)
    table = RelaxationTable.from_displacement(t, square, after_s=1e-5)
    later = np.geomspace(3e-5, 0.3, 20)
    assert np.abs(table.scale * table.at(later - 1e-5) - (0.3 + 0.7 * np.exp(-later / 1e-3))).max() < 0.01


def test_tables_that_are_none_are_refused() -> None:
    with pytest.raises(FitError, match="row 2 of the table has 0 among its times"):
        RelaxationTable.from_relaxation([1.0, 0.0, 2.0], [1.0, 0.5, 0.2])
    with pytest.raises(FitError, match="three at least"):
        RelaxationTable.from_relaxation([1.0, 2.0], [1.0, 0.5])


@pytest.fixture
def beta_alumina(measured_data: Path) -> Path:
    return measured_data / "beta_alumina"


def test_diffusivity_of_sodium_beta_alumina_is_the_published_one(beta_alumina: Path) -> None:
    """D and the exponent of the displacement at 1 ps to 10 ns; docs/explanations/model.md, "Known truths"."""
    table = np.genfromtxt(beta_alumina / "na_msd_300K_50ns.csv", delimiter=",", names=True)
    t, square_m2 = table["time"] * PICOSECOND, table["r2"] * 1e-20
    relaxation = RelaxationTable.from_displacement(t, square_m2, after_s=0.5 * PICOSECOND)
    assert relaxation.misfit < 0.02
    at = np.array([1.0, 10.0, 100.0, 1e3, 1e4]) * PICOSECOND
    diffusivity_cm2_s = relaxation.scale * relaxation.at(at - 0.5 * PICOSECOND) / 4.0 * 1e4
    assert diffusivity_cm2_s == pytest.approx([18e-7, 5.9e-7, 4.5e-7, 3.85e-7, 3.48e-7], rel=0.04)
    square = np.interp(np.log(at), np.log(t[1:]), np.log(square_m2[1:]))
    exponent = 4.0 * diffusivity_cm2_s * 1e-4 * at / np.exp(square)
    # In the first picosecond ions still rattle: there the exponent depends on how it is averaged.
    assert exponent[1:] == pytest.approx([0.40, 0.76, 0.91, 0.95], abs=0.02)
    assert exponent[0] == pytest.approx(0.27, abs=0.06)


@pytest.mark.parametrize(
    ("name", "circuit"),
    [
        ("Almond1984_237K", "Hn1"),
        ("Almond1984_296K", "Hn1"),
        ("Hoppe1991_220K", "p(De1,CPE1)"),
        ("Hoppe1991_298K", "p(Cc1,De2)"),
        ("Hoppe1991_473K", "Hn1"),
        ("Hoppe1991_573K", "De1"),
    ],
)
def test_conductivity_spectra_of_sodium_beta_alumina_are_fitted_to_5_percent(
    beta_alumina: Path, name: str, circuit: str
) -> None:
    """Hopping; in the cold beside a nearly constant loss, at room temperature beside the wing of the vibrations.

    A constant loss is a conductance that grows as the frequency, n = 1 (Lee, Liu, Nowick, PRL 67, 1559 (1991)); far
    below its resonance a vibration absorbs as its square, as `De2` does, whose time lies beyond the band.
    """
    path = beta_alumina / f"na_sigma_{name}.csv"
    spectrum = ConductivitySpectrum.read(path, log10_frequency=True).below(1e12)
    result = fit_impedance(spectrum, circuit)
    part = result.parts[0]
    rms = part.noise * np.sqrt(np.mean(part.residual**2))
    assert rms < 0.05
    if circuit == "p(De1,CPE1)":
        assert result.values["CPE1.n"] == pytest.approx(1.0, abs=0.05)
    if circuit == "p(Cc1,De2)":
        assert result.values["De2.tau"] < 0.1 / (2.0 * np.pi * spectrum.frequency_Hz.max())
