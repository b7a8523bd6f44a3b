"""How many examples do the tests of properties try? Half of them in the suite, all of them in CI."""

from __future__ import annotations

import os

_SHARE = float(os.environ.get("IONECHO_EXAMPLES", "0.5"))


def examples(number: int) -> int:
    """Return how many of a number of random examples are tried, by the share of the variable IONECHO_EXAMPLES."""
    return max(1, round(number * _SHARE))
