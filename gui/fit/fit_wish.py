"""Wish for a fit: all that `ionecho fit` can be told, as the operator has set it. Without Qt.

The window composes the options of the command line and starts it: what one can do, the other can.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class FitKind(Enum):
    """What is asked of the runs."""

    CIRCUIT = "fit"
    RANK = "families"
    DIAGNOSE = "diagnosis"
    DIAGNOSE_TOGETHER = "diagnosis of several"
    PROFILE = "profile"
    SPECTRUM = "spectrum of relaxations"
    POSTERIOR = "posterior"
    TABLE = "referee's table"
    JOINT = "joint fit"
    COMPARE = "comparison"


_FLAGS = {
    FitKind.RANK: "--rank",
    FitKind.DIAGNOSE: "--diagnose",
    FitKind.DIAGNOSE_TOGETHER: "--diagnose",
    FitKind.SPECTRUM: "--spectrum",
    FitKind.POSTERIOR: "--posterior",
    FitKind.TABLE: "--table",
    FitKind.COMPARE: "--compare",
}
_JOINT = {FitKind.JOINT, FitKind.DIAGNOSE_TOGETHER}
_OF_SEVERAL = {*_JOINT, FitKind.COMPARE, FitKind.TABLE}
_OF_CARRIERS = {"tracer_diffusion", "carrier_density", "charge_number"}
FAMILIES = ("R0-De1-CPE1", "R0-Cc1-CPE1", "R0-Mig1-CPE1")
"""Circuits that are ranked unless others are given: a bulk with one time, a broadened one, and hops with mismatch."""


@dataclass(frozen=True)
class RecordSettings:
    """What is said of a record and its instrument, as text with units; empty where the record or its notes tell.

    Attributes
    ----------
    edges, before, delay, clock, aperture, protocol, control, mains : str
    sweep : str
        Of an impedance text with several: which one, from 1.
    drift, smooth, robust : bool
        Take a linear drift, or a smooth baseline, out; count samples far off less.
    """

    edges: str = ""
    before: str = ""
    delay: str = ""
    clock: str = ""
    aperture: str = ""
    protocol: str = ""
    control: str = ""
    mains: str = ""
    sweep: str = ""
    drift: bool = False
    smooth: bool = False
    robust: bool = False

    def options(self) -> Iterator[str]:
        """Give the options of the command line."""
        for name in ("edges", "before", "delay", "clock", "aperture", "protocol", "control", "mains"):
            if text := getattr(self, name).strip():
                yield from (f"--{name}", text)
        if self.drift:
            yield "--drift"
        if self.smooth:
            yield from ("--baseline", "smooth")
        if self.robust:
            yield "--robust"


@dataclass(frozen=True)
class SampleSettings:
    """What is said of the sample, as text with units; empty where the run tells.

    Attributes
    ----------
    thickness, area, permittivity, grain_size, temperature : str
    tracer_diffusion, carrier_density, charge_number : str
        Of the mobile ions, for the referee's table.
    """

    thickness: str = ""
    area: str = ""
    permittivity: str = ""
    grain_size: str = ""
    temperature: str = ""
    tracer_diffusion: str = ""
    carrier_density: str = ""
    charge_number: str = ""

    def options(self, *, with_carriers: bool = False) -> Iterator[str]:
        """Give the options of the command line, those of the ions for a referee's table only."""
        for name, text in vars(self).items():
            if text.strip() and (with_carriers or name not in _OF_CARRIERS):
                yield from (f"--{name.replace('_', '-')}", text.strip())


@dataclass(frozen=True)
class Constraint:
    """What is said of one parameter before the fit, as text with a unit; empty for nothing.

    Attributes
    ----------
    name : str
    start, held, bounds : str
        Value that is tried first; value that is known and not fitted; ``LOW..HIGH``, of which one may be missing.
    """

    name: str
    start: str = ""
    held: str = ""
    bounds: str = ""

    def options(self) -> Iterator[str]:
        """Give the options of the command line; a parameter that is held has no start and no bounds."""
        if self.held.strip():
            yield from ("--hold", f"{self.name}={self.held.strip()}")
            return
        if self.start.strip():
            yield from ("--start", f"{self.name}={self.start.strip()}")
        if self.bounds.strip():
            yield from ("--bound", f"{self.name}={self.bounds.strip()}")


@dataclass(frozen=True)
class Together:
    """What several runs have in common.

    Attributes
    ----------
    shared, activated : tuple of str
        Names of parameters, or elements.
    temperatures, thicknesses : tuple of str
        One a run, or none: then the samples tell.
    """

    shared: tuple[str, ...] = ()
    activated: tuple[str, ...] = ()
    temperatures: tuple[str, ...] = ()
    thicknesses: tuple[str, ...] = ()


@dataclass(frozen=True)
class FitWish:
    """A fit that is asked for.

    Attributes
    ----------
    circuit : str
    kind : FitKind
    families : tuple of str
        Circuits to rank.
    record : RecordSettings
    sample : SampleSettings
    constraints : tuple of Constraint
    together : Together
    profiled : str
        Parameter whose profile is asked for.
    """

    circuit: str = ""
    kind: FitKind = FitKind.CIRCUIT
    families: tuple[str, ...] = FAMILIES
    record: RecordSettings = field(default_factory=RecordSettings)
    sample: SampleSettings = field(default_factory=SampleSettings)
    constraints: tuple[Constraint, ...] = ()
    together: Together = field(default_factory=Together)
    profiled: str = ""

    @property
    def is_of_several(self) -> bool:
        """Whether several runs are asked together."""
        return self.kind in _OF_SEVERAL

    @property
    def title(self) -> str:
        """What the fit is called while it is in progress."""
        titles = {
            FitKind.RANK: tr("several models"),
            FitKind.SPECTRUM: tr("a spectrum of relaxations"),
            FitKind.DIAGNOSE: tr("{circuit}, and diagnosing it"),
            FitKind.DIAGNOSE_TOGETHER: tr("{circuit} to all runs together, and diagnosing each"),
            FitKind.PROFILE: tr("{circuit}, and the profile of {name}"),
            FitKind.COMPARE: tr("{circuit} to each of the runs"),
            FitKind.JOINT: tr("{circuit} to all runs together"),
        }
        return titles.get(self.kind, "{circuit}").format(circuit=self.circuit, name=self.profiled)

    def arguments(self, runs: Sequence[Path]) -> tuple[str, ...]:
        """Return the words of the command line, ``fit`` first and ``--json`` last."""
        return ("fit", *(str(one) for one in runs), *self._options(), "--json")

    def _options(self) -> Iterator[str]:
        kind = self.kind
        models = self.families if kind is FitKind.RANK else () if kind is FitKind.SPECTRUM else (self.circuit,)
        for circuit in models:
            yield from ("--model", circuit)
        if kind in _FLAGS:
            yield _FLAGS[kind]
        if kind in _OF_SEVERAL:
            yield from self._options_together()
        if kind not in {*_JOINT, FitKind.COMPARE, FitKind.RANK}:
            yield from self.record.options()
        for one in self.constraints if kind in {FitKind.CIRCUIT, FitKind.PROFILE, FitKind.TABLE} else ():
            # The referee's table searches from its own starts.
            yield from (replace(one, start="") if kind is FitKind.TABLE else one).options()
        if kind is FitKind.PROFILE:
            yield from ("--profile", self.profiled)
        if kind is FitKind.CIRCUIT:
            yield from self.sample.options()
        if kind is FitKind.TABLE:
            together = self.together
            yield from replace(
                self.sample,
                thickness="" if together.thicknesses else self.sample.thickness,
                temperature="" if together.temperatures else self.sample.temperature,
            ).options(with_carriers=True)

    def _options_together(self) -> Iterator[str]:
        together = self.together
        for value in together.temperatures:
            yield from ("--temperature", value)
        for value in together.thicknesses if self.kind not in _JOINT else ():
            yield from ("--thickness", value)
        if self.kind in _JOINT:
            for name in together.shared:
                yield from ("--share", name)
            for name in together.activated:
                yield from ("--activate", name)
            if self.record.sweep.strip():
                yield from ("--sweep", self.record.sweep.strip())

    def of_spectra(self) -> FitWish:
        """Return the wish for texts that hold no record: an impedance is fitted, or diagnosed, as a joint fit is."""
        diagnosed = self.kind in {FitKind.DIAGNOSE, FitKind.DIAGNOSE_TOGETHER}
        return replace(self, kind=FitKind.DIAGNOSE_TOGETHER if diagnosed else FitKind.JOINT)

    def with_option(self, option: str) -> FitWish | None:
        """Return the wish with an option that a diagnosis names; None for advice that is no option.

        Parameters
        ----------
        option : str
            ``--drift``, ``--before unknown``, ``-m R0-C1@Lag1``, ``@Lag1 behind the circuit``.
        """
        words = option.split()
        plain = replace(self, kind=FitKind.CIRCUIT)
        if words[:1] == ["-m"] and len(words) == 2:
            return replace(plain, circuit=words[1])
        if words[:1] == ["@Lag1"]:
            return replace(plain, circuit=self.circuit if "@" in self.circuit else f"{self.circuit}@Lag1")
        settings: dict[str, RecordSettings] = {
            "--drift": replace(self.record, drift=True),
            "--robust": replace(self.record, robust=True),
            "--baseline smooth": replace(self.record, smooth=True),
        }
        for name in ("before", "delay", "clock", "mains"):
            if len(words) == 2 and words[0] == f"--{name}":
                settings[option] = replace(self.record, **{name: words[1]})  # type: ignore[arg-type]
        found = settings.get(" ".join(words))
        return None if found is None else replace(plain, record=found)


def circuits_in(text: str) -> tuple[str, ...]:
    """Return circuits from a list; a comma within brackets is the circuit's own."""
    found, depth, one = [], 0, ""
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter in ", ;" and depth == 0:
            found.append(one)
            one = ""
        else:
            one += letter
    return tuple(circuit for circuit in (*found, one) if circuit) or FAMILIES
