"""A window that is opened on a folder whose runs are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from daq import open_run
from tests.gui.kept_runs import put_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_run(tmp_path / "runs")
    return tmp_path / "runs"


def test_a_run_that_ended_while_no_window_was_open_is_shown_as_the_last_run(operator: Operator, folder: Path) -> None:
    window = operator.window
    operator.wait(lambda: operator.live_page.shown is not None)
    shown = operator.live_page.shown
    assert shown is not None
    run = open_run(folder / "run.nxs")
    assert np.array_equal(shown.current_A, run.current_A)
    assert "Last run: complete" in operator.text("detail")
    assert "run.nxs" in operator.text("detail")
    assert operator.text("headline") == "Not ready", "the next run is what the headline speaks of"
    assert operator.text("detail").startswith("Connect an instrument.")
    badge = window.findChild(QLabel, "outputBadge")
    assert badge is not None
    assert "UNKNOWN" in badge.text(), "an old file says nothing of the output now"
    assert operator.button("fitButton").isEnabled()


def test_the_next_run_takes_the_place_of_the_last_one(operator: Operator) -> None:
    operator.wait(lambda: operator.live_page.shown is not None)
    operator.connect_simulated()
    operator.run("Single pulse")
    operator.wait(lambda: operator.text("headline") == "Complete", 30_000)
    assert "Last run" not in operator.text("detail")
