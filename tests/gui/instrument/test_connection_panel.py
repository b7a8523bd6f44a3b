"""Instruments that are chosen instead of typed, and any of the simulated ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from drivers import remember
from gui.common.instrument import SIMULATED_KINDS, USUAL_KIND
from gui.services.child_process import JsonChild
from sim_instruments import CATALOGUE
from tests.drivers.peers import dropper, plugins_installed_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator

_PATIENCE_MS = 30_000


@pytest.fixture
def lab(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Somebody at a window with an empty address book and one driver of another package."""
    monkeypatch.setenv("IONECHO_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", plugins_installed_in(tmp_path / "site"))
    return operator


def menu_of(lab: Operator, name: str) -> QMenu:
    return lab.button(name).menu()


def entry(menu: QMenu, text: str) -> QAction:
    (found,) = [action for action in menu.actions() if text in action.text()]
    return found


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


def test_an_instrument_with_a_driver_of_another_package_is_chosen_from_the_menu(lab: Operator) -> None:
    with dropper() as resource:
        remember("bench-supply", resource)
        menu = menu_of(lab, "foundButton")
        menu.aboutToShow.emit()
        lab.wait(lambda: "bench-supply" in texts(menu)[0])
        assert "Looking for more …" in texts(menu), "the address book is there before anything answers"
        assert not entry(menu, "Look again").isEnabled()
        lab.wait(lambda: "DROPPER" in texts(menu)[0], _PATIENCE_MS)
        entry(menu, "bench-supply").trigger()
        lab.wait(lambda: lab.window.store.state.connection.instrument is not None, _PATIENCE_MS)
    instrument = lab.window.store.state.connection.instrument
    assert instrument is not None
    assert (instrument.driver, instrument.model) == ("dropper", "DROPPER")
    assert lab.connection.address.text() == "bench-supply"


def test_what_is_silent_is_shown_and_cannot_be_chosen(lab: Operator) -> None:
    remember("gone", "TCPIP::127.0.0.1::1::SOCKET")
    menu = menu_of(lab, "foundButton")
    menu.aboutToShow.emit()
    lab.wait(lambda: "silent" in texts(menu)[0], _PATIENCE_MS)
    assert not menu.actions()[0].isEnabled()
    assert "nothing listens" in menu.actions()[0].toolTip()
    assert entry(menu, "Look again").isEnabled()


def test_where_nobody_could_look_is_told_below_what_was_found(lab: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JsonChild, "start", lambda *_: None)
    menu = menu_of(lab, "foundButton")
    menu.aboutToShow.emit()
    lab.wait(lambda: "Looking for more …" in texts(menu))
    (search,) = lab.window.commands.instruments.findChildren(JsonChild)
    problems = ["serial ports cannot be listed: function not found", "the network cannot be searched: no R&D network"]
    search.documented.emit({"instruments": [], "drivers": [], "not_searched": problems})
    shown = [text.replace("&&", "&") for text in texts(menu)]
    assert shown[:3] == ["Nobody answered; raw sockets must be named", *problems]
    assert not any(action.isEnabled() for action in menu.actions()[:3])


def test_several_simulated_instruments_are_served_side_by_side(lab: Operator) -> None:
    menu = menu_of(lab, "simulatedButton")
    resources: dict[str, str] = {}
    for text in ("2450", "B2912A", "2450"):
        entry(menu, text).trigger()
        assert lab.window.store.state.connection.is_busy
        assert not lab.button("connectButton").isEnabled()
        lab.wait(lambda: lab.window.store.state.connection.instrument is not None, _PATIENCE_MS)
        connection = lab.window.store.state.connection
        assert connection.instrument is not None
        assert text in connection.instrument.model
        assert connection.is_simulated
        assert "Simulated, serial" in lab.text("instrumentDetail")
        assert resources.setdefault(text, connection.instrument.resource) == connection.instrument.resource
    assert len(set(resources.values())) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that ends another process unseen")
def test_a_simulated_instrument_that_ends_by_itself_is_no_longer_connected(lab: Operator) -> None:
    import psutil

    lab.connect_simulated()
    # Of a child that has ended, and that nobody has waited for yet, there is no command line.
    living = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    for server in (child for child in living if "sim" in child.cmdline()):
        server.kill()
    lab.wait(lambda: lab.text("instrumentName") == "Not connected", _PATIENCE_MS)
    assert "The simulated instrument was killed" in lab.text("messageText")
    assert lab.button("simulateButton").isEnabled()
    assert lab.window.store.state.simulators == ()


def test_what_the_menu_offers_can_be_simulated() -> None:
    assert set(SIMULATED_KINDS) <= set(CATALOGUE)
    assert USUAL_KIND in SIMULATED_KINDS
