"""Is the current of every element right, against transforms inverted by others' software?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, cast

import mpmath as mp
import numpy as np
import pytest
from scipy.interpolate import BarycentricInterpolator

from fitting import CellModel, Element, ModeGrid, Quantity, RelaxationTable, StartScale
from fitting.model import circuit as circuit_file
from fitting.model.elements.random_barrier import universal_conductivity
from fitting.reduction.drive import ModeCursor
from fitting.transforms.modes import ModeMap
from protocols import FitError, PulseSequence
from protocols.plugins import Plugins

TABLE = RelaxationTable(np.array([0.0, 3.0, 40.0]), np.array([0.2, 0.5, 0.3]), 1.0, 0.0)
Admittance = Callable[..., Any]


def _series(resistance: float, Y: Any) -> Any:
    return 1 / (resistance + 1 / Y)


def _rbm(s: Any, G: float, tau: float) -> Any:
    x = s * tau
    start = complex(universal_conductivity(np.array([complex(x)]))[0][0])
    y = mp.findroot(lambda y: mp.log(y) - x / y * (1 + mp.mpf("2.66") * x / y) ** (-mp.mpf(1) / 3), start)
    return G * y


def _kww(s: Any, G: float, W: float, tau: float, b: float) -> Any:
    """The transform along a turned ray, on which it converges for every s off the negative axis."""
    turn = mp.expj(-mp.arg(s) / 2)
    size = abs(s)

    def height(v: Any) -> Any:
        u = mp.exp(v)
        return turn * u * mp.exp(-s * turn * u - (u * turn / tau) ** b)

    low, high = -40 - mp.log(size), 6 - mp.log(size)
    return G * (W + (1 - W) * s * mp.quad(height, mp.linspace(low, high, 6)))


# circuit, values, and its admittance written anew: mpmath's functions of s, from the formulas as they are cited.
CELLS: dict[str, tuple[list[float], Admittance]] = {
    "R0-C1": ([100.0, 1e-3], lambda s: _series(100, s * mp.mpf("1e-3"))),
    "R0-L1": ([100.0, 2.0], lambda s: 1 / (100 + 2 * s)),
    "CPE1": ([1e-4, 0.7], lambda s: mp.mpf("1e-4") * s ** mp.mpf("0.7")),
    "W1": ([300.0], lambda s: mp.sqrt(s / 2) / 300),
    "R0-Wo1": ([10.0, 100.0, 0.3], lambda s: _series(10, mp.sqrt(s * 0.3) / (100 * mp.coth(mp.sqrt(s * 0.3))))),
    "R0-Ws1": ([10.0, 100.0, 0.3], lambda s: _series(10, mp.sqrt(s * 0.3) / (100 * mp.tanh(mp.sqrt(s * 0.3))))),
    "R0-De1-C1": (
        [100.0, 1e-2, 0.3, 0.02, 1e-3],
        lambda s: 1 / (100 + 1 / (0.01 * (0.3 + 0.7 * s / (s + 50))) + 1000 / s),
    ),
    "Pr1:2": ([1e-3, 0.2, 0.5, 0.01, 0.3], lambda s: 0.001 * (0.2 + 0.8 * (s / (s + 100) / 1.5 + s / (3 * s + 10)))),
    "R0-Cc1-CPE1": (
        [100.0, 1e-3, 0.2, 0.05, 0.6, 1e-4, 0.85],
        lambda s: 1 / (100 + 1 / (0.001 * (0.2 + 0.8 * (1 - 1 / (1 + (s / 20) ** 0.6)))) + 1e4 / s**0.85),
    ),
    "Cd1": ([1e-3, 0.2, 0.05, 0.4], lambda s: 0.001 * (0.2 + 0.8 * (1 - (1 + s / 20) ** -0.4))),
    "Hn1": ([1e-3, 0.2, 0.05, 0.7, 0.5], lambda s: 0.001 * (0.2 + 0.8 * (1 - (1 + (s / 20) ** 0.7) ** -0.5))),
    "Jo1": ([1e-4, 1e-4, 0.6, 1e-3], lambda s: 1e-4 + 1e-4 * (s / (1 + s / 1000)) ** 0.6),
    "Rbm1": ([1e-4, 1.0], lambda s: _rbm(s, 1e-4, 1.0)),
    "Tab1": ([1e-3, 2.0], lambda s: 0.001 * (0.2 + 0.5 * s / (s + 1.5) + 0.3 * s / (s + 20))),
}


def model_of(circuit: str) -> CellModel:
    return CellModel(circuit, tables={"Tab1": TABLE} if "Tab1" in circuit else None)


def step_response_by_mpmath(admittance: Admittance, t_s: np.ndarray, degree: int = 24) -> np.ndarray:
    """G(t) by mpmath's inverse Laplace transform: its own Talbot contour, some 0.6 digits a degree."""
    with mp.workdps(15):
        return np.array(
            [float(mp.invertlaplace(lambda s: admittance(s) / s, t, method="talbot", degree=degree)) for t in t_s]
        )


class Between:
    """A step response between times of Chebyshev in ln t, where it was found; right to 1e-8 of its peak (tested)."""

    def __init__(self, response: Callable[[np.ndarray], np.ndarray], shortest_s: float, longest_s: float) -> None:
        self.ends = np.log([shortest_s, longest_s])
        nodes = np.cos(np.pi * (np.arange(60) + 0.5) / 60)
        self.values = response(np.exp(self.ends[0] + np.ptp(self.ends) * (1.0 + nodes) / 2.0))
        self._line = BarycentricInterpolator(nodes, self.values)

    def __call__(self, t_s: np.ndarray) -> np.ndarray:
        x = 2.0 * (np.log(t_s) - self.ends[0]) / np.ptp(self.ends) - 1.0
        return np.asarray(self._line(np.clip(x, -1.0, 1.0)))


def migration_by_ode(t_s: np.ndarray) -> np.ndarray:
    from scipy.integrate import solve_ivp

    B, K, tau = 1.6, 2.0, 0.05

    def slopes(_: float, y: np.ndarray) -> list[float]:
        return [-B * y[1] ** K * y[0] ** 2, -(y[1] ** K) * y[0]]

    order = np.argsort(t_s)
    found = solve_ivp(slopes, (0, t_s.max() / tau), [1.0, 1.0], "DOP853", t_s[order] / tau, rtol=1e-12, atol=1e-14)
    W = np.empty(len(t_s))
    W[order] = found.y[0]
    return 1e-3 * W


DRIVES = {
    "pulse": PulseSequence.pulse(0.02, 0.5, before=0.1, after=1.4),
    "pump-probe": PulseSequence.pump_probe(0.02, 0.3, 0.4, before=0.1, after=0.9),
    "prbs": PulseSequence.prbs(0.02, 0.006, 8, seed=3, before=0.1, after=0.3),
}


def sample_times(drive: PulseSequence, spacing: str) -> np.ndarray:
    if spacing == "uniform":
        return (np.arange(2000) + 0.37) * drive.duration_s / 2000
    first = drive.jumps()[0][0]
    times_s: np.ndarray = first + np.geomspace(2e-4, drive.duration_s - first, 700)
    return times_s


def superposed(response: Callable[[np.ndarray], np.ndarray], drive: PulseSequence, t_s: np.ndarray) -> np.ndarray:
    """The current by superposition of steps, each of its own jump."""
    current = np.zeros(len(t_s))
    for edge, jump in zip(*drive.jumps(), strict=True):
        later = t_s > edge
        current[later] += jump * response(t_s[later] - edge)
    return current


@cache
def sampled(name: str, spacing: str, shortest_s: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the times of a drive's samples, their modes, and which are no sooner after an edge than the shortest time.

    The same for every cell.
    """
    drive = DRIVES[name]
    t = sample_times(drive, spacing)
    lags = t[:, None] - drive.jumps()[0]
    clear = ~np.any((lags >= 0.0) & (lags < shortest_s), axis=1)
    rows, _ = ModeCursor(ModeGrid.covering(shortest_s, 2.1).rates, drive, 1e-6).rows(t, np.zeros(len(t)))
    return t, rows, clear


def check(
    model: CellModel, theta: list[float], response: Callable[[np.ndarray], np.ndarray], shortest_s: float
) -> None:
    mode_map = ModeMap(ModeGrid.covering(shortest_s, 2.1))
    weights = mode_map.weights(model.admittance(mode_map.s, np.array(theta)))
    for name, drive in DRIVES.items():
        for spacing in ("uniform", "logarithmic"):
            t, rows, clear = sampled(name, spacing, shortest_s)
            wanted = superposed(response, drive, t)
            error = np.abs(rows @ weights - wanted)[clear]
            assert len(drive.jumps()[0]) > 100 or name != "prbs"
            assert clear.sum() > 0.9 * len(t)
            assert error.max() < 1e-6 * np.abs(wanted[clear]).max(), (name, spacing)


@pytest.mark.parametrize("circuit", list(CELLS))
def test_current_is_that_of_the_transform_inverted_by_mpmath(circuit: str) -> None:
    theta, admittance = CELLS[circuit]
    shortest = 1e-4
    between = Between(lambda t: step_response_by_mpmath(admittance, t), shortest, 2.1)
    places = np.array([3.3e-4, 0.0071, 0.23, 1.77])
    exact = step_response_by_mpmath(admittance, places)
    assert np.abs(between(places) - exact).max() < 1e-8 * np.abs(between.values).max()
    check(model_of(circuit), theta, between, shortest)


@pytest.mark.parametrize("b", [0.2, 0.5, 0.9])
def test_stretched_exponential_is_exact_in_time(b: float) -> None:
    theta = [1e-3, 0.2, 0.05, b]
    check(CellModel("Kww1"), theta, lambda t: 1e-3 * (0.2 + 0.8 * np.exp(-((t / 0.05) ** b))), 1e-4)


def test_stretched_exponential_before_an_electrode_is_that_of_its_transform() -> None:
    cell = [100.0, 1e-3, 0.2, 0.05, 0.6, 1e-4, 0.85]
    t = np.array([1e-3, 0.1])
    exact = step_response_by_mpmath(
        lambda s: 1 / (100 + 1 / _kww(s, 1e-3, 0.2, 0.05, 0.6) + 1e4 / s ** mp.mpf("0.85")), t, degree=16
    )
    grid = ModeGrid.covering(1e-4, 2.1)
    mode_map = ModeMap(grid)
    weights = mode_map.weights(CellModel("R0-Kww1-CPE1").admittance(mode_map.s, np.array(cell)))
    assert np.abs(np.exp(-np.outer(t, grid.rates)) @ weights - exact).max() < 1e-6 * exact.max()


def test_migration_is_that_of_its_rate_equations() -> None:
    check(CellModel("Mig1"), [1e-3, 1.6, 2.0, 0.05], Between(migration_by_ode, 1e-4, 2.1), 1e-4)


@pytest.mark.parametrize("circuit", [*CELLS, "R0-Kww1-CPE1", "R0-Mig1-CPE1"])
def test_derivatives_are_those_of_eighth_order_differences(circuit: str) -> None:
    """Of the admittance, which the tests above hold against mpmath's; at s > 0, where it is smooth and real."""
    thetas = {
        "R0-Kww1-CPE1": [100.0, 1e-3, 0.2, 0.05, 0.6, 1e-4, 0.85],
        "R0-Mig1-CPE1": [100.0, 1e-3, 1.6, 2.0, 0.05, 1e-4, 0.85],
    }
    theta = np.array(thetas[circuit] if circuit in thetas else CELLS[circuit][0])
    model = model_of(circuit)
    s = np.geomspace(0.1, 1e4, 21).astype(np.complex128)
    slopes = model.admittance_jacobian(s, theta)
    for k, value in enumerate(theta):
        shares = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
        found = np.zeros(len(s))
        for n, weight in shares.items():
            for sign in (-1, 1):
                moved = theta.copy()
                moved[k] += sign * n * 3e-3 * value
                found += sign * weight * model.admittance(s, moved).real / (3e-3 * value)
        assert np.abs(slopes[k].real - found).max() < 1e-6 * np.abs(found).max(), model.parameters[k].name


def test_random_barriers_keep_their_limits() -> None:
    """Small x: ``y = 1 + x`` at first; large x: ``y ln(y)^(3/2) = x / 2.66^(1/2)``, from the relation itself."""
    small, _ = universal_conductivity(np.array([1e-6j, 1e-6]))
    assert np.abs(small - 1.0 - np.array([1e-6j, 1e-6])).max() < 1e-11
    large, _ = universal_conductivity(np.array([1e30]))
    assert (large * np.log(large) ** 1.5 * 2.66**0.5 / 1e30)[0].real == pytest.approx(1.0, rel=0.02)


def test_random_barriers_are_on_one_sheet_all_around() -> None:
    angles = np.linspace(-0.97, 0.97, 101) * np.pi
    x = np.multiply.outer(np.geomspace(1e-8, 1e12, 200), np.exp(1j * angles))
    y = universal_conductivity(x.ravel())[0].reshape(x.shape)
    q = x / y
    assert np.abs(np.log(y) - q * (1.0 + 2.66 * q) ** (-1 / 3)).max() < 1e-12
    assert np.abs(y - y[:, ::-1].conj()).max() < 1e-9 * np.abs(y).max()
    assert np.abs(np.diff(np.log(y), axis=1)).max() < 0.1


@pytest.mark.parametrize(
    ("circuit", "message"),
    [("Tab1-C1", "needs its table"), ("Kww1:2", "only Pr takes"), ("Xy1", "there is no element 'Xy'"), ("Wo", "label")],
)
def test_wrong_circuits_point_at_the_character(circuit: str, message: str) -> None:
    with pytest.raises(FitError, match=message) as caught:
        CellModel(circuit)
    assert "^" in str(caught.value)


def test_a_table_without_its_element_is_an_error() -> None:
    with pytest.raises(FitError, match="no element Tab2"):
        CellModel("Tab1", tables={"Tab1": TABLE, "Tab2": TABLE})


@pytest.mark.parametrize(("resistance", "rings"), [(10.0, False), (1.0, True), (0.1, True)])
def test_a_circuit_that_rings_is_told_from_one_that_decays(resistance: float, rings: bool) -> None:
    """10 mH and 1 mF: critically damped at 6.3 ohm."""
    mode_map = ModeMap(ModeGrid.covering(1e-4, 2.1))
    model = CellModel("R0-L1-C1")
    missed = mode_map.misfit(model.admittance(mode_map.s, np.array([resistance, 1e-2, 1e-3])))
    assert missed > 0.1 if rings else missed < 1e-6


class Gyrator(Element):
    """A user's own element: ``Y = k / s``."""

    code = "Gy"
    quantities = (Quantity("k", "1/H"),)

    def evaluate(self, s: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return p[0] / s, (1.0 / s)[None]

    def start(self, scale: StartScale, draw: np.ndarray) -> tuple[float, ...]:
        return (scale.conductance_S / scale.time(draw[0]),)


class Clash(Gyrator):
    code = "CPE"


class _Point:
    dist = None

    def __init__(self, name: str, kind: object) -> None:
        self.name, self.value, self._kind = name, f"some.package:{name}", kind

    def load(self) -> object:
        return self._kind


class Failing(Gyrator):
    code = "Fail"

    def evaluate(self, s: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # noqa: ARG002
        raise ZeroDivisionError("by a plug-in")


class Ending:
    """An element whose import ends the interpreter."""


class _EndingPoint(_Point):
    def load(self) -> object:
        raise SystemExit("goodbye")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    def install(*points: _Point) -> None:
        monkeypatch.setattr("fitting.model.plugin_elements.plugins_of", lambda _: Plugins(cast("Any", points)))
        circuit_file.installed_elements.cache_clear()

    yield install
    monkeypatch.undo()
    circuit_file.installed_elements.cache_clear()


def test_elements_of_other_packages_are_found(installed: Callable[..., None]) -> None:
    installed(_Point("gyrator", Gyrator))
    model = CellModel("R0-Gy1")
    assert [one.name for one in model.parameters] == ["R0", "Gy1"]
    assert 1.0 / model.admittance(np.array([2.0 + 0j]), np.array([3.0, 4.0]))[0] == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (_Point("clash", Clash), "the code 'CPE', which is taken"),
        (_Point("junk", int), "no class of fitting.Element"),
        (_EndingPoint("ending", Ending), "SystemExit: goodbye"),
        (_Point("abstract", Element), "it lacks"),
    ],
)
def test_elements_that_cannot_be_taken_are_left_out_and_named(
    installed: Callable[..., None], point: _Point, message: str
) -> None:
    installed(point, _Point("gyrator", Gyrator))
    assert [one.name for one in CellModel("R0-Gy1").parameters] == ["R0", "Gy1"], "the others work on"
    (problem,) = circuit_file.element_problems()
    assert message in problem
    with pytest.raises(FitError, match=message):
        CellModel("R0-Nope1")


def test_an_element_that_fails_is_an_error_of_the_fit(installed: Callable[..., None]) -> None:
    installed(_Point("failing", Failing))
    with pytest.raises(FitError, match="failed in `evaluate`: ZeroDivisionError: by a plug-in"):
        CellModel("R0-Fail1").admittance(np.array([2.0 + 0j]), np.array([3.0, 4.0]))
