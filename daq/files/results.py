"""Results derived from a run, kept in a file beside it that is replaced whole at every change.

The file is sealed (`daq.files.seal`): one that was changed by anything else is refused. A symbolic link at its name is
not followed, and replaced by the next result.
"""

from __future__ import annotations

import json
import math
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import h5py
import numpy as np

from daq.files.durable import open_in_place, read_at, write_atomically
from daq.files.fingerprint import digest_of_file
from daq.files.hdf5_values import read_text, read_value
from daq.files.image import SparseImage
from daq.files.names import results_path
from daq.files.probe import require_readable
from daq.files.run import Run, open_run
from daq.files.seal import SEAL_BYTES, Seal, check_seal, write_seal
from daq.locks import Lock, LockHeldError
from protocols import RunFileError, when_free

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_MOST_PLACES = 700
"""Longest text of the places of results (characters) that a seal of 1024 bytes has room for: some twenty results."""
_PLAIN = frozenset("biufcS")
"""Kinds of arrays whose bytes in a file are their values, by numpy's letters."""
_OTHER_S, _LOOK_S = 60.0, 0.02
"""How long (s) one program waits for another that keeps a result of the same run, and between two looks: a file of
results is written in milliseconds, and the sum of a run of 24 GB before it takes half a minute. Doubled, a program that
hangs is told a minute later."""


@dataclass(frozen=True)
class Process:
    """One result of a run: a kept reduction, a fit.

    Attributes
    ----------
    name : str
    arrays : dict of str to ndarray
    attributes : dict
        Plain data.
    date : str
        When it was derived, ISO 8601.
    """

    name: str
    arrays: dict[str, np.ndarray]
    attributes: dict[str, Any]
    date: str


def write_process(
    run_path: str | Path,
    name: str,
    arrays: Mapping[str, np.ndarray],
    attributes: Mapping[str, Any],
    start_time: str = "",
    *,
    raw_sha256: str = "",
) -> Path:
    """Keep a result of a run; one of the same name is replaced, all others stay.

    The file is written anew and renamed into place, so that a reader finds the old one or the new one, both whole.

    Parameters
    ----------
    run_path : path
        The run file that it was derived from. It is not touched.
    name : str
        E.g. ``fit``.
    arrays : mapping of str to ndarray
    attributes : mapping
        Plain data (JSON).
    start_time : str
        Of the run; its file is opened to read it unless given.
    raw_sha256 : str
        SHA-256 of the run file, worked out just now; it is worked out again unless given.

    Returns
    -------
    Path
        The results file.
    """

    def replace_one(kept: dict[str, Process]) -> None:
        kept[name] = new_process(name, arrays, attributes)

    return change_processes(run_path, replace_one, start_time, raw_sha256=raw_sha256)


def new_process(name: str, arrays: Mapping[str, np.ndarray], attributes: Mapping[str, Any]) -> Process:
    """Return a result that was derived now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Process(name, {key: np.asarray(value) for key, value in arrays.items()}, dict(attributes), now)


def change_processes(
    run_path: str | Path, change: Callable[[dict[str, Process]], None], start_time: str = "", *, raw_sha256: str = ""
) -> Path:
    """Change what is kept of a run, and return the results file.

    It is written anew and renamed into place, so that a reader finds the old one or the new one, both whole. Programs
    that keep results of one run at the same time follow one another: none writes over what another has kept meanwhile.

    Parameters
    ----------
    run_path : path
        The run file. It is not touched.
    change : callable
        Is given the results by their names, and puts in or takes out some.
    start_time : str
        Of the run; its file is opened to read it unless given.
    raw_sha256 : str
        SHA-256 of the run file, worked out just now; it is worked out again unless given.

    Raises
    ------
    RunFileError
        If the results cannot be read or written, or another program does not come to an end with them.
    """
    run_file, target = Path(run_path), results_path(run_path)
    start_time = start_time or open_run(run_file).start_time
    with _alone_with(target):
        is_kept = target.exists() and not target.is_symlink()
        kept = {one.name: one for one in _read(target, start_time)} if is_kept else {}
        change(kept)
        image = SparseImage()
        with h5py.File(image, "w", userblock_size=SEAL_BYTES) as file:
            _write_all(file, run_file, (start_time, raw_sha256 or digest_of_file(run_file)), kept)
            about = _places(file["entry"])
        try:
            with write_atomically(target) as making:
                _save(image, making, about)
        except OSError as error:
            raise RunFileError(f"{target} could not be written: {error}. The run itself is untouched.") from error
    return target


@contextmanager
def _alone_with(target: Path) -> Iterator[None]:
    """Keep other programs from writing a results file; a folder that takes no lock takes no results either."""
    deadline, lock = time.monotonic() + _OTHER_S, None
    while lock is None:
        try:
            lock = Lock(target.with_name(f".{target.name}.lock"), f"process {os.getpid()}")
        except LockHeldError as holder:
            if time.monotonic() > deadline:
                raise RunFileError(f"{target} is being written by {holder}: the run itself is untouched") from None
            time.sleep(_LOOK_S)
        except RunFileError:
            break
    try:
        yield
    finally:
        if lock is not None:
            lock.remove()


def _write_all(file: h5py.File, run_file: Path, raw: tuple[str, str], kept: Mapping[str, Process]) -> None:
    """Write results of a run file, of which `raw` are the time of its start and its SHA-256."""
    file.attrs["default"] = "entry"
    entry = file.create_group("entry")
    entry.attrs["NX_class"] = "NXentry"
    entry["title"] = f"derived from {run_file.name}"
    entry["raw_file"] = run_file.name
    entry["raw_start_time"], entry["raw_sha256"] = raw
    entry["raw_data"] = h5py.ExternalLink(run_file.name, "/entry/data")
    for process in kept.values():
        group = entry.create_group(process.name)
        group.attrs["NX_class"] = "NXprocess"
        group["program"] = "ionecho"
        group["date"] = process.date
        # Of fixed length, so that its place can be told: `read_attributes` reads it without HDF5.
        group["attributes"] = np.bytes_(json.dumps(process.attributes))
        arrays = group.create_group("arrays")
        arrays.attrs["NX_class"] = "NXcollection"
        for name, values in process.arrays.items():
            arrays[name] = values


def _places(entry: h5py.Group) -> dict[str, Any]:
    """Return what the seal is to say: whose results these are, and where the attributes of each are."""
    places = {}
    for name, group in entry.items():
        if isinstance(group, h5py.Group) and name != "raw_data":
            places[name] = _place(group["attributes"])
    about = {"start_time": entry["raw_start_time"].asstr()[()], "attributes": places}
    if len(json.dumps(about)) >= _MOST_PLACES:
        return {}
    if index := _index_of(entry, places):
        entry["index"] = np.bytes_(json.dumps(index))
        about["index"] = _place(entry["index"])
    return about


def _place(text: h5py.Dataset) -> tuple[int, int]:
    """Return offset and length (bytes) of a text of fixed length in its file."""
    return text.id.get_offset(), text.dtype.itemsize


def _index_of(entry: h5py.Group, names: Iterable[str]) -> dict[str, Any]:
    """Return date and arrays of each result, the arrays as offset, type and shape; empty if one is not numbers.

    HDF5 takes a millisecond to find a dozen of them.
    """
    index = {}
    for name in names:
        arrays: dict[str, Any] = {}
        for key, one in entry[name]["arrays"].items():
            offset = one.id.get_offset() if one.size else 0  # an empty one has no place
            if offset is None or one.dtype.kind not in _PLAIN:
                return {}
            arrays[key] = (offset, one.dtype.str, one.shape)
        index[name] = {"date": entry[name]["date"].asstr()[()], "arrays": arrays}
    return index


def _save(image: SparseImage, making: Path, about: dict[str, Any]) -> None:
    descriptor = open_in_place(making, write=True, follow=False)
    try:
        os.ftruncate(descriptor, image.size)
        image.save(descriptor)
        write_seal(descriptor, "results", about, [])
    finally:
        os.close(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, Seal | None]]:
    """Yield a results file and its seal, once that is checked; one of an earlier version once a child could read it."""
    if path.is_symlink():
        raise RunFileError(f"{path} is a symbolic link: ionecho follows none at a name of its own. Remove it.")
    descriptor = when_free(lambda: open_in_place(path, follow=False))
    with os.fdopen(descriptor, "rb") as raw:
        seal = check_seal(descriptor, "results", path)
        if seal is None:
            require_readable(path)
        yield raw, seal


def _read(path: Path, start_time: str, name: str = "") -> list[Process]:
    """Return what a results file holds, or what of it has a name.

    Nothing if it belongs to another run, deleted since, that had the same name: one that started at another time.
    """
    try:
        with _opened(path) as (raw, seal):
            if seal is not None and "index" in seal.about:
                return _indexed(seal, start_time, name)
            with h5py.File(raw if seal is None else seal.image, "r") as file:
                return _processes_of(file["entry"], start_time, name)
    except RunFileError:
        raise
    except Exception as error:  # a damaged file makes HDF5 raise whatever comes to it
        raise RunFileError(f"{path} is not a results file of ionecho: {error}") from error


def _indexed(seal: Seal, start_time: str, wanted: str) -> list[Process]:
    """Return what `_processes_of` gives of the same file, without HDF5."""
    if seal.about["start_time"] != start_time:
        return []
    index = json.loads(_text(seal, seal.about["index"]))
    return [
        Process(
            name,
            {key: _array(seal, *where) for key, where in index[name]["arrays"].items()},
            json.loads(_text(seal, seal.about["attributes"][name])),
            index[name]["date"],
        )
        for name in ([wanted] if wanted else index)
        if name in index
    ]


def _text(seal: Seal, place: Sequence[int]) -> bytes:
    return seal.image.get(*place).rstrip(b"\0")


def _array(seal: Seal, offset: int, dtype: str, shape: Sequence[int]) -> Any:
    kind = np.dtype(dtype)
    content = bytearray(seal.image.get(offset, kind.itemsize * math.prod(shape)))
    return np.frombuffer(content, kind).reshape(shape)[()]


def _processes_of(entry: h5py.Group, start_time: str, wanted: str) -> list[Process]:
    if "raw_start_time" in entry and read_text(entry, "raw_start_time") != start_time:
        return []
    names = [name for name in ([wanted] if wanted else entry) if name != "raw_data" and name in entry]
    return [
        Process(
            name,
            {key: read_value(entry, f"{name}/arrays/{key}") for key in entry[f"{name}/arrays"]},
            json.loads(read_text(entry, f"{name}/attributes")),
            read_text(entry, f"{name}/date"),
        )
        for name in names
        if isinstance(entry[name], h5py.Group)
    ]


def read_process(run: str | Path | Run, name: str) -> Process | None:
    """Return a result of a run, None if there is none of that name.

    Results of an earlier run whose file had the same name do not count.

    Parameters
    ----------
    run : path or Run
        The run file; one that is open is not opened once more.
    name : str

    Raises
    ------
    RunFileError
        If the results file cannot be read.
    """
    run_file = run.path if isinstance(run, Run) else Path(run)
    path = results_path(run_file)
    if not os.path.lexists(path):
        return None
    start_time = run.start_time if isinstance(run, Run) else open_run(run_file).start_time
    return next(iter(_read(path, start_time, name)), None)


def read_attributes(run_path: str | Path, name: str, start_time: str) -> dict[str, Any] | None:
    """Return the attributes of a result of a run without its arrays; None if there is no such result.

    Parameters and errors are those of `attributes_by_name`.
    """
    return attributes_by_name(run_path, start_time, lambda one: one == name).get(name)


def attributes_by_name(
    run_path: str | Path, start_time: str, wanted: Callable[[str], bool]
) -> dict[str, dict[str, Any]]:
    """Return the attributes of some results of a run without arrays, and of results of this version without HDF5.

    Parameters
    ----------
    run_path : path
    start_time : str
        Of the run, as its file says it: results of an earlier run whose file had the same name do not count.
    wanted : callable
        Whether a result of some name is wanted.

    Returns
    -------
    dict
        By the names of the results; empty if there are none.

    Raises
    ------
    RunFileError
        If the results file is damaged.
    """
    path = results_path(run_path)
    try:
        if path.is_symlink():
            return {}
        descriptor = open_in_place(path, follow=False)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RunFileError(f"{path} cannot be read: {error}") from error
    try:
        seal = check_seal(descriptor, "results", path)
        places = {} if seal is None else seal.about.get("attributes", {})
        if seal is not None and places:
            if seal.about["start_time"] != start_time:
                return {}
            chosen = {name: place for name, place in places.items() if wanted(name)}
            return {name: json.loads(read_at(descriptor, *place).rstrip(b"\0")) for name, place in chosen.items()}
    finally:
        os.close(descriptor)
    return {one.name: one.attributes for one in _read(path, start_time) if wanted(one.name)}
