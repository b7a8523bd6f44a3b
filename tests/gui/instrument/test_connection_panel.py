"""Can an instrument be chosen instead of typed, and any of the simulated ones be had?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton

from drivers import remember
from gui.app.start import application_of_window
from gui.instrument.connection_panel import _SIMULATED, ConnectionPanel, Instrument
from sim_instruments import CATALOGUE
from tests.drivers.peers import dropper, plugins_installed_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

_PATIENCE_MS = 30_000


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionPanel]:
    monkeypatch.setenv("IONECHO_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", plugins_installed_in(tmp_path / "site"))
    application_of_window()
    made = ConnectionPanel(1)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close_children()


def menu_of(panel: ConnectionPanel, name: str) -> QMenu:
    button = panel.findChild(QPushButton, name)
    assert button is not None, name
    return button.menu()


def entry(menu: QMenu, words: str) -> QAction:
    (found,) = [action for action in menu.actions() if words in action.text()]
    return found


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


def test_an_instrument_with_a_driver_of_another_package_is_chosen_from_the_menu(
    qtbot: QtBot, panel: ConnectionPanel
) -> None:
    with dropper() as resource:
        remember("bench-supply", resource)
        menu = menu_of(panel, "foundButton")
        menu.aboutToShow.emit()
        assert "bench-supply" in texts(menu)[0], "the address book is there at once"
        qtbot.waitUntil(lambda: "DROPPER" in texts(menu)[0], timeout=_PATIENCE_MS)
        with qtbot.waitSignal(panel.connected, timeout=_PATIENCE_MS) as answer:
            entry(menu, "bench-supply").trigger()
    (instrument,) = answer.args or [None]
    assert isinstance(instrument, Instrument)
    assert (instrument.driver, instrument.model) == ("dropper", "DROPPER")
    assert panel.address.text() == "bench-supply"


def test_what_is_silent_is_shown_and_cannot_be_chosen(qtbot: QtBot, panel: ConnectionPanel) -> None:
    remember("gone", "TCPIP::127.0.0.1::1::SOCKET")
    menu = menu_of(panel, "foundButton")
    menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: "silent" in texts(menu)[0], timeout=_PATIENCE_MS)
    assert not menu.actions()[0].isEnabled()
    assert "nothing listens" in menu.actions()[0].toolTip()
    assert entry(menu, "Look again").isEnabled()


def test_several_simulated_instruments_are_served_side_by_side(qtbot: QtBot, panel: ConnectionPanel) -> None:
    menu = menu_of(panel, "simulatedButton")
    resources: dict[str, str] = {}
    for words in ("2450", "B2912A", "2450"):
        with qtbot.waitSignal(panel.connected, timeout=_PATIENCE_MS) as answer:
            entry(menu, words).trigger()
        (instrument,) = answer.args or [None]
        assert words in instrument.model
        assert panel.simulates
        assert resources.setdefault(words, instrument.resource) == instrument.resource
    assert len(set(resources.values())) == 2


def test_what_the_menu_offers_can_be_simulated() -> None:
    assert set(_SIMULATED) <= set(CATALOGUE)
