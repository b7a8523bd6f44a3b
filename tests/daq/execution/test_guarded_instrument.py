"""The guardian's own session: an instrument that does not answer is told in time, with what to do."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from daq.execution.guarded_instrument import GuardedInstrument
from protocols import ConnectionLost


def test_an_instrument_that_takes_too_long_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answered = threading.Event()
    monkeypatch.setattr("daq.execution.guarded_instrument.settle_instrument", lambda *_: answered.wait())
    monkeypatch.setattr("daq.execution.guarded_instrument.TimeToConnect", lambda: lambda: 0.2)
    turns: list[int] = []
    instrument = GuardedInstrument("TCPIP::127.0.0.1::9::SOCKET", 1.0, lambda: turns.append(1))
    with pytest.raises(ConnectionLost, match=r"still connecting.*does not answer.*address.*ionecho discover"):
        instrument.prepare(tmp_path / "run.nxs")
    assert turns, "the guardian's loop went on"
    answered.set()
    instrument.release()
