"""Description of a run in its file: all that HDF5 knows beside the samples."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from protocols import PulseSequence, Sample, printable, shortened
from protocols.definitions import MOST_NAME, MOST_REMARK

if TYPE_CHECKING:
    import h5py


def read_description(entry: h5py.Group) -> dict[str, Any]:
    """Return title, start time, protocol, plan, drive, sample, instrument and program of a run."""
    plan = entry["plan"]
    return {
        "title": _text(entry["title"]),
        "start_time": _text(entry["start_time"]),
        "protocol": _text(entry["protocol/data"]),
        "plan": json.loads(_text(plan["scalars"])),
        "drive": read_sequence(plan) if "times" in plan else None,
        "sample": _read_sample(entry["sample"]),
        "instrument": {name: _text(value) for name, value in entry["instrument"].items()},
        "program": {name: _text(value) for name, value in entry["program"].items()},
    }


def read_sequence(group: h5py.Group) -> PulseSequence:
    """Return the sequence that `daq.files.layout.write_sequence` wrote."""
    return PulseSequence(
        group["times"][()], group["start"][()], group["end"][()], float(group["duration"][()]), float(group["rest"][()])
    )


def _read_sample(group: h5py.Group) -> Sample:
    def number(name: str) -> float | None:
        return float(group[name][()]) if name in group else None

    # Earlier versions took longer names, and any characters.
    name = shortened(printable(_text(group["name"])), MOST_NAME)
    electrodes = shortened(printable(_text(group["electrodes"])), MOST_REMARK)
    return Sample(name, number("thickness"), number("area"), electrodes, number("temperature"))


def _text(dataset: h5py.Dataset) -> str:
    value = dataset[()]
    return value.decode() if isinstance(value, bytes) else str(value)
