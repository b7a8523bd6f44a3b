from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from daq.files import durable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Folders in the order in which they are listed."""
    found: list[str] = []
    real = os.scandir

    def scandir(folder: str) -> object:
        found.append(str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    return found


def write(folder: Path, n: int) -> None:
    for k in range(n):
        durable.write_small_file(folder / f"run-{k}.results.nxs", "a")


def test_a_folder_of_many_runs_is_not_listed_at_each_write(
    tmp_path: Path, listed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1e6)
    write(tmp_path, 200)
    assert listed == [str(tmp_path)]


def test_what_was_left_since_the_last_listing_is_found_by_a_later_one(
    tmp_path: Path, listed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1e6]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    write(tmp_path, 1)
    left = tmp_path / "run-0.results.nxs.0123abcd.making"
    left.write_text("killed")
    write(tmp_path, 1)
    assert left.exists()
    now[0] += 120.0
    write(tmp_path, 1)
    assert not left.exists()
    assert len(listed) == 2
