"""A run that is kept with the tests, with the fit of it, put into a folder as if it had just been measured."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

FORM1 = Path(__file__).parents[1] / "fitting" / "results" / "form1"
_unpacked = tempfile.TemporaryDirectory(prefix="ionecho-kept-runs-")


def put_run(folder: Path, *, fitted: bool = True) -> Path:
    """Put a complete run of 2000 samples in 2 s, and on demand its fit, into a folder; return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    run = folder / "run.nxs"
    link(_kept("run.nxs.gz"), run)
    if fitted:
        link(_kept("determined.results.nxs.gz"), folder / "run.results.nxs")
    return run


def link(source: Path, target: Path) -> None:
    """Put a file that no test changes into a folder too, as the same file where the file system can.

    It has no seal, so that a child process must try it (`daq.files.probe`): once for all tests, and not for each copy.
    """
    with suppress(OSError):
        os.link(source, target)
        return
    shutil.copy(source, target)


@cache
def _kept(name: str) -> Path:
    target = Path(_unpacked.name, name.removesuffix(".gz"))
    target.write_bytes(gzip.decompress((FORM1 / name).read_bytes()))
    return target
