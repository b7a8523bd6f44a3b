"""A file that somebody has open for a moment is had after it, and one that stays refused is refused in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocols import busy_files, read_text_file, when_free


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patience that Windows needs, on any system; the time of a refusal is not waited for."""
    monkeypatch.setattr(busy_files, "_PATIENCE_S", 60.0)
    monkeypatch.setattr(busy_files, "_INTERVAL_S", 0.0)


class Busy:
    """A file that is refused some times, and had then."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals

    def __call__(self, *_: object) -> bytes:
        if self.refusals:
            self.refusals -= 1
            raise PermissionError(13, "Permission denied")
        return b"had"


@pytest.mark.usefixtures("windows")
def test_a_file_that_is_open_for_a_moment_is_had_after_it() -> None:
    assert when_free(Busy(3)) == b"had"


@pytest.mark.usefixtures("windows")
def test_a_text_that_is_just_being_replaced_is_read_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "book.toml"
    path.write_text("here")
    monkeypatch.setattr(Path, "read_bytes", Busy(2))
    assert read_text_file(path) == "had"


def test_a_file_that_stays_refused_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy_files, "_PATIENCE_S", 0.0)
    busy = Busy(1000)
    with pytest.raises(PermissionError):
        when_free(busy)
    assert busy.refusals == 999


@pytest.mark.usefixtures("windows")
def test_no_other_fault_is_tried_again() -> None:
    uses = []

    def gone() -> None:
        uses.append(1)
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        when_free(gone)
    assert len(uses) == 1
