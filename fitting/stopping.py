"""Stopping a run as soon as a quantity is known well enough: the rule, when it is looked, and what each look finds.

A rule is a sentence: ``Mig1.tau known to 5 %``. Its looks are planned before the run: they come at rest, each when the
record is a quarter longer than at the one before, so that there are few, and those are left out that come before the
interval can have shrunk to what is asked. A look asks for the interval of a whole fit with all its inflation and
verdicts, not for the curvature of a live one. What is quoted afterwards is the fit of all
that was measured, not that of the last look (decision 252).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import Z95
from fitting.inference.solution import solve_single
from fitting.interpretation.assembly import fit_result
from fitting.interpretation.pulses import first_pulse
from fitting.live import LiveFit
from fitting.model.circuit import CellModel
from fitting.model.elements.base import Bulk
from fitting.results.titles import name_of_quantity, title_of
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fitting.inference.solution import Solution
    from fitting.live import GrowingRecord
    from fitting.results.estimate import Estimate
    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence

USUAL_CIRCUIT = "R0-Mig1-CPE1"
"""Circuit of a rule that names none, as for `analyse`."""
GROWTH = 1.25
"""Growth of the record from look to look: a run is a quarter longer than it had to be at worst, and a tenfold one has
ten looks. Doubled (1.5), half as many looks, and half as much again is measured in vain at worst."""
_FAR = 1.3
"""How many times too wide the interval must be by the curvature for its ends not to be worked out, which takes longer
than the fit: the two differ by a few per cent where a parameter is nearly known. Doubled, looks take twice as long."""
_BY_EACH_LOOK = ("W_inf", "back_hop_fraction", "memory_time", "median_memory_time")
"""What the fit of a look tells of every hopping conductor (`memory_quantities`)."""
_CHARGE_RATIO = "reversal_charge_ratio"
"""What it tells of the first pulse of the drive, whose charge flows back in the rest after it."""
_MOST_LOGARITHM = 300.0
"""Largest half width on the logarithm that is a number: what is not determined at all has more."""
_WIDEST = 1.0
"""Widest precision that can be asked for: ends of half and twice the value, where a parameter is not determined yet."""
_END_S = 30.0
"""How long (s) the process of a rule may take to end after its run on an idle computer: a look that was under way, and
the results file."""
_RULE = re.compile(r"(?P<name>.+?)\s+known\s+to\s+(?P<precision>.+?)(?:\s+by\s+(?P<circuit>\S+))?", re.IGNORECASE)
_PERCENT = re.compile(r"(?P<number>\d+(?:\.\d*)?|\.\d+)\s*%")


@dataclass(frozen=True)
class KnownTo:
    """Rule that ends a run once a quantity is known to a share of its value; ``bench.run(protocol, until=rule)``.

    Attributes
    ----------
    name : str
        A parameter (``Mig1.tau``) or a quantity of the memory (``memory_time``).
    precision : float
        Half width of the 95 % interval over the value, on the logarithm: 0.05 has ends 5 % below and above.
    model : CellModel or str
        What is fitted: a circuit, or its string.
    """

    name: str
    precision: float
    model: CellModel | str = USUAL_CIRCUIT

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", CellModel.of(self.model))
        if not 0.0 < self.precision <= _WIDEST:
            raise FitError(
                f"a quantity can be known to a share between 0 and {_WIDEST:.0%}, not to {self.precision:.4g}"
            )
        names = [parameter.name for parameter in self.cell.parameters]
        if self.name not in names:
            try:
                object.__setattr__(self, "name", name_of_quantity(self.name))
            except KeyError:
                raise FitError(
                    f"{self.name!r} is neither a parameter of {self.cell.circuit} ({', '.join(names)}) nor a quantity "
                    "of the memory such as 'memory_time'; another circuit is named by 'by CIRCUIT'"
                ) from None
            self._require_told()
        if self.cell.tables:
            raise FitError(f"{self.cell.circuit}: a rule takes no circuit with a table of relaxations")

    def _require_told(self) -> None:
        """Refuse a quantity that no look at a run tells: the rule could never be met."""
        told = _told_by_looks(self.cell)
        if self.name in told:
            return
        if not told:
            raise FitError(f"{self.cell.circuit} has no hopping conductor, so no run tells its {title_of(self.name)!r}")
        raise FitError(
            f"no look at a run tells {title_of(self.name)!r} of {self.cell.circuit}: wait for a parameter, or for "
            f"{', '.join(told)}"
        )

    @property
    def cell(self) -> CellModel:
        """The circuit."""
        return CellModel.of(self.model)

    @classmethod
    def from_text(cls, text: str) -> KnownTo:
        """Return the rule that a sentence such as ``Mig1.tau known to 5 % by R0-Mig1-CPE1`` gives.

        Raises
        ------
        FitError
            If it cannot be understood, with an example.
        """
        example = "write for instance 'Mig1.tau known to 5 % by R0-Mig1-CPE1'"
        found = _RULE.fullmatch(text.strip())
        if found is None:
            raise FitError(f"{text!r} does not say when to stop: {example}")
        percent = _PERCENT.fullmatch(found["precision"])
        if percent is None:
            raise FitError(f"{text!r}: {found['precision']!r} is not a share in percent: {example}")
        return cls(found["name"], float(percent["number"]) / 100.0, found["circuit"] or USUAL_CIRCUIT)

    def __str__(self) -> str:
        return f"{self.name} known to {100.0 * self.precision:g} % by {self.cell.circuit}"

    def half_width(self, estimate: Estimate) -> float:
        """Return the relative half width of an interval; infinite where the record does not determine it."""
        low, high = estimate.ci95
        if not estimate.determined or low is None or high is None or estimate.value <= 0.0:
            return float("inf")
        if estimate.is_share:
            return 0.5 * (high - low) / estimate.value
        return float(np.sqrt(high / low)) - 1.0 if low > 0.0 else float("inf")

    @contextmanager
    def watch(self, path: Path) -> Iterator[None]:
        """Watch the run at a path in a process of its own, which stops it; to be held until the run has ended."""
        from drivers import slowness  # who measures has loaded it

        rule = json.dumps(self.to_document())
        with tempfile.TemporaryFile() as stderr_file:
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "fitting.stopping_process", str(path), rule],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr_file,
                env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"} | os.environ,  # the runner needs a core too
            )
            try:
                yield
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_END_S * slowness())
            finally:
                process.kill()
                process.wait()
            if process.returncode:
                stderr_file.seek(0)
                why = (stderr_file.read().decode(errors="replace").strip().splitlines() or ["it did not end"])[-1]
                warnings.warn(f"{path.name}: nothing watched for '{self}': {why}", RuntimeWarning, stacklevel=3)

    def to_document(self) -> dict[str, Any]:
        """Return the rule as plain data."""
        cell = self.cell
        return {"name": self.name, "precision": self.precision, "circuit": cell.circuit, "fixed": cell.fixed}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> KnownTo:
        """Return the rule that `to_document` wrote; without a circuit, of the usual one."""
        cell = CellModel(document.get("circuit", USUAL_CIRCUIT), document.get("fixed", {}))
        return cls(document["name"], document["precision"], cell)


def _told_by_looks(cell: CellModel) -> tuple[str, ...]:
    """Return the names of the quantities that the fit of a look has beside the parameters."""
    bulk = cell.bulk
    if bulk is None or not isinstance(bulk.element, Bulk):
        return ()
    within = np.array([min(max(0.5, one.lower), one.upper) for one in bulk.element.quantities])
    n_modes = len(bulk.element.modes(within))
    return (*_BY_EACH_LOOK, *(["mode_capacitance"] if n_modes == 1 else []), _CHARGE_RATIO)


def rule_for(given: KnownTo | str, sequence: PulseSequence, repeats: int = 1) -> KnownTo:
    """Return the rule that was given, in words or as it is, if a run of a sequence can be stopped by it.

    Parameters
    ----------
    given : KnownTo or str
    sequence : PulseSequence
        As a protocol has it.
    repeats : int
        How often it is played.

    Raises
    ------
    FitError
        If the words cannot be understood, the edges are known only after the run, the voltage never rests after a pulse
        before the end, or no pulse has the rest after it that the quantity is about.
    """
    rule = KnownTo.from_text(given) if isinstance(given, str) else given
    if sequence.demands:
        parts = " and ".join(f"{demand} ({path})" for demand, path in sequence.demands.items())
        raise FitError(
            f"'{rule}': this sequence has {parts}, so that its voltages are known only after the run, and when to look "
            "is planned from them before: leave those steps or the rule out"
        )
    require_looks(rule, sequence.repeated(repeats))
    return rule


def require_looks(rule: KnownTo, drive: PulseSequence) -> None:
    """Refuse a rule that a run of such edges, repeats included, gives no occasion to be met.

    Raises
    ------
    FitError
        With what the edges lack.
    """
    if not len(planned_looks(drive)):
        raise FitError(
            f"'{rule}': this sequence never rests at its first level ({format_quantity(drive.rest_V, 'V')}) between "
            "its first edge and its end, so there is no place to look and to stop"
        )
    if rule.name == _CHARGE_RATIO and first_pulse(drive) is None:
        raise FitError(f"'{rule}': no pulse of this sequence is held and has a rest after it, so none has such a ratio")


def first_edge_s(drive: PulseSequence) -> float:
    """Return when a drive first jumps (s); 0 if it never does."""
    jumps = drive.jumps()[0]
    return float(jumps[0]) if len(jumps) else 0.0


def rests(drive: PulseSequence) -> Floats:
    """Return when a drive stands at its rest level, from when to when (s), shape (n, 2)."""
    ends = np.append(drive.times_s[1:], drive.duration_s)
    resting = (drive.start_V == drive.rest_V) & (drive.end_V == drive.rest_V)
    found: Floats = np.column_stack([drive.times_s[resting], ends[resting]])
    return found


def planned_looks(drive: PulseSequence) -> Floats:
    """Return the times (s) of all looks: at rest after the first pulse, each a quarter later than the one before.

    Parameters
    ----------
    drive : PulseSequence
        As it was planned, repeats included.

    Returns
    -------
    ndarray, shape (n,)
        None is so late that stopping there would save nothing.
    """
    first = first_edge_s(drive)
    looks: list[float] = []
    wanted = first
    for start, end in rests(drive):
        at = max(wanted, float(start))
        while first < at < end:
            looks.append(at)
            at = wanted = first + (at - first) * GROWTH
    last = first + (drive.duration_s - first) / GROWTH**0.5
    return np.array([look for look in looks if look < last])


def _curvature_width(solution: Solution, name: str) -> float:
    """Return the relative half width of a positive parameter by the curvature alone; 0 for everything else."""
    names = [parameter.name for parameter in solution.problem.parameters.parameters]
    if name not in names or solution.problem.transform.is_logit[names.index(name)]:
        return 0.0
    k = names.index(name)
    return float(np.expm1(min(Z95 * float(np.sqrt(solution.covariance[k, k])), _MOST_LOGARITHM)))


@dataclass(frozen=True)
class Look:
    """What one look found.

    Attributes
    ----------
    planned_s, t_s : float
        When it was to be, and the time of the last sample that it saw.
    n_samples : int
    half_width : float
        Relative, of the interval, or by the curvature where that is far too wide; infinite if nothing is known yet.
    is_met : bool
        Whether the rule is.
    """

    planned_s: float
    t_s: float
    n_samples: int
    half_width: float
    is_met: bool

    def __str__(self) -> str:
        known = f"known to {100.0 * self.half_width:.3g} %" if np.isfinite(self.half_width) else "not known yet"
        return f"at {format_quantity(self.t_s, 's')}, {self.n_samples:,} samples: {known}"


class Stopping:
    """Follows a run and looks, at the planned times, whether a rule is met.

    Parameters
    ----------
    run : GrowingRecord
        With its commanded edges.
    rule : KnownTo

    Raises
    ------
    FitError
        If the edges are not known.
    """

    def __init__(self, run: GrowingRecord, rule: KnownTo) -> None:
        drive = run.drive
        if drive is None:
            raise FitError(f"{run.path.name}: when to look is planned from the commanded edges, and it has none")
        self.run, self.rule = run, rule
        self._live = LiveFit(run, rule.cell)
        self._planned = planned_looks(drive).tolist()
        self._first_s = first_edge_s(drive)
        self._rests = rests(drive)
        self.looks: list[Look] = []

    @property
    def is_met(self) -> bool:
        """Whether the rule was met at the last look."""
        return bool(self.looks) and self.looks[-1].is_met

    def is_at_rest(self) -> bool:
        """Whether the last sample lies in a rest, or behind all of them."""
        t = float(self.run.t_s[-1])
        return bool(np.any((self._rests[:, 0] <= t) & (t < self._rests[:, 1]))) or t >= float(self._rests[-1, 1])

    def look(self) -> Look | None:
        """Look if it is time; where several looks are due at once, only the last counts.

        Returns
        -------
        Look or None
            None if the next one is not due, or all are over.

        Raises
        ------
        FitError
            If the circuit has no such quantity.
        """
        self.run.refresh()
        if not self._planned or self.run.n_samples == 0 or float(self.run.t_s[-1]) < self._planned[0]:
            return None
        t = float(self.run.t_s[-1])
        while self._planned and self._planned[0] <= t:
            planned = self._planned.pop(0)
        n_samples = self.run.n_samples
        half_width = self._half_width()
        if np.isfinite(half_width):
            enough = self._first_s + (t - self._first_s) * np.sqrt(half_width / self.rule.precision)
            self._planned = [look for look in self._planned if look >= enough]
        self.looks.append(Look(planned, t, n_samples, half_width, half_width <= self.rule.precision))
        return self.looks[-1]

    def _half_width(self) -> float:
        if not self._live.take_in():
            return float("inf")
        # From all starts: a fit that was only followed over a few looks may stay in a wrong valley.
        solution = solve_single(self._live.reduction(), self._live.model)
        far = _curvature_width(solution, self.rule.name)
        if far > _FAR * self.rule.precision:
            return far
        found = next((one for one in solution.estimates if one.name == self.rule.name), None)
        try:
            return self.rule.half_width(found or fit_result(solution)[self.rule.name])
        except KeyError as error:
            raise FitError(f"{self.rule}: {error.args[0]}") from None
