"""Two hundred random events at the real window: nothing breaks, and nothing that it says of the output is untrue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.monkey.play import MonkeyPlay
from sim_instruments.serving.in_process import served_here
from tests.patience import patience

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from PySide6.QtWidgets import QApplication

N_EVENTS = 200


def test_random_events_break_nothing_and_the_output_is_shown_as_it_is(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert qapp is not None
    monkeypatch.chdir(tmp_path)
    with served_here("keithley2461", cell="demo", record_output=True) as instrument:
        seen = MonkeyPlay(tmp_path, instrument, 1, patience(2.0)).play(lambda n: n < N_EVENTS)
        assert not instrument.output.is_on
    assert seen.faults == []
    assert seen.n_events >= N_EVENTS
    assert len(seen.docks) > 5
