"""What stands in a column of the list of runs, and in its tool tip."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gui.browser.columns import cell_tip


@pytest.mark.parametrize(
    ("ends", "tip"),
    [
        ((1.0199, 1.0201), "95 %: 1.0199 … 1.0201 s"),
        ((1.02, 1.02), "95 %: about 1.02 s"),
        ((0.5, None), "95 %: 500 ms … open"),
    ],
)
def test_the_ends_of_an_interval_are_told_apart_or_are_one_number(ends: tuple[float | None, ...], tip: str) -> None:
    figure = {"value": 1.02, "unit": "s", "ci95": list(ends), "determined": True}
    run = cast("Any", SimpleNamespace(values={}, figures={"tau": figure}))
    assert cell_tip(run, "tau") == tip
