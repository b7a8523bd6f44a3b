"""Clopper-Pearson intervals of counts, and the files that campaigns write."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from scipy.special import betaincinv

if TYPE_CHECKING:
    from pathlib import Path


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share; Clopper, Pearson, Biometrika 26, 404 (1934)."""
    tail = 0.5 * (1.0 - level)
    low = float(betaincinv(successes, trials - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, trials - successes, 1.0 - tail)) if successes < trials else 1.0
    return low, high


def share(successes: int, trials: int) -> dict[str, Any]:
    """Return a share with its interval as plain data."""
    low, high = clopper_pearson(successes, trials)
    return {
        "successes": successes,
        "trials": trials,
        "share": successes / trials if trials else None,
        "ci95": [low, high],
    }


class Progress:
    """A line a minute, and the campaign's file, rewritten with it.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._said = self._began = time.monotonic()

    def report(self, done: int, of: int, document: dict[str, Any], line: str) -> None:
        """Write and print, at the end and once a minute."""
        now = time.monotonic()
        if done < of and now - self._said < 60.0:
            return
        self._said = now
        document = {"runs": done, "of": of, "seconds": round(now - self._began, 1), **document}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(document, indent=1))
        print(f"{self.path.stem}: {done} of {of}, {now - self._began:.0f} s: {line}", flush=True)
