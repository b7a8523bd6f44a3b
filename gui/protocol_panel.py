"""What is to be applied? The choice of a protocol, and the page that shows its waveform and plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.plots import add_plot, graphics, paint, pen, set_time_axis
from gui.widgets import button, label, line
from protocols import ProtocolError
from protocols.library import names

if TYPE_CHECKING:
    from gui.plan_view import PlanView
    from gui.theme import Colours

_N_FACTS = 8


class ProtocolPanel(QWidget):
    """The box "Protocol": the ready protocols, and files that have been opened."""

    chosen = Signal(object)
    """Name of a ready protocol (str), or a file (Path)."""

    def __init__(self) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setObjectName("protocolList")
        for name in names():
            self._add(name.replace("_", " ").capitalize() if name != "prbs" else "PRBS", name)
        # Not the current item: a list that is given the focus makes its first item current.
        self.list.itemSelectionChanged.connect(self._changed)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list, 1)
        layout.addWidget(button("Open file …", "openProtocolButton", self._ask_for_file))

    def _add(self, text: str, source: str | Path) -> QListWidgetItem:
        item = QListWidgetItem(text, self.list)
        item.setData(Qt.ItemDataRole.UserRole, source)
        item.setToolTip(str(source))
        return item

    def _changed(self) -> None:
        for item in self.list.selectedItems():
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _ask_for_file(self) -> None:
        dialog = QFileDialog(self, "Open a protocol file", str(Path.cwd()), "Protocols (*.toml)")
        dialog.setObjectName("openProtocolDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.open_file(Path(name)))
        dialog.open()

    def open_file(self, path: Path) -> None:
        """Put a protocol file into the list, and choose it."""
        self.list.setCurrentItem(self._add(path.name, path))


class PlanPage(QWidget):
    """The page "Plan": the voltage as it will be, and everything that one wants to know before pressing Run."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("planPage")
        self._title = label("Choose a protocol", "headline", "planTitle")
        self._notes = label("", "faint", "planNotes")
        self._fault = label("", "fault", "planFault")
        self._changes = label("", "", "planChanges")
        self._facts = [(label("", "faint"), label("", "", f"planFact{row}")) for row in range(_N_FACTS)]
        self._graphics = graphics("planPlot")
        self._plot = add_plot(self._graphics, 0, "Voltage", "V")
        set_time_axis(self._plot, "Time", log=False)
        self._waveform = self._plot.plot()
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        for row, (name, value) in enumerate(self._facts):
            name.setWordWrap(False)
            half = 2 * (row // (_N_FACTS // 2))
            grid.addWidget(name, row % (_N_FACTS // 2), half, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row % (_N_FACTS // 2), half + 1)
        for column, stretch in enumerate((0, 3, 0, 3)):
            grid.setColumnStretch(column, stretch)
        inner = QVBoxLayout()
        inner.setContentsMargins(16, 10, 16, 14)
        inner.setSpacing(8)
        for widget in (self._title, self._notes, self._fault):
            inner.addWidget(widget)
        inner.addWidget(self._graphics, 1)
        inner.addWidget(line())
        inner.addLayout(grid)
        inner.addWidget(self._changes)
        self.setLayout(inner)
        self._show_texts("", "", "")

    def _show_texts(self, notes: str, fault: str, changes: str) -> None:
        for widget, text in ((self._notes, notes), (self._fault, fault), (self._changes, changes)):
            widget.setText(text)
            widget.setVisible(bool(text))

    def show_waiting(self) -> None:
        """Say that a plan is being made."""
        self._title.setText("Planning …")

    def show_plan(self, view: PlanView, *, connected: bool) -> None:
        """Show a plan.

        Parameters
        ----------
        view : PlanView
        connected : bool
            Whether the instrument that it is for is there.
        """
        self._title.setText(view.protocol.name)
        changes = "\n".join(f"• {change}" for change in view.changes)
        model = view.model if connected else f"{view.model} (not connected)"
        head = f"A {model} does it " + ("with these changes:" if changes else "exactly as asked.")
        self._show_texts(view.protocol.notes, "", f"{head}\n{changes}".strip())
        for (name, value), (fact, text) in zip(self._facts, view.facts, strict=True):
            name.setText(fact)
            value.setText(text)
        self._waveform.setData(view.time_s, view.level_V)
        self._plot.autoRange()

    def show_fault(self, source: str, fault: Exception) -> None:
        """Show why a protocol cannot be run.

        Parameters
        ----------
        source : str
            Which protocol.
        fault : Exception
        """
        self._title.setText(f"{source} cannot be run")
        faults = fault.faults if isinstance(fault, ProtocolError) else (fault,)
        words = "\n".join(f"• {one}" for one in faults)
        self._show_texts("Nothing was sent to the instrument.", words, "")
        for name, value in self._facts:
            name.setText("")
            value.setText("")
        self._waveform.setData([], [])

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        paint(self._graphics, (self._plot,), colours)
        self._waveform.setPen(pen(colours.voltage, 1.5))
