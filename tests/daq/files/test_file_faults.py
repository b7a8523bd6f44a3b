"""Faults of the disk while files are made and trimmed: an error each, nothing left behind, nothing lost.

The whole campaign, with the processes of a run, is `just disk-faults`.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from daq import open_run, read_process, write_process
from daq.files import durable
from daq.files.finalize import close_run_file, finalize_run_file
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.state import RunState
from protocols import RunFileError
from tests.daq.files.test_run_file import block, header

# Calls of the operating system through which a file is made.
CALLS = ("open", "ftruncate", "posix_fallocate", "pwrite", "fsync", "link", "replace")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EACCES)


def fail(monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
    """Let a call fail where it concerns a file that is being made."""
    if call == "replace":
        monkeypatch.setattr(Path, "replace", _failing(Path.replace, number))
    elif call == "pwrite":
        monkeypatch.setattr(durable, "write_at", _failing(durable.write_at, number))
        for module in ("image", "seal", "open_file"):
            monkeypatch.setattr(f"daq.files.{module}.write_at", _failing(durable.write_at, number))
    else:
        monkeypatch.setattr(os, call, _failing(getattr(os, call), number))


def _failing(real: Callable[..., object], number: int) -> Callable[..., object]:
    def call(first: object, *rest: object, **options: object) -> object:
        path = Path(f"/proc/self/fd/{first}").readlink() if isinstance(first, int) else first
        if ".making" in str(path):
            raise OSError(number, os.strerror(number))
        return real(first, *rest, **options)

    return call


_LINUX = pytest.mark.skipif(sys.platform == "win32", reason="calls fail as those of Linux do")


@pytest.mark.parametrize("number", ERRORS)
@pytest.mark.parametrize("call", [call for call in CALLS if call != "replace"])
@_LINUX
def test_a_fault_while_a_run_file_is_made_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    with monkeypatch.context() as patch:
        fail(patch, call, number)
        if call == "link":  # a file system without links
            create_run_file(tmp_path / "run.nxs", header())
            (tmp_path / "run.nxs").unlink()
        else:
            with pytest.raises(RunFileError, match=f"{os.strerror(number)}.*Nothing was measured"):
                create_run_file(tmp_path / "run.nxs", header())
    assert list(tmp_path.iterdir()) == []
    create_run_file(tmp_path / "run.nxs", header())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", [call for call in CALLS if call != "link"])
@_LINUX
def test_a_fault_while_a_run_file_is_trimmed_leaves_all_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header())
    file = RunFileBytes(path)
    file.write_samples(0, 0, [block(0, 300)])
    file.close()
    with monkeypatch.context() as patch:
        fail(patch, call, number)
        with pytest.raises(OSError, match=os.strerror(number)):
            finalize_run_file(path, RunState.STOPPED)
        with pytest.raises(RunFileError, match=f"{os.strerror(number)}.*with all its samples"):
            close_run_file(path)
    assert [one.name for one in tmp_path.iterdir() if not one.name.endswith(".lock")] == ["run.nxs"]
    run = open_run(path)
    assert (run.n_samples, run.state) == (300, RunState.STOPPED)
    run.require_intact()
    assert close_run_file(path).trimmed_from == 1000


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", [call for call in CALLS if call not in {"link", "posix_fallocate"}])
@_LINUX
def test_a_fault_while_results_are_written_leaves_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header())
    write_process(path, "fit", {}, {"n": 1})
    with monkeypatch.context() as patch:
        fail(patch, call, number)
        with pytest.raises(RunFileError, match=f"{os.strerror(number)}.*run itself is untouched"):
            write_process(path, "fit", {}, {"n": 2})
    kept = read_process(path, "fit")
    assert kept is not None
    assert kept.attributes == {"n": 1}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run.nxs", "run.results.nxs"]
