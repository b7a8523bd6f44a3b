"""Forms for what is known of a record, of its sample, and of several runs together, beside what the files say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import button, label
from gui.fit.fit_wish import RecordSettings, SampleSettings, Together

if TYPE_CHECKING:
    from collections.abc import Sequence


def _entry(name: str, title: str, hint: str, tip: str = "") -> QLineEdit:
    made = QLineEdit()
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setPlaceholderText(hint)
    made.setToolTip(tip)
    made.setAccessibleDescription(tip or hint)
    return made


def _choice(name: str, title: str, words: Sequence[str], hint: str, tip: str) -> QComboBox:
    made = QComboBox()
    made.setObjectName(name)
    made.setEditable(True)
    made.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    made.addItems(["", *words])
    made.setCurrentText("")
    made.setAccessibleName(title)
    made.setAccessibleDescription(tip)
    made.setToolTip(tip)
    line = made.lineEdit()
    if line is not None:
        line.setPlaceholderText(hint)
        line.setAccessibleName(title)
    made.setMinimumContentsLength(8)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return made


def _form(parent: QWidget) -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setSpacing(6)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    column = QVBoxLayout(parent)
    column.setContentsMargins(0, 0, 0, 0)
    column.addLayout(form)
    return form


def _word_boxes() -> dict[str, QComboBox]:
    """Return the boxes that take a word, or a text with a unit, by what they say."""
    as_record = tr("as the record says")
    return {
        "edges": _choice(
            "edgesBox",
            tr("Edges"),
            ("step", "sample", "ramp"),
            as_record,
            tr(
                "Of a voltage that was only sampled: it jumped between two samples (step), right after one"
                " (sample), or went straight (ramp); or a text file of times"
            ),
        ),
        "before": _choice(
            "beforeBox",
            tr("History"),
            ("rest", "unknown"),
            as_record,
            tr("Before the first sample: at rest, at a level such as 0 V, or unknown"),
        ),
        "delay": _choice(
            "delayBox",
            tr("Delay"),
            ("fit",),
            tr("none"),
            tr("How late the current was sampled, e.g. 0.3 ms; fit finds it"),
        ),
        "clock": _choice(
            "clockBox",
            tr("Clock"),
            ("fit",),
            tr("exact"),
            tr("How much faster the samples' clock runs than the drive's, e.g. 100 ppm; fit finds it"),
        ),
        "mains": _choice("mainsBox", tr("Mains"), ("50", "60"), tr("none"), tr("Take the mains out, in hertz")),
        "control": _choice(
            "controlBox", tr("Controlled"), ("voltage", "current"), as_record, tr("What the instrument controlled")
        ),
    }


class RecordForm(QWidget):
    """What a record does not say of itself: edges, history, delay, drift."""

    keep_wanted = Signal()
    """Keep edges, history and sample with the run, for every fit from now on."""

    def __init__(self) -> None:
        super().__init__()
        self._words = _word_boxes()
        self._entries = {
            "aperture": _entry(
                "apertureEdit", tr("Aperture"), tr("a point"), tr("How long a sample averages, e.g. 0.5 ms")
            ),
            "protocol": _entry(
                "commandedEdit", tr("Protocol"), tr("its own"), tr("Protocol file whose edges the record has")
            ),
            "sweep": _entry("sweepEdit", tr("Sweep"), tr("the only one"), tr("Which one of a text with several")),
        }
        self._flags = {
            "drift": QCheckBox(tr("Take a linear drift out")),
            "smooth": QCheckBox(tr("Take a smooth baseline out")),
            "robust": QCheckBox(tr("Samples far off count less")),
        }
        form = _form(self)
        for name, box in self._words.items():
            form.addRow(box.accessibleName(), box)
            if name == "delay":
                form.addRow(self._entries["aperture"].accessibleName(), self._entries["aperture"])
        for name in ("protocol", "sweep"):
            form.addRow(self._entries[name].accessibleName(), self._entries[name])
        for name, flag in self._flags.items():
            flag.setObjectName(f"{name}Box")
            form.addRow(flag)
        tip = tr("Keep edges, history, control and sample beside the run: every fit uses them from now on")
        form.addRow(button(tr("Keep with the run"), "keepStatements", self.keep_wanted.emit, tip=tip))

    def settings(self) -> RecordSettings:
        """Return what is set."""
        words: dict[str, Any] = {name: box.currentText().strip() for name, box in self._words.items()}
        entries = {name: entry.text().strip() for name, entry in self._entries.items()}
        flags = {name: flag.isChecked() for name, flag in self._flags.items()}
        return RecordSettings(**words | entries | flags)

    def show_settings(self, settings: RecordSettings) -> None:
        """Show settings, such as those that a press on a remedy has changed."""
        for name, box in self._words.items():
            box.setCurrentText(getattr(settings, name))
        for name, entry in self._entries.items():
            entry.setText(getattr(settings, name))
        for name, flag in self._flags.items():
            flag.setChecked(getattr(settings, name))


class SampleForm(QWidget):
    """What is known of the sample: it tells bulk from interfaces."""

    def __init__(self) -> None:
        super().__init__()
        of_run = tr("as the run says")
        self._entries = {
            "thickness": _entry("thicknessEdit", tr("Thickness"), of_run, tr("e.g. 1.2 mm")),
            "area": _entry("areaEdit", tr("Area"), of_run, tr("Of an electrode, e.g. 50 mm^2")),
            "permittivity": _entry("permittivityEdit", tr("Permittivity"), of_run, tr("Relative, e.g. 12")),
            "grain_size": _entry("grainSizeEdit", tr("Grain size"), of_run, tr("e.g. 2 um")),
            "temperature": _entry("temperatureEdit", tr("Temperature"), of_run, tr("In kelvin, e.g. 298")),
            "tracer_diffusion": _entry(
                "tracerEdit",
                tr("Tracer diffusion"),
                tr("not known"),
                tr("e.g. 1e-12 m^2/s: for a referee"),
            ),
            "carrier_density": _entry(
                "carrierEdit", tr("Ions in a volume"), tr("not known"), tr("e.g. 1e22 cm^-3: for a referee's table")
            ),
            "charge_number": _entry("chargeEdit", tr("Charge number"), "1", tr("Of a mobile ion")),
        }
        form = _form(self)
        for entry in self._entries.values():
            form.addRow(entry.accessibleName(), entry)

    def settings(self) -> SampleSettings:
        """Return what is set."""
        return SampleSettings(**{name: entry.text().strip() for name, entry in self._entries.items()})


class TogetherForm(QWidget):
    """What several runs have in common, and how they differ."""

    joint_wanted = Signal()
    diagnosis_wanted = Signal()
    compare_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._entries = {
            "shared": _entry(
                "sharedEdit",
                tr("Shared"),
                tr("all"),
                tr("Parameters or elements with one value for all runs: Mig1 CPE1.n"),
            ),
            "activated": _entry(
                "activatedEdit", tr("Activated"), tr("none"), tr("Parameters with an activation energy: Mig1.tau")
            ),
            "temperatures": _entry(
                "temperaturesEdit", tr("Temperatures"), tr("the samples'"), tr("In kelvin, one a run: 270 285 300")
            ),
            "thicknesses": _entry(
                "thicknessesEdit", tr("Thicknesses"), tr("the samples'"), tr("One a run, with commas: 0.5 mm, 1 mm")
            ),
        }
        form = _form(self)
        form.addRow(label(tr("Of the runs that are opened:"), "faint"))
        for entry in self._entries.values():
            form.addRow(entry.accessibleName(), entry)
        form.addRow(
            button(
                tr("Compare"),
                "compareButton",
                self.compare_wanted.emit,
                tip=tr("Fit each alone: does its memory change with thickness, heat, drive?"),
            ),
        )
        form.addRow(button(tr("Fit together"), "jointButton", self.joint_wanted.emit, tip=tr("One fit of all runs")))
        form.addRow(
            button(
                tr("Diagnose together"),
                "diagnoseTogetherButton",
                self.diagnosis_wanted.emit,
                tip=tr("What is wrong with each run, and which does not share what is shared?"),
            ),
        )

    def settings(self) -> Together:
        """Return what is set."""
        shared, activated, kelvin = (
            tuple(self._entries[name].text().replace(",", " ").split())
            for name in ("shared", "activated", "temperatures")
        )
        thicknesses = tuple(one.strip() for one in self._entries["thicknesses"].text().split(",") if one.strip())
        return Together(shared, activated, kelvin, thicknesses)
