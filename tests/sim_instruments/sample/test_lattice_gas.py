"""Are the hops of the lattice gas counted as closed forms, master equations and published walks say?"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim_instruments.sample.cell import CellError, load_cell
from sim_instruments.sample.counted_memory import memory_of, smooth
from sim_instruments.sample.lattice_gas import Count, LatticeGas, count_hops, driven_current

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Seeds are fixed, so that a bound of 4 standard errors at some 50 correlated lags is passed or not once and for all.
SIGMAS = 4.0


def falls(rate_times_t: Array) -> Array:
    """Mean of 1 - exp(-x) from 0 to x."""
    return 1.0 + np.expm1(-rate_times_t) / rate_times_t


def alone(shape: tuple[int, ...]) -> tuple[LatticeGas, float, float]:
    """One ion; its back-hop probability p and rate of forgetting, 1/s."""
    gas = LatticeGas(shape, ions=1, hop_rate_Hz=1.0, mismatch_kT=3.0, relaxation_rate_Hz=12.0)
    back = math.exp(3.0)
    return gas, back / (back + 12.0), back + 12.0


@pytest.mark.parametrize("shape", [(9,), (5, 6), (4, 4, 4)])
def test_one_ion_forgets_by_one_exponential_down_to_1_minus_p(shape: tuple[int, ...]) -> None:
    gas, p, rate = alone(shape)
    counted = count_hops(gas, duration_s=2e4, longest_lag_s=1.5, seed=3)
    mean_W, error = counted.mean_W()
    expected = 1.0 - p * falls(rate * counted.lags_s)
    assert np.abs((mean_W - expected) / error).max() < SIGMAS
    assert error.max() < 0.01
    # Relaxed and strained states by their Boltzmann weights; as many hops strain as go back.
    ways = 2 * len(shape)
    assert counted.hop_rate_Hz == pytest.approx(2 * ways / (1.0 + ways * math.exp(-3.0)), rel=0.01)
    share, share_error = counted.undone_share()
    assert abs(share - p) < SIGMAS * share_error < 0.02
    # Every other hop strains.
    cosine, cosine_error = counted.mean_cosine()
    assert abs(cosine + p / 2) < SIGMAS * cosine_error < 0.02


@pytest.mark.parametrize("ions", [1, 108, 210])
def test_plain_exclusion_has_no_memory_however_crowded(ions: int) -> None:
    # The collective correlation factor is 1 on a Bravais lattice: the currents across bonds, n_i - n_j, add to nothing.
    counted = count_hops(LatticeGas((6, 6, 6), ions, hop_rate_Hz=1.0), duration_s=1e4, longest_lag_s=2.0, seed=2)
    mean_W, error = counted.mean_W()
    assert np.abs((mean_W - 1.0) / error).max() < SIGMAS
    assert error.max() < 0.02
    assert counted.hop_rate_Hz == pytest.approx(6.0 * (216 - ions) / 215, rel=0.01)
    assert counted.undone_share() == (0.0, 0.0)


def vacancy_cosine(edge: int) -> float:
    """Mean cosine between an ion's consecutive exchanges with the only vacancy of a periodic lattice, exactly.

    After an exchange the vacancy is at (-1, 0, 0) of the ion; it walks until it takes the ion's place again.
    """
    sites = list(itertools.product(range(edge), repeat=3))
    number = {site: i for i, site in enumerate(sites)}
    to_ion, matrix = np.zeros(len(sites)), np.eye(len(sites))
    for site, i in number.items():
        if site == (0, 0, 0):
            continue
        for axis, step in itertools.product(range(3), (1, -1)):
            beside = tuple((c + step * (a == axis)) % edge for a, c in enumerate(site))
            if beside == (0, 0, 0):
                # The ion hops to where the vacancy was: against the vacancy's step.
                to_ion[i] -= step / 6.0 if axis == 0 else 0.0
            else:
                matrix[i, number[beside]] -= 1.0 / 6.0
    # The last exchange brought the ion up axis 0.
    return float(np.linalg.solve(matrix, to_ion)[number[edge - 1, 0, 0]])


def test_a_single_vacancy_makes_tracers_turn_back_but_not_the_current() -> None:
    gas = LatticeGas((5, 5, 5), ions=124, hop_rate_Hz=1.0)
    counted = count_hops(gas, duration_s=4e4, longest_lag_s=2.0, seed=4)
    cosine, error = counted.mean_cosine()
    assert abs(cosine - vacancy_cosine(5)) < SIGMAS * error < 0.01
    mean_W, error_W = counted.mean_W()
    assert np.abs((mean_W - 1.0) / error_W).max() < SIGMAS


def test_tracer_correlation_by_a_vacancy_is_that_of_compaan_and_haven() -> None:
    # Compaan, Haven, Trans. Faraday Soc. 52, 786 (1956): f = 0.6531 on the infinite simple cubic lattice.
    cosine = vacancy_cosine(11)
    assert (1.0 + cosine) / (1.0 - cosine) == pytest.approx(0.6531, abs=2e-3)


def test_one_ion_on_an_uneven_ring_conducts_as_its_bonds_in_series() -> None:
    gas = LatticeGas((7,), ions=1, hop_rate_Hz=1.0, spread_kT=1.2, energy_seed=5)
    counted = count_hops(gas, duration_s=3e5, longest_lag_s=60.0, seed=1)
    # Conductance of a bond: Boltzmann weight times rate, the same both ways.
    energies = gas.energies_kT()
    bonds = np.exp(-np.maximum(energies, np.roll(energies, -1)))
    W_inf = 1.0 / (bonds.mean() * (1.0 / bonds).mean())
    assert W_inf < 0.7
    W, error = counted.W_between_lags()
    late = counted.lags_s[1:] > 30.0
    assert np.abs((W[late] - W_inf) / error[late]).max() < SIGMAS
    assert counted.hop_rate_Hz == pytest.approx(2.0 * bonds.sum() / np.exp(-energies).sum(), rel=0.01)


def master_equation(gas: LatticeGas) -> tuple[Array, Array]:
    """Two ions on a ring: rates r and strengths c of C(t) = sum c exp(-r t), the pairs e.e' at lag t per hop."""
    (size,) = gas.shape
    energies, D, g = gas.energies_kT(), gas.mismatch_kT, gas.relaxation_rate_Hz
    # Strain of an ion: 0, or the direction of its way back.
    states = [
        (places, strains)
        for places in itertools.permutations(range(size), 2)
        for strains in itertools.product((0, 1, -1), repeat=2)
    ]
    number: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {state: i for i, state in enumerate(states)}
    weights = np.array([math.exp(-energies[list(p)].sum() - D * sum(map(abs, s))) for p, s in states])
    weights /= weights.sum()
    generator, arrivals, current = np.zeros((len(states),) * 2), np.zeros(len(states)), np.zeros(len(states))
    total = 0.0

    def put(values: tuple[int, ...], ion: int, value: int) -> tuple[int, ...]:
        return tuple(value if i == ion else old for i, old in enumerate(values))

    for (places, strains), i in number.items():
        for ion, direction in itertools.product(range(2), (1, -1)):
            target = (places[ion] + direction) % size
            if strains[ion] == 0:
                generator[i, number[places, put(strains, ion, direction)]] += g * math.exp(-D)
            elif strains[ion] == direction:
                generator[i, number[places, put(strains, ion, 0)]] += g
            if target not in places and strains[ion] in {0, direction}:
                strain, rate = (-direction, 1.0) if strains[ion] == 0 else (0, math.exp(D))
                rate *= gas.hop_rate_Hz * min(1.0, math.exp(energies[places[ion]] - energies[target]))
                j = number[put(places, ion, target), put(strains, ion, strain)]
                generator[i, j] += rate
                current[i] += rate * direction
                arrivals[j] += weights[i] * rate * direction
                total += weights[i] * rate
    flux = weights[:, None] * generator
    np.testing.assert_allclose(flux, flux.T, atol=1e-14)  # detailed balance
    generator -= np.diag(generator.sum(axis=1))
    # Symmetric by detailed balance: eigenvalues are real.
    root = np.sqrt(weights)
    rates, modes = np.linalg.eigh(root[:, None] * generator / root)
    strengths = (arrivals / root @ modes) * (modes.T @ (root * current)) / total
    return -rates, strengths


def test_two_crowded_ions_on_an_uneven_ring_obey_their_master_equation() -> None:
    gas = LatticeGas((4,), 2, hop_rate_Hz=1.0, mismatch_kT=1.5, relaxation_rate_Hz=3.0, spread_kT=0.7, energy_seed=2)
    rates, strengths = master_equation(gas)
    moving = rates > 1e-9
    counted = count_hops(gas, duration_s=1e5, longest_lag_s=10.0, seed=7)
    # Equilibrium carries no current; all else only turns back: W falls and is convex.
    assert np.abs(strengths[~moving]).max() < 1e-12
    assert strengths[moving].max() < 1e-12
    steps = 2.0 * strengths[moving] / rates[moving]
    expected = 1.0 + steps @ falls(np.multiply.outer(rates[moving], counted.lags_s))
    mean_W, error = counted.mean_W()
    assert np.abs((mean_W - expected) / error).max() < SIGMAS
    assert error.max() < 0.01
    fraction, fraction_error = smooth(counted).back_hop_fraction
    assert abs(fraction + steps.sum()) < 3.0 * fraction_error < 0.025


def test_current_in_a_field_step_falls_by_the_counted_W_and_reverses_after_it() -> None:
    gas = LatticeGas((6, 6, 6), 70, hop_rate_Hz=1.0, mismatch_kT=3.0, relaxation_rate_Hz=20.0, spread_kT=0.7)
    counted = count_hops(gas, duration_s=3e3, longest_lag_s=1.0, seed=1)
    # Means over 80 steps of 20 ms, of W and of what is left of the pulse when W(t - 0.8 s) is taken off.
    W = smooth(counted).W((np.arange(80 * 50) + 0.5) * 0.02 / 50)[0].reshape(80, 50).mean(axis=1)
    expected = np.concatenate([W[:40], W[40:] - W[:40]])
    f = 0.4  # sinh adds (f/2)^2 / 6 = 0.7 % to f/2
    current, error = driven_current(gas, np.where(np.arange(80) < 40, f, 0.0), step_s=0.02, cycles=4000, seed=2)
    full = counted.hop_rate_Hz * math.sinh(f / 2)
    assert np.abs((current - expected * full) / error).max() < SIGMAS
    assert abs((current / full)[20:40].mean() - W[20:40].mean()) < 0.01
    assert current[40] < -8.0 * error[40]


def test_smoothed_W_has_errors_that_hold_the_truth() -> None:
    gas, p, rate = alone((3, 3, 3))
    t = np.array([0.3, 1.0, 3.0]) / rate
    truth = np.array([*(1.0 - p * -np.expm1(-rate * t)), p, math.log(2.0) / rate])
    scores = []
    for seed in range(30):
        memory = smooth(count_hops(gas, 1.8e3, 1.0, seed))
        W, errors = memory.W(t)
        (fraction, fraction_error), (median, median_error) = memory.back_hop_fraction, memory.median_time_s
        scores.append((np.array([*W, fraction, median]) - truth) / [*errors, fraction_error, median_error])
    inside = np.mean(np.abs(scores) < 1.96)
    # 150 scores, those of a seed correlated: 95 % expected, 2 % standard deviation at 90 independent ones.
    assert 0.90 < inside < 0.99
    assert np.abs(np.mean(scores, axis=0)).max() < 4.0 / math.sqrt(30)


def test_a_count_depends_on_its_seed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    gas, _, _ = alone((4, 4, 4))

    def counted(seed: int) -> Count:
        return count_hops(gas, 300.0, 0.1, seed)

    first = counted(1)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    np.testing.assert_array_equal(counted(1).pairs, first.pairs)
    assert not np.array_equal(counted(2).pairs, first.pairs)


def test_relaxation_of_a_count_is_its_smoothed_W() -> None:
    gas, p, _ = alone((4, 4, 4))
    memory = memory_of(gas, 3e3, 1.0)
    assert memory_of(gas, 3e3, 1.0) is memory
    relaxation = memory.relaxation()
    t = np.geomspace(1e-7, 10.0, 400)
    np.testing.assert_allclose(relaxation(t), memory.W(t)[0], atol=1e-7)
    assert np.all(np.diff(relaxation(t)) <= 1e-12)
    assert relaxation.W_inf == pytest.approx(1.0 - memory.back_hop_fraction[0], abs=1e-9)
    assert relaxation.W_inf == pytest.approx(1.0 - p, abs=0.03)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"shape": (2, 5)}, "3 sites"),
        ({"ions": 0}, "1 to 26"),
        ({"ions": 27}, "1 to 26"),
        ({"hop_rate_Hz": 0.0}, "positive"),
        ({"mismatch_kT": -1.0}, "mismatch"),
        ({"spread_kT": 11.0}, "spread"),
    ],
)
def test_what_is_no_lattice_gas_is_refused(changes: dict[str, object], what: str) -> None:
    settings: dict[str, object] = {"shape": (3, 3, 3), "ions": 1, "hop_rate_Hz": 1.0} | changes
    with pytest.raises(ValueError, match=what):
        LatticeGas(**settings)  # type: ignore[arg-type]


def test_a_count_too_short_for_its_lags_is_refused() -> None:
    gas, _, _ = alone((3, 3, 3))
    with pytest.raises(ValueError, match=r"needs .* s at least"):
        count_hops(gas, duration_s=10.0, longest_lag_s=1.0)
    with pytest.raises(ValueError, match="cannot be counted"):
        count_hops(gas, duration_s=10.0, longest_lag_s=0.0)


FILE = """
[series]
R_s = "100 ohm"
[bulk]
kind = "kinetic-monte-carlo"
G_inf = "200 uS"
edge = 4
ions = 1
temperature = "300 K"
attempt_frequency = "1 THz"
barrier = "0.6 eV"
mismatch = "50 meV"
relaxation_time = "2 ms"
seed = 6
longest_lag = "50 ms"
duration = "300 s"
"""


def test_a_cell_file_in_physical_units_gives_the_ions_memory(tmp_path: Path) -> None:
    path = tmp_path / "ion.toml"
    path.write_text(FILE)
    truth = load_cell(path).parameters
    kT = 1.380649e-23 * 300.0 / 1.602176634e-19
    back = 1e12 * math.exp(-0.55 / kT)
    p = back / (back + 500.0)
    assert abs(truth["back_hop_fraction"] - p) < 3.0 * truth["back_hop_fraction_error"] < 0.03
    assert truth["W_inf"] == pytest.approx(1.0 - truth["back_hop_fraction"])
    assert abs(truth["tau_median"] - math.log(2.0) / (back + 500.0)) < 3.0 * truth["tau_median_error"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("ions = 1", "ions = 64", "1 to 63"),
        ("ions = 1", "ions = 1.5", "bulk.ions must be a whole number"),
        ('"0.6 eV"', '"0.6 V"', "eV"),
        ("duration = ", "length = ", "duration is missing"),
        ('"300 s"', '"1 s"', "at least"),
    ],
)
def test_a_file_that_describes_no_lattice_gas_says_why(tmp_path: Path, old: str, new: str, what: str) -> None:
    path = tmp_path / "ion.toml"
    path.write_text(FILE.replace(old, new))
    with pytest.raises(CellError, match=what):
        load_cell(path)


def test_the_shipped_lattice_gas_remembers_longer_than_one_ion_alone() -> None:
    cell = load_cell("lattice-gas")
    p = cell.parameters
    assert float(cell.step_response(0.0)) == pytest.approx(1.0 / (p["R_s"] + 1.0 / p["G_inf"]), rel=1e-6)
    assert p["W_inf_error"] < 0.01 * p["back_hop_fraction"]
    kT = 1.380649e-23 * 250.0 / 1.602176634e-19
    rate = 1e12 * math.exp(-0.46 / kT) + 200.0
    assert abs(p["tau_median"] - math.log(2.0) / rate) < 0.4 * p["tau_median"]
    # After ten lives of a strained state one ion alone has forgotten all but exp(-10).
    left = (float(cell.relaxation(10.0 / rate)) - p["W_inf"]) / p["back_hop_fraction"]
    assert 0.02 < left < 0.2
