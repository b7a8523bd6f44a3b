"""Results of the campaign of kills: the file of its cases, and the table by instrument and link."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.kills.cases import LINKS, Case
from benchmarks.kills.observation import Alarm, Change, Observation
from benchmarks.kills.verdict import false_alarm, is_hit, silence_s, violations, was_driving
from daq.state import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Result:
    """Case, what was seen of it, and the verdict.

    Attributes
    ----------
    case : Case
    seen : Observation
    violations : tuple of str
    """

    case: Case
    seen: Observation
    violations: tuple[str, ...]

    @classmethod
    def of(cls, case: Case, seen: Observation, patience: float) -> Result:
        """Return the result of a case that was played."""
        return cls(case, seen, tuple(violations(case, seen, patience)))

    @classmethod
    def from_document(cls, document: dict[str, Any], patience: float) -> Result:
        """Return the result of a case that was written down, judged anew."""
        case, seen = document["case"], document["seen"]
        hits = tuple((name, action) for name, action in case["hits"])
        return cls.of(
            Case(**(case | {"phase": Phase(case["phase"]), "hits": hits})),
            Observation(
                **(
                    seen
                    | {"changes": [Change(**one) for one in seen["changes"]]}
                    | {"alarms": [Alarm(**one) for one in seen["alarms"]]}
                )
            ),
            patience,
        )

    def to_document(self, seed: int) -> dict[str, Any]:
        """Return plain data: all that is needed to play the case again and to judge it anew."""
        return {
            "number": self.case.number,
            "seed": seed,
            "text": str(self.case),
            "violations": list(self.violations),
            "off_s": self.seen.off_s,
            "silence_s": silence_s(self.case),
            "hit": is_hit(self.case, self.seen),
            "false_alarm": false_alarm(self.case, self.seen),
            "kind": self.case.kind,
            "transport": self.case.transport,
            "by_kill": silence_s(self.case) == 0.0,
            "measured_s": self.measured_s,
            "case": asdict(self.case),
            "seen": asdict(self.seen),
        }

    @property
    def measured_s(self) -> float | None:
        """From the signals to the output off, or from the waking where nobody was awake.

        None if it was off before, or nobody was to switch it off.
        """
        silent_s, off_s = silence_s(self.case), self.seen.off_s
        if silent_s is None or off_s is None or not was_driving(self.seen):
            return None
        asleep_s = silent_s if silent_s == self.case.frozen_s else 0.0
        return off_s - asleep_s if off_s >= asleep_s else None


class ResultFile:
    """File with one case a line, written as each ends, so that a campaign can be broken off and resumed.

    Parameters
    ----------
    path : Path
    seed : int
    """

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._seed = seed

    def add(self, result: Result) -> None:
        """Write a case down."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result.to_document(self._seed)) + "\n")

    def documents(self) -> dict[int, dict[str, Any]]:
        """Return the cases of this seed by their numbers, the last try of each."""
        if not self._path.exists():
            return {}
        lines = [json.loads(line) for line in self._path.read_text("utf-8").splitlines()]
        return {one["number"]: one for one in lines if one["seed"] == self._seed}


def summary(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of a campaign: whole, and by instrument and link."""
    told = sorted(documents, key=lambda one: one["number"])
    rows = []
    for kind, transport in LINKS:
        mine = [one for one in told if (one["kind"], one["transport"]) == (kind, transport)]
        if mine:
            killed = [one["measured_s"] for one in mine if one["measured_s"] is not None and one["by_kill"]]
            frozen = [one["measured_s"] for one in mine if one["measured_s"] is not None and not one["by_kill"]]
            rows.append(
                {
                    "instrument": f"{kind}/{transport}",
                    "cases": len(mine),
                    "violated": sum(bool(one["violations"]) for one in mine),
                    "kill": _times(killed),
                    "freeze": _times(frozen),
                }
            )
    kinds: dict[str, int] = {}
    for one in told:
        for kind in {text.split(":")[0] for text in one["violations"]}:
            kinds[kind] = kinds.get(kind, 0) + 1
    return {
        "cases": len(told),
        "violated": sum(bool(one["violations"]) for one in told),
        "violations": dict(sorted(kinds.items())),
        "false_alarms": sum(one["false_alarm"] for one in told),
        "phase_missed": sum(not one["hit"] for one in told),
        "longest_gap_s": max((one["seen"]["longest_gap_s"] for one in told), default=0.0),
        "instruments": rows,
    }


def _times(seconds: list[float]) -> dict[str, float | int | None]:
    return {
        "n": len(seconds),
        "median_s": round(statistics.median(seconds), 3) if seconds else None,
        "max_s": round(max(seconds), 3) if seconds else None,
    }


def table(found: dict[str, Any]) -> str:
    """Return the summary as text for a terminal."""
    heading = f"{'instrument/link':26} cases bad | kill: n median   max | freeze: n median   max (s)"
    lines = [heading, "-" * len(heading)]
    for row in found["instruments"]:
        kill, freeze = (_row(row[name]) for name in ("kill", "freeze"))
        lines.append(f"{row['instrument']:26} {row['cases']:5} {row['violated']:3} |   {kill} |     {freeze}")
    lines += [
        f"{found['cases']} cases, {found['violated']} with a violation: {found['violations'] or 'none'}",
        f"false alarms {found['false_alarms']}; signals after their phase {found['phase_missed']}; "
        f"longest time between two looks at the truth {1e3 * found['longest_gap_s']:.0f} ms",
    ]
    return "\n".join(lines)


def _row(times: dict[str, Any]) -> str:
    if not times["n"]:
        return f"{0:4}      -     -"
    return f"{times['n']:4} {times['median_s']:6.3f} {times['max_s']:5.2f}"
