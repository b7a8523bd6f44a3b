"""Compiled loops: who compiles, and who waits for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest

from fitting.transforms import compiler
from fitting.transforms.compiler import compiled

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="each process compiles for itself there")


@pytest.fixture
def lock_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return lambda name: tmp_path / "cache" / f"{name}.lock"


def is_locked(path: Path) -> bool:
    import fcntl

    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def nothing(x: Any) -> None:
    """Stand in for a loop."""


def test_one_process_at_a_time_compiles_a_file(lock_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def decorator(function: Any) -> Any:
        seen.append(is_locked(lock_of(__name__)))
        return function

    monkeypatch.setattr(numba, "njit", lambda *_arguments, **_options: decorator)
    assert compiled("void(f8[::1])")(nothing) is nothing
    assert seen == [True]
    assert not is_locked(lock_of(__name__))


def test_a_loop_that_does_not_compile_leaves_nobody_waiting(lock_of: Callable[[str], Path]) -> None:
    with pytest.raises(Exception, match="nothing_like_it"):
        compiled("f8(f8, f8)")(lambda x, _y: x.nothing_like_it)
    assert not is_locked(lock_of(__name__))


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null"])
def test_where_nothing_can_be_locked_each_compiles_for_itself(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", place)
    monkeypatch.setattr(numba, "njit", lambda *_arguments, **_options: lambda function: function)
    assert compiled("void(f8[::1])")(nothing) is nothing


def test_a_process_that_never_ends_to_compile_is_waited_for_once(
    lock_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    waits: list[float] = []
    monkeypatch.setattr(compiler, "_LONGEST_WAIT_S", 10.0)
    monkeypatch.setattr(compiler, "_given_up", set())
    monkeypatch.setattr(time, "monotonic", lambda: sum(waits))
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(numba, "njit", lambda *_arguments, **_options: lambda function: function)
    lock_of(__name__).parent.mkdir()
    with lock_of(__name__).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert compiled("void(f8[::1])")(nothing) is nothing
        assert sum(waits) == pytest.approx(10.0, abs=0.1)
        assert compiled("void(f8[::1])")(nothing) is nothing
    assert sum(waits) == pytest.approx(10.0, abs=0.1)
