"""Errors that stay in sight, in words; nothing starts that cannot."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QLineEdit

from daq import Outcome, OutputState, RunState
from gui.app import transitions
from gui.common.run_facts import RunFacts
from tests.gui.window_operator import SIMULATOR_STARTS_MS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_nobody_at_the_address_is_said_and_stays(operator: Operator) -> None:
    address = f"TCPIP::127.0.0.1::{closed_port()}::SOCKET"
    edit = operator.window.findChild(QLineEdit, "resourceEdit")
    assert edit is not None
    edit.setText(address)
    operator.click("connectButton")
    operator.wait(lambda: operator.is_visible("messages"), SIMULATOR_STARTS_MS)
    assert address in operator.text("messageText")
    assert operator.text("instrumentName") == "Not connected"
    assert not operator.button("runButton").isEnabled()

    operator.choose("Single pulse")
    operator.wait(lambda: operator.text("planTitle") == "Single pulse")
    assert operator.is_visible("messages")
    operator.click("dismissButton")
    assert not operator.is_visible("messages")


def test_every_fault_of_a_broken_protocol_file_is_named_and_nothing_starts(
    operator: Operator, folder: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(
        'name = "Broken"\n[sequence]\nkind = "pump_probe"\nlevel = "20 mA"\nwidth = "1 ms"\nwait = "1 ms"\n'
        'after = "5 ms"\n[sampling]\ninterval = "fast"\n[limits]\nvoltage = "1 V"\ncurrent = "1 mA"\n'
    )
    operator.protocols.open_file(broken)
    operator.wait(lambda: bool(operator.text("planFault")))
    assert operator.text("planTitle") == "broken.toml cannot be run"
    assert "sequence" in operator.text("planFault")
    assert "level" in operator.text("planFault")
    assert "sampling.interval" in operator.text("planFault")
    assert not operator.button("runButton").isEnabled()
    assert not folder.exists()


def test_protocol_over_its_limit_is_refused_with_edge_value_and_limit(operator: Operator, tmp_path: Path) -> None:
    over = tmp_path / "over.toml"
    over.write_text(
        'name = "Over"\n[sequence]\nkind = "pulse"\nlevel = "2 V"\nwidth = "10 ms"\nafter = "50 ms"\n'
        '[sampling]\ninterval = "10 us"\n[limits]\nvoltage = "1 V"\ncurrent = "1 mA"\n'
    )
    operator.protocols.open_file(over)
    operator.wait(lambda: bool(operator.text("planFault")))
    for words in ("edge 1", "2 V", "1 V"):
        assert words in operator.text("planFault")


def test_unknown_output_stays_in_sight_until_it_is_acknowledged(operator: Operator) -> None:
    reason = "Guardian and runner are gone. Press the OUTPUT key of the instrument."
    operator.window.store.apply(transitions.run_ordered)
    operator.window.commands.runs.follower.ended.emit(Outcome.unknown(reason.replace("Guardian", "guardian")))
    operator.wait(lambda: operator.is_visible("unknownOutput"))
    assert operator.text("unknownOutputReason") == reason, "a sentence begins with a capital letter"
    operator.choose("Single pulse")
    operator.window.commands.runs.follower.ended.emit(Outcome(RunState.COMPLETE, OutputState.OFF))
    operator.wait(lambda: operator.text("headline") == "Complete")
    assert operator.is_visible("unknownOutput")
    operator.click("acknowledgeButton")
    assert not operator.is_visible("unknownOutput")


def test_an_output_left_unknown_is_recalled_by_the_next_window_and_forgotten_once_seen(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "run.nxs"
    confirmed: list[object] = []
    monkeypatch.setattr("daq.confirm_off", confirmed.append)
    monkeypatch.setattr("daq.unconfirmed_outputs", lambda _: {path: "run.nxs: no answer to :OUTP?"})
    operator.window.commands.look_for_runs()
    operator.wait(lambda: operator.is_visible("unknownOutput"))
    assert "no answer to :OUTP?" in operator.text("unknownOutputReason")
    operator.click("acknowledgeButton")
    operator.wait(lambda: confirmed == [path])


def test_a_child_that_fails_says_why_and_where(operator: Operator, tmp_path: Path) -> None:
    missing = RunFacts(tmp_path / "missing.nxs", "Gone", "", 1.0, 1, np.empty(0), np.empty(0))
    operator.window.store.apply(transitions.run_found, missing.path, datetime.now().astimezone())
    follower = operator.window.commands.runs.follower
    follower.opened.emit(missing)
    follower.ended.emit(Outcome(RunState.COMPLETE, OutputState.OFF))
    operator.wait(lambda: operator.window.store.state.finished_run is not None)
    operator.wait(operator.button("fitButton").isEnabled)
    operator.click("fitButton")
    operator.wait(lambda: operator.is_visible("fitProblem"), SIMULATOR_STARTS_MS)
    assert "missing.nxs" in operator.text("fitProblem")
    assert "there is no such file" in operator.text("fitProblem")
