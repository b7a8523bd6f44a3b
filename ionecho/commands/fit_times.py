"""When samples were taken and when the voltage jumped, as `ionecho fit` was told of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ionecho.commands.refusals import UsageError
from protocols import parse_quantity

FIT = "fit"
"""What stands in place of a number that is to be found."""
_PPM = "ppm"
_MOST_BYTES = 10_000_000
"""Largest file of times: half a million edges. Ten times as much is no list of edges."""


@dataclass(frozen=True)
class GivenTimes:
    """What the command line says of times.

    Attributes
    ----------
    delay, clock, aperture : str
        With their units, or ``fit`` for the first two; empty if not given.
    edges : str
        A word of `fitting.reduction.nuisance.EDGES`, or a file of times; empty if not given.
    protocol : str
        A protocol file, or the name of a ready one, whose edges the record has; empty if not given.
    """

    delay: str = ""
    clock: str = ""
    aperture: str = ""
    edges: str = ""
    protocol: str = ""

    @property
    def are_given(self) -> bool:
        """Whether anything was said."""
        return bool(self.delay or self.clock or self.aperture or self.protocol or self.edges)

    @property
    def fitted(self) -> tuple[str, ...]:
        """Which of them are to be found."""
        from fitting.reduction.nuisance import CLOCK, DELAY

        return tuple(name for name, text in ((DELAY, self.delay), (CLOCK, self.clock)) if text == FIT)

    def wrong_with(
        self, *, is_attributed: bool, is_robust: bool, has_no_circuit: bool
    ) -> tuple[tuple[bool, str, str], ...]:
        """Return for each combination that cannot be asked for whether it was, what to say of it, and the option.

        Parameters
        ----------
        is_attributed : bool
            Whether one run is fitted to one circuit, and its memory attributed.
        is_robust : bool
        has_no_circuit : bool
            Whether a spectrum is fitted, or several circuits are.
        """
        has_protocol, finds = bool(self.protocol), bool(self.fitted)
        return (
            (
                has_protocol and not is_attributed,
                "the edges of a protocol are for the fit of one run to one circuit",
                "--protocol",
            ),
            (
                has_protocol and self.edges not in {"", "step"},
                "a record has the edges of a protocol or its own",
                "--edges",
            ),
            (
                (has_protocol or finds) and is_robust,
                "times are found by least squares: find them so first, then give their values with --robust",
                "--robust",
            ),
            (
                finds and has_no_circuit,
                "times are found by the fit of one circuit: find them so first, then give their values",
                "--delay",
            ),
        )

    def to_options(self) -> dict[str, Any]:
        """Return what `fitting.StudyOptions` takes.

        Raises
        ------
        UsageError
            If a text is no quantity, a number cannot be meant, or a file of times cannot be read.
        """
        from fitting.reduction.nuisance import EDGES

        options: dict[str, Any] = {"fitted": self.fitted}
        if self.delay and self.delay != FIT:
            options["delay_s"] = _quantity(self.delay, "s", "--delay", f"'0.3 ms', or {FIT}")
        if self.clock and self.clock != FIT:
            options["clock_ppm"] = _ppm(self.clock)
        if self.aperture:
            options["aperture_s"] = _quantity(self.aperture, "s", "--aperture", "'0.5 ms'")
            if options["aperture_s"] < 0.0:
                raise UsageError(f"a sample averages 0 s or more, not {self.aperture!r}", "--aperture")
        if not self.edges or self.edges in EDGES:
            options["edges"] = self.edges
        else:
            options["edge_times_s"] = read_times(Path(self.edges))
        if self.protocol:
            from protocols import Protocol

            options["drive"] = Protocol.load(self.protocol).whole_sequence
        return options


def read_times(path: Path) -> tuple[float, ...]:
    """Return the times (s) of a text file: one a line, in seconds or with a unit; ``#`` begins a comment.

    Raises
    ------
    UsageError
        If there is no such file, or a line is no time.
    """
    from fitting.reduction.nuisance import EDGES

    words = ", ".join(EDGES)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path.name} is larger than any list of edges", "--edges")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"edges of a sampled voltage are {words}, or a text file of times, not {path}", "--edges"
        ) from None
    times = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            times.append(float(text) if text[-1].isdigit() or text[-1] == "." else parse_quantity(text, "s"))
        except ValueError:
            raise UsageError(
                f"{path.name}, line {number}: {text[:40]!r} is no time such as 0.2 or '200 ms'", "--edges"
            ) from None
    if not times or not all(map(math.isfinite, times)):
        raise UsageError(f"{path.name} holds no times of edges", "--edges")
    return tuple(sorted(times))


def _quantity(text: str, unit: str, option: str, example: str) -> float:
    try:
        return parse_quantity(text, unit)
    except ValueError:
        raise UsageError(f"expected a time such as {example}, not {text!r}", option) from None


def _ppm(text: str) -> float:
    number = text.strip().removesuffix(_PPM).strip()
    try:
        return float(number)
    except ValueError:
        raise UsageError(
            f"expected how fast a clock runs, such as '100 {_PPM}', or {FIT}, not {text!r}", "--clock"
        ) from None
