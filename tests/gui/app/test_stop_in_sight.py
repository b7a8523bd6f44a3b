"""Stop on the screen, whatever names, reasons and messages are as long as."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from daq import OutputState, Phase, RunStatus
from gui.app import transitions
from gui.common.instrument import Instrument
from gui.common.run_facts import RunFacts
from gui.common.theme import Theme, set_theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gui.window_operator import Operator

PATH = Path("runs/pulse.nxs")
common_widths = pytest.mark.skipif(sys.platform == "win32", reason="Wine has none of the fonts of Windows")
WORDS = "pump-probe " * 30  # 330 letters
WORD = "x" * 300
NOW = datetime.now().astimezone()
PROTOCOL = """name = "{name}"
notes = "{notes}"
[sequence]
kind = "pulse"
level = "20 mV"
width = "10 ms"
after = "50 ms"
[sampling]
interval = "10 us"
[limits]
voltage = "1 V"
current = "1 mA"
"""


def follow_run(operator: Operator, name: str) -> None:
    """Follow a run of another program on an instrument with a long name too."""
    operator.window.store.apply(transitions.run_found, PATH, NOW)
    follower = operator.window.commands.runs.follower
    follower.opened.emit(RunFacts(PATH, name, f"MODEL 2461 {name}", 1.0, 1000, np.empty(0), np.empty(0)))
    follower.progressed.emit(RunStatus(Phase.RUNNING, 250, 1000, OutputState.ON))
    operator.wait(lambda: operator.text("headline") == "Running")


@pytest.fixture
def at_window(operator: Operator) -> Iterator[Operator]:
    yield operator
    operator.window.commands.leave_run()


def settle(operator: Operator, width: int, height: int) -> None:
    operator.window.resize(width, height)
    for _ in range(5):
        QApplication.processEvents()


def assert_stop_can_be_hit(operator: Operator, width: int, height: int) -> None:
    """Whether Stop, all of it, is what a click there hits, on a screen of this size."""
    settle(operator, width, height)
    window = operator.window
    assert (window.width(), window.height()) == (width, height), "the window has not grown beyond the screen"
    stop = operator.button("stopButton")
    place = QRect(stop.mapTo(window, QPoint(0, 0)), stop.size())
    assert QRect(0, 0, width, height).contains(place)
    assert place.width() >= 136
    assert place.height() >= 40
    for corner in (place.topLeft(), place.bottomRight(), place.center()):
        inside = corner + QPoint(4, 4) if corner == place.topLeft() else corner - QPoint(4, 4)
        assert window.childAt(inside) is stop


SCREENS = [(1400, 860), (1280, 700), (1024, 700)]


@pytest.mark.parametrize("name", [WORDS, WORD], ids=["words", "one word"])
def test_a_name_of_300_letters_keeps_stop_on_the_screen(at_window: Operator, name: str) -> None:
    follow_run(at_window, name)
    for width, height in SCREENS:
        assert_stop_can_be_hit(at_window, width, height)
        assert at_window.text("detail").startswith("MODEL 2461")
        assert "250 ms of 1 s" in at_window.text("detail")


@common_widths
def test_on_1400_pixels_instrument_and_progress_of_a_long_name_are_all_shown(at_window: Operator) -> None:
    at_window.window.store.apply(transitions.run_found, PATH, NOW)
    follower = at_window.window.commands.runs.follower
    follower.opened.emit(RunFacts(PATH, WORDS, "MODEL 2461 04089762", 1.0, 1000, np.empty(0), np.empty(0)))
    follower.progressed.emit(RunStatus(Phase.RUNNING, 250, 1000, OutputState.ON))
    at_window.wait(lambda: "MODEL 2461 04089762 · 250 ms of 1 s" in at_window.text("detail"))
    assert_stop_can_be_hit(at_window, 1400, 860)
    detail = at_window.window.findChild(QLabel, "detail")
    assert detail is not None
    assert detail.fontMetrics().horizontalAdvance(detail.text()) <= detail.width(), "all of it is shown"


@pytest.mark.parametrize("name", [WORDS, WORD], ids=["words", "one word"])
def test_alarms_and_messages_with_long_reasons_keep_stop_and_the_warning_on_the_screen(
    at_window: Operator, name: str
) -> None:
    follow_run(at_window, name)
    reasons = {Path(f"runs/{number}.nxs"): f"{number}.nxs: {name}" for number in range(100)}
    at_window.window.commands.recall_alarms(reasons)
    for number in range(100):
        at_window.window.commands.message.emit(f"{number}: {name}")
    at_window.wait(lambda: at_window.is_visible("unknownOutput") and at_window.is_visible("messages"))
    for width, height in SCREENS:
        assert_stop_can_be_hit(at_window, width, height)
        for shown in ("warning", "outputBadge"):
            label = at_window.window.findChild(QLabel, shown)
            assert label is not None
            assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width(), f"{shown} is cut"
        acknowledge = at_window.window.findChild(QPushButton, "acknowledgeButton")
        assert acknowledge is not None
        assert acknowledge.mapTo(at_window.window, acknowledge.rect().bottomRight()).x() < width


def test_a_protocol_with_long_name_and_notes_keeps_stop_on_the_screen(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / f"{'n' * 200}.toml"
    file.write_text(PROTOCOL.format(name=WORD[:250], notes=WORD))
    operator.protocols.open_file(file)
    operator.wait(lambda: operator.text("planTitle") not in {"Choose a protocol", "Planning …"})
    assert_stop_can_be_hit(operator, 1400, 860)


def test_a_protocol_with_a_hundred_problems_keeps_stop_on_the_screen(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("\n".join(f"wrong_{number} = 1" for number in range(100)))
    operator.protocols.open_file(file)
    operator.wait(lambda: bool(operator.text("planFault")))
    assert_stop_can_be_hit(operator, 1400, 860)
    assert_stop_can_be_hit(operator, 1280, 700)


@common_widths
def test_an_instrument_with_a_long_name_leaves_the_buttons_of_its_panel_in_place(operator: Operator) -> None:
    state = operator.window.store.state
    connection = state.connection
    instrument = Instrument("TCPIP::10.0.0.7::5025::SOCKET", WORD, WORD, WORD, "1", "keithley2461")
    store = operator.window.store
    store.apply(transitions.connecting, instrument.resource)
    store.apply(transitions.connected, instrument.resource, instrument, NOW)
    assert store.state.connection != connection
    settle(operator, 1280, 700)
    for name in ("connectButton", "simulateButton", "simulatedButton", "foundButton"):
        button = operator.button(name)
        right = button.mapTo(operator.window, button.rect().topRight()).x()
        assert right < 284, name


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
def test_what_matters_in_the_header_is_painted_with_contrast(at_window: Operator, theme: Theme) -> None:
    """Texts of the badge and of the warning have 4.5:1 to what they stand on (WCAG 2.2, 1.4.3)."""
    try:
        set_theme(theme)
        follow_run(at_window, WORDS)
        settle(at_window, 1400, 860)
        assert contrast_of(at_window, "outputBadge") >= 4.5
        at_window.window.commands.recall_alarms({PATH: "no answer"})
        at_window.wait(lambda: at_window.is_visible("warning"))
        settle(at_window, 1400, 860)
        for name in ("outputBadge", "warning", "unknownOutputReason"):
            assert contrast_of(at_window, name) >= 4.5, name
    finally:
        set_theme(Theme.SYSTEM)


def contrast_of(operator: Operator, name: str) -> float:
    """Contrast ratio between the lightest and the darkest pixel of a label."""
    label = operator.window.findChild(QLabel, name)
    assert label is not None
    corner = label.mapTo(operator.window, QPoint(0, 0))
    image = operator.window.grab(QRect(corner, label.size())).toImage()
    inner = [
        luminance(image.pixelColor(x, y)) for x in range(4, image.width() - 4) for y in range(4, image.height() - 4)
    ]
    return (max(inner) + 0.05) / (min(inner) + 0.05)


def luminance(colour: QColor) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_click_at_the_place_of_stop_stops(at_window: Operator) -> None:
    follow_run(at_window, WORDS)
    settle(at_window, 1400, 860)
    stop = at_window.button("stopButton")
    window = at_window.window.windowHandle()
    place = stop.mapTo(at_window.window, stop.rect().center())
    QTest.mouseClick(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    at_window.wait(lambda: at_window.text("headline") == "Stopping …")
