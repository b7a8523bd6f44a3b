"""The journal of a refit: what was written is read again, whatever cut it short."""

from __future__ import annotations

from pathlib import Path

from fitting.archive.journal import Entry, Journal

ENTRIES = [Entry([{"run": f"{k}.nxs", "W_inf": 0.1 * k, "reason": "a\nb"}], k, 10**18 + k) for k in range(3)]


def _written(table: Path) -> Journal:
    journal = Journal(table)
    for entry in ENTRIES:
        journal.add(entry)
    journal.close()
    return journal


def test_what_was_added_is_read_again_and_removed(tmp_path: Path) -> None:
    journal = _written(tmp_path / "t.csv")
    assert Journal(tmp_path / "t.csv").entries() == ENTRIES
    journal.remove()
    assert list(tmp_path.iterdir()) == []
    assert journal.entries() == []


def test_a_line_that_was_cut_short_at_any_byte_costs_that_line_alone(tmp_path: Path) -> None:
    journal = _written(tmp_path / "t.csv")
    whole = journal.path.read_bytes()
    last = whole.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(last, len(whole) - 1):
        journal.path.write_bytes(whole[:end])
        assert Journal(tmp_path / "t.csv").entries() == ENTRIES[:2]
    after = Journal(tmp_path / "t.csv")
    after.add(ENTRIES[2])
    after.close()
    assert after.entries() == ENTRIES


def test_a_line_that_was_changed_does_not_count(tmp_path: Path) -> None:
    journal = _written(tmp_path / "t.csv")
    journal.path.write_bytes(journal.path.read_bytes().replace(b"1.nxs", b"7.nxs"))
    assert journal.entries() == [ENTRIES[0], ENTRIES[2]]
