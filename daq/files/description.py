"""Description of a run in its file: all that HDF5 knows beside the samples.

HDF5 takes 2 ms to find some thirty small datasets. A file also has the same as JSON, made from them when it is made and
sealed with them, which whoever opens the file reads without HDF5 (decision 336).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from daq.files.hdf5_values import read_text, read_value
from daq.files.nexus_groups import read_accuracy, read_numbers_of_sample, read_origin
from daq.files.origin import Origin
from protocols import PulseSequence, Sample, printable, shortened
from protocols.definitions import MOST_NAME, MOST_REMARK

if TYPE_CHECKING:
    import h5py


DESCRIPTION = "entry/description"
"""Where the JSON is in a run file."""
_LONGEST = 1 << 16
"""Longest JSON (bytes): a file with a longer protocol or drive has none, and HDF5 reads arrays of ten thousand edges as
fast as they are parsed. Doubled, files of two thousand edges and more are longer by 100 kB."""


def description_as_json(entry: h5py.Group) -> bytes:
    """Return the description of a run as JSON; empty if that would be long."""
    found = read_description(entry)
    drive: PulseSequence | None = found["drive"]
    if drive is not None and 8 * drive.times_s.size > _LONGEST:
        return b""
    arrays = None if drive is None else [one.tolist() for one in (drive.times_s, drive.start_V, drive.end_V)]
    plain = {
        **found,
        "sample": asdict(found["sample"]),
        "origin": asdict(found["origin"]),
        "drive": None if drive is None or arrays is None else [*arrays, drive.duration_s, drive.rest_V],
    }
    text = json.dumps(plain).encode()
    return text if len(text) <= _LONGEST else b""


def description_of_json(text: bytes) -> dict[str, Any]:
    """Return what `read_description` gives of the same file; what a later version says beside it is left out."""
    found: dict[str, Any] = json.loads(text)
    sample, origin = (
        {name: value for name, value in found[part].items() if name in kind.__dataclass_fields__}
        for part, kind in (("sample", Sample), ("origin", Origin))
    )
    found |= {"sample": Sample(**sample), "origin": Origin(**origin | {"tags": tuple(origin["tags"])})}
    if found["drive"] is not None:
        times, start, end, duration_s, rest_V = found["drive"]
        found["drive"] = PulseSequence(np.array(times), np.array(start), np.array(end), duration_s, rest_V)
    return found


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
