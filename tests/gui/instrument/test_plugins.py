"""A window among drivers of other packages that raise, end the interpreter or print: it connects all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.drivers.peers import dropper, instrument
from tests.drivers.plugin_packages import WRONG_BEFORE, installed

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.gui.window_operator import Operator

_PATIENCE_MS = 60_000


def test_the_window_connects_beside_drivers_that_misbehave(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = installed(tmp_path / "site", WRONG_BEFORE, dropper=True)
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    with dropper() as resource:
        operator.connect(resource)
    connected = operator.window.store.state.connection.instrument
    assert connected is not None
    assert (connected.driver, connected.model) == ("dropper", "DROPPER")


def test_an_instrument_whose_driver_is_left_out_says_why(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = {"licensed": WRONG_BEFORE["a-import-raises"]}
    monkeypatch.setenv("PYTHONPATH", installed(tmp_path / "site", sources, dropper=False)["PYTHONPATH"])
    monkeypatch.setattr("tests.gui.window_operator.SIMULATOR_STARTS_MS", _PATIENCE_MS)
    silent: list[str] = []
    operator.window.commands.instruments.silent.connect(lambda _, why: silent.append(why))
    with instrument(lambda *_: None) as resource:
        operator.window.commands.instruments.ask(resource)
        operator.wait(lambda: bool(silent), _PATIENCE_MS)
    assert "no driver for it" in silent[0]
    assert "no licence" in silent[0]
    assert "plugin_licensed" in silent[0]
