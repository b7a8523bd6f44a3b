"""Description of a run in its file: all that HDF5 knows beside the samples."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from daq.files.nexus_groups import read_accuracy, read_numbers_of_sample, read_origin
from protocols import PulseSequence, Sample, printable, shortened
from protocols.definitions import MOST_NAME, MOST_REMARK

if TYPE_CHECKING:
    import h5py


def read_description(entry: h5py.Group) -> dict[str, Any]:
    """Return title, start time, origin, protocol, plan, drive, sample, instrument, accuracy and program of a run."""
    plan = entry["plan"]
    return {
        "title": _text(entry["title"]),
        "start_time": _text(entry["start_time"]),
        "protocol": _text(entry["protocol/data"]),
        "plan": json.loads(_text(plan["scalars"])),
        "drive": read_sequence(plan) if "times" in plan else None,
        "sample": _read_sample(entry["sample"]),
        "instrument": {name: _text(value) for name, value in entry["instrument"].items()},
        "accuracy": read_accuracy(entry),
        "origin": read_origin(entry),
        "program": {name: _text(value) for name, value in entry["program"].items()},
    }


def read_sequence(group: h5py.Group) -> PulseSequence:
    """Return the sequence that `daq.files.layout.write_sequence` wrote."""
    return PulseSequence(
        group["times"][()], group["start"][()], group["end"][()], float(group["duration"][()]), float(group["rest"][()])
    )


def _read_sample(group: h5py.Group) -> Sample:
    # Earlier versions took longer names, and any characters.
    name = shortened(printable(_text(group["name"])), MOST_NAME)
    electrodes = shortened(printable(_text(group["electrodes"])), MOST_REMARK)
    return Sample(name, electrodes=electrodes, **read_numbers_of_sample(group))


def _text(dataset: h5py.Dataset) -> str:
    value = dataset[()]
    return value.decode() if isinstance(value, bytes) else str(value)
