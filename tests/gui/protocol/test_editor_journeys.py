"""Journeys through the protocol editor, with the mouse and the keys of an operator, in the real window."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QListWidget,
    QMenu,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from gui.app.editor_state import EditorStage
from gui.app.start import close_unasked
from gui.app.state import PlanStage
from gui.protocol.editor_text import TomlEdit
from gui.protocol.editor_undo import EditedText
from protocols import when_free
from tests.gui.window_operator import Operator, Part

PROJECT = Path(__file__).parents[3]
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


class Editor:
    """Somebody at the protocol editor."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.window = operator.window
        self.window.resize(1280, 800)
        self.window.activateWindow()
        self.window.exchange.dock_wanted.emit("editor")

    def find(self, kind: type[Part], name: str) -> Part:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    @property
    def text(self) -> TomlEdit:
        return self.find(TomlEdit, "editorText")

    @property
    def document(self) -> EditedText:
        found = self.window.findChildren(EditedText)
        return found[0]

    @property
    def tree(self) -> QTreeWidget:
        return self.find(QTreeWidget, "editorTree")

    def line(self, path: str) -> QLineEdit:
        return self.find(QLineEdit, f"field:{path}")

    def wait(self, stage: EditorStage) -> None:
        """Wait until the text is read, and planned if it can be."""
        state = self.window.store
        self.operator.wait(lambda: state.state.editor.stage is stage)
        if stage is EditorStage.RIGHT:
            self.operator.wait(lambda: "Planning" not in self.summary and "Reading" not in self.summary)

    @property
    def summary(self) -> str:
        return self.operator.text("editorSummary")

    def open(self, path: Path) -> None:
        self.window.exchange.protocol_wanted.emit(path)
        self.operator.wait(lambda: self.window.store.state.editor.path == path)
        self.wait_read()

    def wait_read(self) -> None:
        state = self.window.store
        self.operator.wait(lambda: state.state.editor.stage in (EditorStage.RIGHT, EditorStage.WRONG))

    def items(self) -> list[QTreeWidgetItem]:
        found = self.tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)
        return list(found)

    def click_item(self, title: str, nth: int = 0) -> None:
        item = [one for one in self.items() if one.text(0).removeprefix("⚠ ") == title][nth]
        self.tree.scrollToItem(item)
        at = self.tree.visualItemRect(item).center()
        QTest.mouseClick(self.tree.viewport(), LEFT, pos=QPoint(self.tree.columnWidth(0) + 10, at.y()))
        assert self.tree.currentItem() is item

    def drag(self, title: str, nth: int, onto: str, onto_nth: int) -> None:
        """Drag a line of the tree onto the upper half of another one."""
        found = [
            [one for one in self.items() if one.text(0) == name][k] for name, k in ((title, nth), (onto, onto_nth))
        ]
        self.tree.setCurrentItem(found[0])
        at = self.tree.visualItemRect(found[1]).topLeft() + QPoint(20, 3)
        actions, buttons = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton
        drop = QDropEvent(QPointF(at), actions, QMimeData(), buttons, Qt.KeyboardModifier.NoModifier)
        self.tree.dropEvent(drop)
        assert drop.dropAction() is Qt.DropAction.IgnoreAction

    def retype(self, path: str, typed: str) -> None:
        """Click into a field, choose all of it, and type over it."""
        field = self.line(path)
        QTest.mouseClick(field, LEFT)
        QTest.keyClick(field, Qt.Key.Key_A, CTRL)
        QTest.keyClicks(field, typed) if typed else QTest.keyClick(field, Qt.Key.Key_Delete)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        focus = QApplication.focusWidget()
        QTest.keyClick(self.window if focus is None else focus, key, modifier)

    def steps(self) -> list[dict[str, object]]:
        found = tomllib.loads(self.document.text)["sequence"]["steps"]
        assert isinstance(found, list)
        return found


@pytest.fixture
def editor(operator: Operator) -> Iterator[Editor]:
    yield Editor(operator)
    close_unasked(operator.window)


def answer(operator: Operator, box: str, name: str) -> None:
    question = operator.window.findChild(QMessageBox, box)
    assert question is not None, box
    assert not question.isModal()
    pressed = question.findChild(QPushButton, name)
    assert pressed is not None, name
    QTest.mouseClick(pressed, LEFT)


def test_a_typo_stands_at_its_field_and_in_its_line_until_it_is_mended(editor: Editor) -> None:
    operator, window = editor.operator, editor.window
    ready = editor.find(QListWidget, "editorReady")
    (item,) = ready.findItems("Amplitude series", Qt.MatchFlag.MatchExactly)
    QTest.mouseClick(ready.viewport(), LEFT, pos=ready.visualItemRect(item).center())
    operator.click("editorStartButton")
    editor.wait(EditorStage.RIGHT)
    assert operator.text("editorTitle") == "Amplitude series"
    assert "✓" in editor.summary

    editor.click_item("Bipolar pulses", 1)
    editor.retype("sequence.steps[2].width", "5 mss")
    editor.wait(EditorStage.WRONG)
    fault = operator.text("fault:sequence.steps[2].width")
    assert fault.startswith("⚠")
    assert "'mss' is not a unit of s" in fault
    assert operator.is_visible("fault:sequence.steps[2].width")
    (number,) = (k for k, line in enumerate(editor.document.text.splitlines(), 1) if "5 mss" in line)
    assert "mss" in editor.text.fault_at(number)
    assert editor.document.text.splitlines()[number - 1].strip().startswith('{ kind = "bipolar", level = "10 mV"')
    assert operator.text("editorTitle") == "Amplitude series *"
    assert not operator.button("editor.plan").isEnabled()
    assert "faults" in operator.button("editor.plan").toolTip()
    assert "of the last text without any" in operator.text("editorNoWaveform")

    editor.press(Qt.Key.Key_Backspace)  # the focus is still in the field
    editor.wait(EditorStage.RIGHT)
    assert editor.steps()[2]["width"] == "5 ms"
    assert not operator.is_visible("fault:sequence.steps[2].width")
    operator.click("editor.plan")
    operator.wait(lambda: window.store.state.plan.stage is PlanStage.READY)
    source = window.store.state.plan.source
    assert isinstance(source, Path)
    assert source.read_text() == editor.document.text
    assert operator.text("editorTitle").endswith("*")  # a plan is no save


def test_a_click_on_the_fault_of_a_campaign_leads_to_its_line(editor: Editor, tmp_path: Path) -> None:
    operator = editor.operator
    good = (PROJECT / "examples" / "campaigns" / "study.toml").read_text()
    assert '"50 ms"' in good
    path = tmp_path / "study.toml"
    path.write_text(good.replace('"50 ms", "100', '"50 mss", "100'))
    (line,) = (k for k, one in enumerate(path.read_text().splitlines(), 1) if "mss" in one)
    editor.open(path)
    editor.wait(EditorStage.WRONG)
    faults = editor.find(QListWidget, "editorFaults")
    assert faults.count() == 1
    assert f"line {line}" in faults.item(0).text()
    QTest.mouseClick(faults.viewport(), LEFT, pos=faults.visualItemRect(faults.item(0)).center())
    assert editor.text.textCursor().blockNumber() + 1 == line
    field = editor.line("sweep[1].values")
    assert field.hasFocus()
    editor.retype("sweep[1].values", "20 ms, 50 ms, 100 ms")
    editor.wait(EditorStage.RIGHT)
    assert editor.document.text == good  # not a letter more has changed
    points = operator.rows("editorPoints")
    assert len(points) == 4 * 5 * 3
    assert "60 points" in editor.summary
    queued: list[Path] = []
    editor.window.exchange.queue_wanted.connect(queued.append)
    operator.click("editor.queue")
    operator.wait(lambda: bool(queued))
    assert queued[0].read_text() == good
    assert queued[0] != path  # it is not saved yet
    QTest.keyClick(editor.text, Qt.Key.Key_S, CTRL)
    operator.wait(lambda: when_free(path.read_text) == good)
    operator.wait(lambda: operator.text("editorTitle") == "study.toml")


def test_undo_leads_back_over_form_and_text_and_unreadable_text_is_kept(editor: Editor) -> None:
    editor.window.exchange.protocol_wanted.emit("pulse_train")
    editor.wait(EditorStage.RIGHT)
    first = editor.document.text
    editor.click_item("Sequence")
    editor.retype("sequence.level", "33 mV")
    by_form = editor.document.text
    assert tomllib.loads(by_form)["sequence"]["level"] == "33 mV"
    text = editor.text
    text.setFocus()
    text.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(text, "[sample")
    editor.wait(EditorStage.WRONG)
    assert editor.document.text == by_form + "[sample"
    assert not editor.tree.isEnabled()
    assert editor.operator.is_visible("editorWaits")
    assert editor.text.fault_at(by_form.count("\n") + 1)
    QTest.keyClicks(text, "]")
    QTest.keyClick(text, Qt.Key.Key_Return)
    QTest.keyClicks(text, 'name = "')
    QApplication.clipboard().setText("µ🙂")
    QTest.keyClick(text, Qt.Key.Key_V, CTRL)
    QTest.keyClicks(text, '"')
    editor.wait(EditorStage.RIGHT)
    both = editor.document.text
    assert tomllib.loads(both)["sample"] == {"name": "µ🙂"}
    assert editor.tree.isEnabled()
    editor.click_item("Sample")
    assert editor.line("sample.name").text() == "µ🙂"

    texts = [both]
    while editor.document.text != by_form and len(texts) < 12:
        editor.press(Qt.Key.Key_Z, CTRL)
        texts.append(editor.document.text)
        assert text.plain_text() == editor.document.text
    assert 2 < len(texts) < 10  # words, not letters
    editor.press(Qt.Key.Key_Z, CTRL)
    assert editor.document.text == first
    for _ in texts:
        editor.press(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert editor.document.text == both
    assert text.plain_text() == both
    editor.wait(EditorStage.RIGHT)
    assert editor.line("sample.name").text() == "µ🙂"


def test_steps_are_added_moved_copied_and_removed_by_keys_and_dragged(editor: Editor) -> None:
    editor.window.exchange.protocol_wanted.emit("amplitude_series")
    editor.wait(EditorStage.RIGHT)
    before = editor.steps()
    editor.click_item("Hold")
    editor.press(Qt.Key.Key_D, CTRL)
    assert editor.steps() == [before[0], *before]
    editor.press(Qt.Key.Key_Down, ALT)
    assert editor.steps() == [before[0], before[1], before[0], *before[2:]]
    editor.drag("Hold", 1, "Bipolar pulses", 2)
    assert editor.steps() == [before[0], before[1], before[2], before[0], *before[3:]]
    editor.drag("Hold", 1, "Bipolar pulses", 1)
    assert editor.steps() == [before[0], before[1], before[0], *before[2:]]
    editor.press(Qt.Key.Key_Insert)
    menu = editor.find(QMenu, "editorAddMenu")
    assert menu.isVisible()
    for _ in range(2):  # the second kind
        QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert [step["kind"] for step in editor.steps()[2:4]] == ["hold", "ramp"]
    editor.wait(EditorStage.RIGHT)
    kind = editor.find(QComboBox, "field:sequence.steps[3].kind")
    kind.setFocus()
    QTest.keyClick(kind, Qt.Key.Key_Up)
    assert editor.steps()[3]["kind"] == "hold"
    for _ in range(2):  # a screen without a window manager gives the focus back to nobody after a menu
        QTest.keyClick(editor.tree, Qt.Key.Key_Delete)
    assert editor.steps() == before
    editor.wait(EditorStage.RIGHT)


def test_limits_that_the_levels_cross_are_said_with_their_line(editor: Editor) -> None:
    editor.window.exchange.protocol_wanted.emit("amplitude_series")
    editor.wait(EditorStage.RIGHT)
    editor.click_item("Limits")
    editor.retype("limits.voltage", "30 mV")
    editor.wait(EditorStage.RIGHT)
    faults = editor.find(QListWidget, "editorFaults")
    editor.operator.wait(lambda: faults.count() == 1)
    assert "40 mV: over the voltage limit of 30 mV" in faults.item(0).text()
    assert "cannot do it" in editor.summary
    QTest.keyClick(editor.text, Qt.Key.Key_F8)
    assert editor.line("limits.voltage").hasFocus()
    editor.retype("limits.voltage", "50 mV")
    editor.wait(EditorStage.RIGHT)
    editor.operator.wait(lambda: "✓" in editor.summary)
    assert not faults.isVisible()


def test_a_field_is_swept_and_one_of_the_points_is_planned(editor: Editor) -> None:
    operator, window = editor.operator, editor.window
    window.exchange.protocol_wanted.emit("single_pulse")
    editor.wait(EditorStage.RIGHT)
    editor.click_item("Sequence")
    QTest.mouseClick(editor.line("sequence.width"), LEFT)
    operator.click("editorAdd")
    (sweep,) = (one for one in editor.find(QMenu, "editorAddMenu").actions() if one.text() == "Sweep")
    sweep.trigger()
    editor.find(QMenu, "editorAddMenu").close()
    editor.retype("sweep[0].values", "20 ms, 30 ms, 50 ms")
    editor.wait(EditorStage.RIGHT)
    assert tomllib.loads(editor.document.text)["sweep"] == [
        {"field": "sequence.width", "values": ["20 ms", "30 ms", "50 ms"]}
    ]
    points = editor.find(QTableWidget, "editorPoints")
    assert [row[1] for row in operator.rows("editorPoints")] == ["width 20 ms", "width 30 ms", "width 50 ms"]
    points.setCurrentCell(1, 0)
    operator.click("editor.plan")
    operator.wait(lambda: window.store.state.plan.stage is PlanStage.READY)
    view = window.store.state.plan.view
    assert view is not None
    assert view.protocol.duration_s == pytest.approx(0.05 + 0.03 + 1.0)  # before, the second width, after


def test_nothing_unsaved_is_lost_without_a_question_that_blocks_nobody(editor: Editor, tmp_path: Path) -> None:
    operator, window = editor.operator, editor.window
    path = tmp_path / "mine.toml"
    ready = (PROJECT / "protocols" / "library" / "single_pulse.toml").read_text()
    path.write_text(ready)
    editor.open(path)
    editor.click_item("Sequence")
    editor.retype("sequence.level", "7 mV")
    editor.wait(EditorStage.RIGHT)

    window.exchange.protocol_wanted.emit("pulse_train")  # another document
    assert tomllib.loads(editor.document.text)["sequence"]["level"] == "7 mV"
    assert operator.button("stopButton").isEnabled()
    QTest.mouseClick(operator.button("stopButton"), LEFT)  # answered while the question stands
    assert "nothing to stop" in window.store.state.note
    box = window.findChild(QMessageBox, "editorDropQuestion")
    assert box is not None
    box.reject()

    path.write_text(ready + "# another program\n")  # somebody else saves meanwhile
    QTest.keyClick(editor.text, Qt.Key.Key_S, CTRL)
    operator.wait(lambda: window.findChild(QMessageBox, "editorDiskQuestion") is not None)
    assert path.read_text().endswith("# another program\n")
    answer(operator, "editorDiskQuestion", "replaceFile")
    operator.wait(lambda: "7 mV" in when_free(path.read_text))
    operator.wait(lambda: operator.text("editorTitle") == "mine.toml")

    path.write_text(path.read_text() + "# once more\n")
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowActivate))
    operator.wait(lambda: operator.is_visible("editorDisk"))
    mine = editor.document.text
    operator.click("editorLoad")
    operator.wait(lambda: editor.document.text.endswith("# once more\n"))
    assert not operator.is_visible("editorDisk")
    QTest.keyClick(editor.text, Qt.Key.Key_Z, CTRL)
    assert editor.document.text == mine

    editor.retype("sequence.level", "8 mV")
    window.close()
    assert window.isVisible()
    answer(operator, "editorDropQuestion", "saveChanges")
    operator.wait(lambda: not window.isVisible())
    assert "8 mV" in path.read_text()


def test_every_part_of_the_editor_has_a_name_for_a_screen_reader(editor: Editor) -> None:
    editor.window.exchange.protocol_wanted.emit("pump_probe")
    editor.wait(EditorStage.RIGHT)
    page = editor.find(QWidget, "editorPage")
    nameless = [
        one.objectName() or type(one).__name__
        for one in page.findChildren(QWidget)
        if one.isVisible()
        and one.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not one.accessibleName()
        and not (isinstance(one, QAbstractButton) and one.text())
        and one.objectName() not in ("", "qt_tabwidget_tabbar")
    ]
    assert nameless == []
