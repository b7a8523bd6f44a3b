"""Campaign: is every forward model right over its whole box? (`just forward`)

Each element gets 200 sets of parameters from the corners, edges and inside of its bounds, with its time anywhere from
1e-8 of the shortest to 1e8 of the longest time that is asked for, alone or behind a resistor. The step response that a
fit would use is compared with another one: mpmath's inverse Laplace transform of formulas written anew, at 30 digits;
Kohlrausch's closed form; MIGRATION by incomplete gamma functions; and for these two behind a resistor, quadrature and
Abate and Whitt's inversion. Errors are shares of the peak: the largest mean current that an instrument sees which
resolves the shortest time.
"""

from __future__ import annotations

import argparse
import cmath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np

from benchmarks.campaigns.tally import Progress
from benchmarks.campaigns.truth import Bulk, Cell, Floats, inverted, nodes_of
from fitting import CellModel, ModeGrid, RelaxationTable
from fitting.transforms.modes import ModeMap, exponentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOLERANCE = 1e-6
TABLE = RelaxationTable(np.array([0.0, 3.0, 40.0]), np.array([0.2, 0.5, 0.3]), 1.0, 0.0)
# How near to a bound a fit may come: 2e-6 of the range.
_EDGE = 2e-6
_N_TIMES = 9
_DIGITS, _DEGREE = 30, 36


@dataclass(frozen=True)
class Case:
    """One set of parameters of one circuit.

    Attributes
    ----------
    circuit : str
    values : dict of str to float
        By the circuit's names, in its order.
    shortest_s, longest_s : float
    """

    circuit: str
    values: dict[str, float]
    shortest_s: float
    longest_s: float

    @property
    def times_s(self) -> Floats:
        """Times at which responses are compared."""
        times: Floats = np.geomspace(self.shortest_s, self.longest_s, _N_TIMES)
        return times


def _share(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number between two bounds: at either, or anywhere between."""
    place = rng.choice([_EDGE, 1.0 - _EDGE, rng.uniform(), rng.uniform()])
    return float(low + (high - low) * place)


def drawn_case(code: str, seed: int) -> Case:
    """Return one case of an element."""
    rng = np.random.default_rng([20261125, seed, *code.encode()])
    shortest = 10.0 ** rng.uniform(-6.0, -2.0)
    longest = shortest * 10.0 ** rng.uniform(1.5, 6.0)

    def time() -> float:
        inside = rng.uniform(np.log10(shortest) - 1.0, np.log10(longest) + 1.0)
        anywhere = rng.uniform(np.log10(shortest) - 8.0, np.log10(longest) + 8.0)
        return float(10.0 ** rng.choice([inside, anywhere]))

    R = float(10.0 ** rng.uniform(0.0, 8.0))
    ratio = float(10.0 ** rng.uniform(-3.0, 3.0))
    alone = rng.uniform() < 0.5 and code not in {"C", "L"}
    behind = {} if alone else {"R0": R if code in {"C", "L"} else R * ratio}
    name = f"Pr1{code[2:]}" if code.startswith("Pr") else f"{code}1"
    prefix = name.partition(":")[0]
    element = {symbol and f"{prefix}.{symbol}": value for symbol, value in _drawn(code, R, time, rng)}
    if "" in element:
        element = {name: element[""]}
    return Case(f"R0-{name}" if behind else name, {**behind, **element}, shortest, longest)


def _drawn(code: str, R: float, time: Callable[[], float], rng: np.random.Generator) -> Iterator[tuple[str, float]]:
    """Yield symbols and values of one element; no symbol for an element of one parameter."""
    if code in {"C", "L", "W"}:
        yield "", {"C": time() / R, "L": time() * R, "W": R / np.sqrt(time())}[code]
    elif code == "CPE":
        n = _share(rng, 0.0, 1.0)
        yield from (("Q", time() ** n / R), ("n", n))
    elif code in {"Wo", "Ws"}:
        yield from (("Z_0", R), ("tau", time()))
    elif code == "Jo":
        n, tau, steady = _share(rng, 0.0, 1.0), time(), _share(rng, 0.0, 1.0)
        yield from (("G_dc", steady / R), ("A", (1.0 - steady) / R * tau**n), ("n", n), ("tau_c", tau))
    elif code == "Rbm":
        yield from (("G_dc", 1.0 / R), ("tau", time()))
    else:
        yield "G_inf", 1.0 / R
        yield from _drawn_shape(code, time, rng)


def _drawn_shape(code: str, time: Callable[[], float], rng: np.random.Generator) -> Iterator[tuple[str, float]]:
    """Yield symbols and values of what a bulk has beside its conductance."""
    if code == "Mig":
        yield from (("B", _share(rng, 0.0, 30.0)), ("K", _share(rng, 1.0, 4.0)), ("tau", time()))
        return
    if code == "Tab":
        yield "scale", time()
        return
    yield "W_inf", _share(rng, 0.0, 1.0)
    if code.startswith("Pr"):
        n_modes = int(code[3:])
        yield from ((f"r_{k}", float(10.0 ** rng.uniform(-4.0, 4.0))) for k in range(2, n_modes + 1))
        yield from ((f"tau_{k}", time()) for k in range(1, n_modes + 1))
        return
    yield "tau", time()
    yield from (
        (shape, _share(rng, 0.0, 1.0)) for shape in {"De": "", "Cc": "a", "Cd": "c", "Hn": "ac", "Kww": "b"}[code]
    )


CODES = (
    "C", "L", "CPE", "W", "Wo", "Ws", "De", "Pr:1", "Pr:2", "Pr:3", "Pr:4", "Cc", "Cd", "Hn", "Kww", "Jo", "Mig",
    "Rbm", "Tab",
)  # fmt: skip


def fitted_response(case: Case) -> Floats:
    """Return the step response (S) that a fit of such a record would use."""
    model = CellModel(case.circuit, tables={"Tab1": TABLE} if "Tab1" in case.circuit else None)
    grid = ModeGrid.covering(case.shortest_s, case.longest_s)
    mode_map = ModeMap(grid)
    theta = np.array([case.values[parameter.name] for parameter in model.parameters])
    response: Floats = exponentials(case.times_s, grid.rates) @ mode_map.weights(model.admittance(mode_map.s, theta))
    return response


def true_response(case: Case) -> tuple[Floats, float]:
    """Return the step response (S), and its mean over the shortest time."""
    family = case.circuit.removeprefix("R0-").rstrip("1")
    if family in {"Kww", "Mig"}:
        return _relaxation(case) if "R0" not in case.values else _relaxation_behind(case)
    with mp.workdps(_DIGITS):
        Y = _admittance(case)

        def value(power: int, t: float) -> float:
            found = mp.invertlaplace(lambda s: Y(s) / s**power, mp.mpf(t), method="talbot", degree=_DEGREE)
            return float(mp.re(found))

        response = np.array([value(1, t) for t in case.times_s])
        return response, value(2, case.shortest_s) / case.shortest_s


def _admittance(case: Case) -> Callable[[Any], Any]:
    """Return the admittance in mpmath's numbers, written anew."""
    p = {name.split(".")[-1]: mp.mpf(value) for name, value in case.values.items()}
    element = case.circuit.removeprefix("R0-")
    alone: dict[str, Callable[[Any], Any]] = {
        "C1": lambda s: s * p["C1"],
        "L1": lambda s: 1 / (s * p["L1"]),
        "CPE1": lambda s: p["Q"] * s ** p["n"],
        "W1": lambda s: mp.sqrt(s / 2) / p["W1"],
        "Wo1": lambda s: mp.sqrt(s * p["tau"]) * mp.tanh(mp.sqrt(s * p["tau"])) / p["Z_0"],
        "Ws1": lambda s: mp.sqrt(s * p["tau"]) / mp.tanh(mp.sqrt(s * p["tau"])) / p["Z_0"],
        "De1": lambda s: p["G_inf"] * (p["W_inf"] + (1 - p["W_inf"]) * (1 - 1 / (1 + s * p["tau"]))),
        "Cc1": lambda s: p["G_inf"] * (p["W_inf"] + (1 - p["W_inf"]) * (1 - 1 / (1 + (s * p["tau"]) ** p["a"]))),
        "Cd1": lambda s: p["G_inf"] * (p["W_inf"] + (1 - p["W_inf"]) * (1 - (1 + s * p["tau"]) ** -p["c"])),
        "Hn1": lambda s: p["G_inf"] * (p["W_inf"] + (1 - p["W_inf"]) * (1 - (1 + (s * p["tau"]) ** p["a"]) ** -p["c"])),
        "Jo1": lambda s: p["G_dc"] + p["A"] * (s / (1 + s * p["tau_c"])) ** p["n"],
        "Rbm1": lambda s: p["G_dc"] * _random_barriers(s * p["tau"]),
        "Tab1": lambda s: (
            p["G_inf"]
            * mp.fsum(
                mp.mpf(float(g)) * s * p["scale"] / (s * p["scale"] + mp.mpf(float(r)))
                for g, r in zip(TABLE.shares, TABLE.rates, strict=True)
            )
        ),
    }
    element_of = _prony(p) if element.startswith("Pr") else alone[element]
    if "R0" not in p:
        return element_of
    return lambda s: 1 / (p["R0"] + 1 / element_of(s))


def _prony(p: dict[str, Any]) -> Callable[[Any], Any]:
    n = sum(name.startswith("tau") for name in p)
    odds = [mp.mpf(1), *(p[f"r_{k}"] for k in range(2, n + 1))]

    def admittance(s: Any) -> Any:
        decays = [odds[k] * (1 - 1 / (1 + s * p[f"tau_{k + 1}"])) for k in range(n)]
        return p["G_inf"] * (p["W_inf"] + (1 - p["W_inf"]) * mp.fsum(decays) / mp.fsum(odds))

    return admittance


def _random_barriers(x: Any) -> Any:
    """Return y of ``ln y = (x / y) (1 + 2.66 x / y)^(-1/3)``: followed in steps of the angle, then to all digits."""
    size, angle = float(mp.log(abs(x))), float(mp.arg(x))
    w = complex(_barrier_start(size))
    steps = 1 + int(abs(angle) / 0.05)
    for k in range(1, steps + 1):
        target = complex(size, angle * k / steps)
        for _ in range(8):
            off, slope = _barrier_equation(w, target, cmath.exp)
            w -= off / slope
    found = mp.mpc(w)
    for _ in range(3):
        off, slope = _barrier_equation(found, mp.log(x), mp.exp)
        found -= off / slope
    return x / mp.exp(found)


def _barrier_equation(w: Any, target: Any, exp: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Return ``ln q + q (1 + 2.66 q)^(-1/3) - ln x`` for ``w = ln q``, and its derivative."""
    q = exp(w)
    grown = 1 + q * 266 / 100
    root = grown ** (-mp.mpf(1) / 3 if exp is mp.exp else -1.0 / 3.0)
    return w + q * root - target, 1 + q * root * (1 - q * 266 / (300 * grown))


def _barrier_start(size: float) -> float:
    """Return ln q of a real x by bisection."""
    low, high = min(size - 1.0, -1.0), max(size, 0.0) + 1.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        below = _barrier_equation(complex(middle), size, cmath.exp)[0].real < 0.0
        low, high = (middle, high) if below else (low, middle)
    return low


def _relaxation(case: Case) -> tuple[Floats, float]:
    """Return G W(t) of a bulk that is known in time, and its mean over the shortest time."""
    p = {name.split(".")[-1]: mp.mpf(value) for name, value in case.values.items()}
    with mp.workdps(_DIGITS):
        if "b" in p:
            W_inf, a = p["W_inf"], 1 / p["b"]
            response = [W_inf + (1 - W_inf) * mp.exp(-((t / p["tau"]) ** p["b"])) for t in case.times_s]
            z = (case.shortest_s / p["tau"]) ** p["b"]
            # The integral of exp(-u^b) up to t is t M(a, a + 1, -t^b), a = 1/b.
            mean = W_inf + (1 - W_inf) * mp.hyp1f1(1, a + 1, z) * mp.exp(-z)
        else:
            g = [_mismatch(t / p["tau"], p["B"], p["K"]) for t in case.times_s]
            response = [mp.exp(-p["B"] * (1 - one)) for one in g]
            k = p["K"] - 1
            mean = ((g[0] ** -k - 1) / k if k > 0 else -mp.log(g[0])) / (case.shortest_s / p["tau"])
        return np.array([float(p["G_inf"] * one) for one in response]), float(p["G_inf"] * mean)


def _mismatch(x: Any, B: Any, K: Any) -> Any:
    """Return g at a reduced time, from ``x = e^B B^(K-1) [Gamma(1-K, B g) - Gamma(1-K, B)]``."""
    if x < 1e-12:
        return 1 - x  # g' = -1 at first
    whole, start = mp.exp(B) * B ** (K - 1), mp.gammainc(1 - K, B)

    def off(ln_y: Any) -> Any:
        reached = whole * (mp.gammainc(1 - K, B * mp.exp(-mp.exp(ln_y))) - start)
        return mp.log(reached / x)

    # x < y e^((B + K) y), so that y is not less than a third of x, or of the time in which g begins to bend.
    low, high = mp.log(min(x, 1 / (B + K)) / 3), mp.mpf(0)
    while off(high) < 0:
        low, high = high, high + 1
        if high > 6:
            return mp.mpf(0)  # g < e^-400
    return mp.exp(-mp.exp(mp.findroot(off, (low, high), solver="illinois", tol=1e-20, verify=False, maxsteps=200)))


def _relaxation_behind(case: Case) -> tuple[Floats, float]:
    """Return the response of such a bulk behind a resistor, and its mean over the shortest time."""
    family = case.circuit.removeprefix("R0-").rstrip("1")
    p = {name.split(".")[-1]: value for name, value in case.values.items()}
    cell = Cell(Bulk(family, {name: value for name, value in p.items() if name != "R0"}), p["R0"])
    first = np.array([case.shortest_s])
    mean = inverted(cell.admittance(first, nodes_of(first)) / nodes_of(first) ** 2, first)[0] / case.shortest_s
    return cell.step(case.times_s), float(mean)


def error_of(case: Case) -> float:
    """Return by how much the fit's response is off, as a share of the peak."""
    truth, mean = true_response(case)
    off = np.abs(fitted_response(case) - truth)
    return float(off.max() / max(np.abs(truth).max(), abs(mean)))


def campaign(runs: int, folder: Path, codes: tuple[str, ...] = CODES, first: int = 0) -> dict[str, Any]:
    """Compare and count; `runs` cases of each element."""
    progress = Progress(folder / "forward.json")
    worst: dict[str, dict[str, Any]] = {}
    over: list[dict[str, Any]] = []
    document: dict[str, Any] = {}
    for k, code in enumerate(codes):
        for seed in range(first, first + runs):
            case = drawn_case(code, seed)
            error = error_of(case)
            row = {"code": code, "seed": seed, "error": error, "circuit": case.circuit, "values": case.values}
            row |= {"window_s": [case.shortest_s, case.longest_s]}
            if not error <= worst.get(code, {"error": -1.0})["error"]:
                worst[code] = row
            if not error < TOLERANCE:
                over.append(row)
            document = {"tolerance": TOLERANCE, "over": over, "worst": worst}
            done = k * runs + seed - first + 1
            progress.report(done, len(codes) * runs, document, f"{len(over)} over {TOLERANCE:g} of the peak")
    return document


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description="Is every forward model right over its whole box?")
    parser.add_argument("codes", nargs="*", help=f"elements, of {' '.join(CODES)}")
    parser.add_argument("--runs", type=int, default=200, help="of each element")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    found = campaign(asked.runs, asked.folder, tuple(asked.codes) or CODES, asked.first)
    for code, row in found["worst"].items():
        print(f"{code:6} {row['error']:.2g} of the peak at worst: {row['circuit']} {row['values']} {row['window_s']}")


if __name__ == "__main__":
    main()
