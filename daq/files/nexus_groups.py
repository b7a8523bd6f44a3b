"""Groups of a run file that never change: sample, instrument, accuracy, origin, program, sequence."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import h5py
import numpy as np

from daq.files.hdf5_values import read_text, read_value
from daq.files.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers import Identity, RangeAccuracy
    from protocols import PulseSequence, Sample

DEFINITION, DEFINITION_VERSION = "NXpulse_relaxation", "1.0"
"""Application definition that a run file follows: docs/reference/nxdl/NXpulse_relaxation.nxdl.xml."""
NO_ACCURACY = "no page of a manual with the accuracy of its ranges was at hand"
"""What stands in place of figures that nobody has read."""
_PROGRAMS = ("ionecho", "numpy", "h5py", "pyvisa", "pyvisa-py")
"""Distributions whose versions are kept with every run: whatever touches a sample on its way into the file."""
_OF_SAMPLE = (
    ("thickness", "thickness_m", "m"),
    ("area", "area_m2", "m^2"),
    ("temperature", "temperature_K", "K"),
    ("conductivity", "conductivity_S_m", "S/m"),
    ("permittivity", "permittivity", ""),
    ("grain_size", "grain_size_m", "m"),
)
"""Numbers of a sample: field of the file, attribute of `Sample`, unit."""


def nexus_group(parent: h5py.Group, name: str, nx_class: str) -> h5py.Group:
    """Make a group of a class of NeXus."""
    group = parent.create_group(name)
    group.attrs["NX_class"] = nx_class
    return group


def write_sample(entry: h5py.Group, sample: Sample) -> None:
    """Write the specimen; what is not known of it is left out."""
    group = nexus_group(entry, "sample", "NXsample")
    group["name"] = sample.name
    group["electrodes"] = sample.electrodes
    for name, attribute, unit in _OF_SAMPLE:
        if (value := getattr(sample, attribute)) is not None:
            group[name] = value
            group[name].attrs["units"] = unit


def read_numbers_of_sample(group: h5py.Group) -> dict[str, float]:
    """Return the numbers of a specimen by the attributes of `Sample`; those that a file has not are left out."""
    return {attribute: float(read_value(group, name)) for name, attribute, _ in _OF_SAMPLE if name in group}


def write_instrument(entry: h5py.Group, identity: Identity | None, resource: str) -> None:
    """Write who measured, at which address."""
    group = nexus_group(entry, "instrument", "NXinstrument")
    group["resource"] = resource
    if identity is not None:
        for name, value in asdict(identity).items():
            group[name] = value
        group["name"] = f"{identity.maker} {identity.model}"


def write_accuracy(entry: h5py.Group, ranges: Sequence[RangeAccuracy]) -> None:
    """Write the accuracy of the ranges of an instrument, or that it is not known."""
    group = nexus_group(entry, "accuracy", "NXcollection")
    if not ranges:
        group["note"] = NO_ACCURACY
        return
    for name in ("quantity", "source", "conditions"):
        group.create_dataset(name, data=[getattr(one, name) for one in ranges], dtype=h5py.string_dtype())
    for name in ("full_scale", "gain", "offset"):
        group[name] = np.array([getattr(one, name) for one in ranges], np.float64)
    group["gain"].attrs["description"] = "share of the reading; full_scale and offset are in A or V, as quantity says"


def read_accuracy(entry: h5py.Group) -> list[dict[str, str | float]]:
    """Return the accuracy of the ranges as rows of plain data; none if it is not known, or the file is older."""
    if "accuracy" not in entry or "gain" not in entry["accuracy"]:
        return []
    group = entry["accuracy"]
    columns: dict[str, list[str | float]] = {
        name: list(group[name].asstr()[()]) for name in ("quantity", "source", "conditions")
    }
    columns |= {name: group[name][()].tolist() for name in ("full_scale", "gain", "offset")}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def write_origin(entry: h5py.Group, origin: Origin) -> None:
    """Write who measured, for what, and as which point of which campaign; what is not known is left out."""
    if origin.operator:
        nexus_group(entry, "user", "NXuser")["name"] = origin.operator
    if origin.project:
        entry["project"] = origin.project
    if origin.tags:
        entry.create_dataset("tags", data=list(origin.tags), dtype=h5py.string_dtype())
    if origin.campaign:
        group = nexus_group(entry, "campaign", "NXcollection")
        group["name"] = origin.campaign
        group["point"] = origin.point


def read_origin(entry: h5py.Group) -> Origin:
    """Return what `write_origin` wrote; empty for a file of an earlier version."""

    def text(name: str) -> str:
        return read_text(entry, name) if name in entry else ""

    tags = tuple(entry["tags"].asstr()[()]) if "tags" in entry else ()
    point = int(read_value(entry, "campaign/point")) if "campaign/point" in entry else 0
    return Origin(text("user/name"), text("project"), tags, text("campaign/name"), point)


def write_programs(entry: h5py.Group) -> None:
    """Write the versions of the software."""
    program = nexus_group(entry, "program", "NXcollection")
    for name in _PROGRAMS:
        program[name] = version_of(name)


def write_sequence(group: h5py.Group, sequence: PulseSequence) -> None:
    """Write a sequence as arrays."""
    for name, values in (("times", sequence.times_s), ("start", sequence.start_V), ("end", sequence.end_V)):
        group[name] = values
        group[name].attrs["units"] = "s" if name == "times" else "V"
    group["duration"] = sequence.duration_s
    group["duration"].attrs["units"] = "s"
    group["rest"] = sequence.rest_V
    group["rest"].attrs["units"] = "V"


def version_of(distribution: str) -> str:
    """Return the version of an installed distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
