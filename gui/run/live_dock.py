"""The run as it comes: its newest figures in large type, and its curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from gui.common.figure_row import FigureRow
from gui.common.language import tr
from gui.common.quantities import Quantity
from gui.common.trace_plot import TracePlot
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.run_facts import RunFacts
    from gui.common.theme import Colours
    from gui.common.trace_lane import Overlay
    from gui.common.traces import Traces

_DASH = "–"
_FIGURES_MS = 100
"""From one look of the figures to the next: nobody reads faster, and labels that change in every frame take a fifth of
it. Doubled, they are seen to lag behind the curves."""


class LiveDock(QWidget):
    """Content of the dock "Measurement".

    Attributes
    ----------
    plot : TracePlot
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("measurementPage")
        empty = tr("No run yet. Connect an instrument, choose a protocol and press Run, or open a saved run.")
        self.plot = TracePlot("livePlots", (Quantity.VOLTAGE, Quantity.CURRENT), empty, follows=True)
        titles = {
            "Voltage": tr("Voltage"),
            "Current": tr("Current"),
            "Temperature": tr("Temperature"),
            "Time": tr("Time"),
            "Samples": tr("Samples"),
        }
        self._figures = FigureRow(titles, "now", _DASH)
        self._newest: Traces | None = None
        self._figures_rest = QTimer(self, singleShot=True, interval=_FIGURES_MS)
        self._figures_rest.timeout.connect(self._show_newest)
        self.hold = QPushButton(tr("Hold"))
        self.hold.setObjectName("holdButton")
        self.hold.setCheckable(True)
        self.hold.setAccessibleName(tr("Hold the plots"))
        self.hold.setToolTip(tr("Leave the plots as they are while the run goes on; the figures go on too"))
        self.hold.setAccessibleDescription(self.hold.toolTip())
        self.hold.toggled.connect(lambda held: None if held else self.plot.ask_again())
        self._lay_out()

    def _lay_out(self) -> None:
        self.plot.bar.add(self.hold)
        self._show_temperature(math.nan)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self._figures)
        rows.addWidget(self.plot, 1)

    @property
    def shown(self) -> Traces | None:
        """Curves that are on the screen."""
        return self.plot.shown

    @property
    def current_plot(self) -> Any:
        """The plot of the current."""
        return self.plot.lane(Quantity.CURRENT).plot

    def clear(self) -> None:
        """Forget the run that was shown."""
        self.plot.clear()
        self.hold.setChecked(False)
        self._newest = None
        self._figures_rest.stop()
        self._figures.clear()
        self._show_temperature(math.nan)

    def set_facts(self, facts: RunFacts) -> None:
        """Make ready for a run."""
        self.plot.set_facts(facts)

    def show_traces(self, traces: Traces) -> None:
        """Draw what has come; held plots are drawn only where another part is looked at."""
        held = self.hold.isChecked() and self.shown is not None and self.shown.view == traces.view
        if not held:
            self.plot.show_traces(traces)
        self._newest = traces
        if not self._figures_rest.isActive():
            self._show_newest()

    def _show_newest(self) -> None:
        """Show the figures of the newest curves, if they are not shown yet; the next ones follow after a while."""
        if self._newest is not None:
            self._show_figures(self._newest)
            self._newest = None
            self._figures_rest.start()

    def show_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Draw saved runs over it."""
        self.plot.show_overlays(overlays)

    def _show_figures(self, traces: Traces) -> None:
        for name, value, unit in (("Voltage", traces.last_V, "V"), ("Current", traces.last_A, "A")):
            text = format_quantity(value, unit) if math.isfinite(value) else tr("overload")
            self._figures.set_figure(name, text if traces.n_samples else _DASH)
        self._figures.set_figure("Time", format_quantity(traces.last_s, "s") if traces.n_samples else _DASH)
        self._figures.set_figure("Samples", f"{traces.n_samples:,}")
        pending = traces.n_samples - traces.n_acknowledged
        title = tr("Samples, {n} unsaved").format(n=f"{pending:,}") if pending > 0 else tr("Samples")
        self._figures.set_title("Samples", title)
        self._show_temperature(traces.last_K)

    def _show_temperature(self, kelvins: float) -> None:
        is_known = math.isfinite(kelvins)
        self._figures.set_figure("Temperature", f"{kelvins:.2f} K" if is_known else _DASH)
        self._figures.set_shown("Temperature", shown=is_known)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self.plot.set_colours(colours)
