"""Paths of new run files: the name that a run gets, and whether a path can be one, before anything is sent."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

from daq.files.names import is_results, run_of_results
from daq.locks import is_in_progress
from protocols import InputError, RunFileError

_MOST_BYTES = 255 - 40
"""Longest name of a run file (bytes). File systems take 255, and the files beside a run (its locks, its results while
they are made) add up to 40 to the name."""
_MOST_OF_FOLDER = 255
"""Longest name of a folder (characters): no common file system takes more. Windows does not say so before the folder is
made, which is in the run."""
_MOST_OF_TITLE = 60
"""Longest part of a file name that is taken from a title (characters): it is told apart by its time, and a row of a
table still holds it."""


class RunPathError(InputError, RunFileError):
    """A path cannot be that of a new run file. Nothing was sent, and nothing was written."""


def file_name_for(title: str) -> str:
    """Return the name of a new run file: the time, and what is plain of the title."""
    now = datetime.now().astimezone()
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03d}-{name_part(title)}.nxs"


def name_part(title: str) -> str:
    """Return what is plain of a title, as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower())[:_MOST_OF_TITLE].strip("-") or "run"


def new_run_path(path: str | Path | None, folder: Path, title: str) -> Path:
    """Return where the file of a run that is about to start is made, absolute.

    Parameters
    ----------
    path : path or None
        What was asked for; None names it after the time and the title.
    folder : Path
        Where it goes if it is not named.
    title : str

    Raises
    ------
    RunFileError
        If no run file can be made there, or a run is in progress there.
    """
    target = Path(path) if path is not None else folder / file_name_for(title)
    check_new_run(target)
    run_path = target.resolve()
    if is_in_progress(run_path):
        raise RunFileError(f"{target}: a run is in progress there: choose another name. Nothing was sent.")
    return run_path


def check_new_run(path: Path) -> None:
    """Refuse a path at which no run file can be made.

    Raises
    ------
    RunPathError
        If it is taken, too long, that of a results file, or in a place where nothing can be written.
    """
    where = str(path)
    if is_results(path):
        run = run_of_results(path).name
        raise RunPathError(f"a name of this form is that of a results file, here of {run}: choose another", where)
    n_bytes = len(os.fsencode(path.name))
    if n_bytes > _MOST_BYTES:
        raise RunPathError(f"the name of the file has {n_bytes} bytes; at most {_MOST_BYTES} are taken", where)
    try:
        if path.is_dir():
            raise RunPathError("this is a folder: name a file in it", where)
        if path.exists() or path.is_symlink():
            raise RunPathError("the file exists already: it was left as it is. Choose another name", where)
        folders = path.absolute().parents
        if any(len(one.name) > _MOST_OF_FOLDER for one in folders):
            raise RunPathError("no file can be made there: the name of a folder is too long", where)
        folder = next(one for one in folders if one.exists())
        if not folder.is_dir():
            raise RunPathError(f"{folder} is a file, not a folder", where)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise RunPathError(f"you have no permission to write into the folder {folder}", where)
    except OSError as error:  # a folder's name that is too long, a folder that may not be looked into
        raise RunPathError(f"no file can be made there: {error.strerror}", where) from None
