"""Description of a run in its file: all that HDF5 knows beside the samples."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from daq.files.hdf5_values import read_text, read_value
from daq.files.nexus_groups import read_accuracy, read_numbers_of_sample, read_origin
from protocols import PulseSequence, Sample, printable, shortened
from protocols.definitions import MOST_NAME, MOST_REMARK

if TYPE_CHECKING:
    import h5py


def read_description(entry: h5py.Group) -> dict[str, Any]:
    """Return title, start time, origin, protocol, plan, drive, sample, instrument, accuracy and program of a run."""
    plan = entry["plan"]
    return {
        "title": read_text(entry, "title"),
        "start_time": read_text(entry, "start_time"),
        "protocol": read_text(entry, "protocol/data"),
        "plan": json.loads(read_text(plan, "scalars")),
        "drive": read_sequence(plan) if "times" in plan else None,
        "sample": _read_sample(entry["sample"]),
        "instrument": _texts(entry["instrument"]),
        "accuracy": read_accuracy(entry),
        "origin": read_origin(entry),
        "program": _texts(entry["program"]),
    }


def read_sequence(group: h5py.Group) -> PulseSequence:
    """Return the sequence that `daq.files.layout.write_sequence` wrote."""
    times, start, end = (read_value(group, name) for name in ("times", "start", "end"))
    return PulseSequence(times, start, end, float(read_value(group, "duration")), float(read_value(group, "rest")))


def _read_sample(group: h5py.Group) -> Sample:
    # Earlier versions took longer names, and any characters.
    name = shortened(printable(read_text(group, "name")), MOST_NAME)
    electrodes = shortened(printable(read_text(group, "electrodes")), MOST_REMARK)
    return Sample(name, electrodes=electrodes, **read_numbers_of_sample(group))


def _texts(group: h5py.Group) -> dict[str, str]:
    return {name: read_text(group, name) for name in group}
