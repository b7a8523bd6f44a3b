"""Form of the decision records, their index, and the references to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DECISIONS = PROJECT / "docs" / "decisions"
INDEX = DECISIONS / "README.md"
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))

_HEAD = re.compile(
    r"# (?P<number>\d{3}): (?P<title>\S.*)\n\n"
    r"- Status: (?P<status>accepted|superseded by \d{3}(?: and \d{3})*)\n"
    r"- Date: (?P<date>\d{4}-\d{2}-\d{2})\n"
    r"(?:- Split from: (?P<origin>\d{3})\n)?\n"
)
_ROW = re.compile(r"\| \[(\d{3})\] \| (.+) \| (.+) \| (\d{4}-\d{2}-\d{2}) \|")
_LINK_DEFINITION = re.compile(r"^\[(\d{3})\]: (\S+)$", re.MULTILINE)
# "decision 006", "Decisions 006 and 008", "docs/decisions/006"; a line of a comment may end in between.
_REFERENCE = re.compile(r"\bdecisions?(?:/|[\s#]+)(\d{3}(?:(?:,| and| to)\s+\d{3})*)\b", re.IGNORECASE)
_LINK_TO_RECORD = re.compile(r"\]\(([^)\s]*\d{3}-[a-z0-9-]+\.md)(?:#[^)]*)?\)")


def _head(record: Path) -> re.Match[str]:
    match = _HEAD.match(record.read_text(encoding="utf-8"))
    assert match, f"{record.name} does not begin with a title, a status and a date"
    return match


def _texts() -> Iterator[Path]:
    """Yield every file of the project that may refer to a record."""
    folders = [path for path in PROJECT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))]
    yield from (
        path for path in PROJECT.iterdir() if path.suffix in {".md", ".toml", ".cff"} or path.name == "justfile"
    )
    for folder in folders:
        for suffix in ("py", "md", "toml", "lua"):
            yield from (path for path in folder.rglob(f"*.{suffix}") if "_build" not in path.parts)


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_title_status_date_and_the_three_sections(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    head = _head(record)
    assert record.name.startswith(f"{head['number']}-")
    assert date.fromisoformat(head["date"]) >= date(2026, 11, 23)  # the project's first day
    sections = re.split(r"^## (.+)\n", text[head.end() :], flags=re.MULTILINE)
    assert sections[1::2] == ["Context", "Decision", "Consequences"]
    assert sections[0] == ""
    assert all(body.strip() for body in sections[2::2])
    assert all(len(line) <= 120 for line in text.splitlines())


def test_no_number_is_given_twice() -> None:
    counts = Counter(record.name[:3] for record in RECORDS)
    assert [number for number, n in counts.items() if n > 1] == []


def test_the_index_has_each_record_once_with_its_title_status_and_date() -> None:
    rows = sorted(_ROW.findall(INDEX.read_text(encoding="utf-8")))
    assert rows == [_head(record).group("number", "title", "status", "date") for record in RECORDS]


def test_the_links_of_the_index_lead_to_the_records() -> None:
    links = _LINK_DEFINITION.findall(INDEX.read_text(encoding="utf-8"))
    assert links == [(record.name[:3], record.name) for record in RECORDS]


def test_superseding_and_original_records_exist() -> None:
    numbers = {record.name[:3] for record in RECORDS}
    named = {
        record.name: re.findall(r"\d{3}", f"{head['status']} {head['origin'] or ''}")
        for record in RECORDS
        if (head := _head(record))
    }
    assert {name: found for name, found in named.items() if not numbers.issuperset(found)} == {}


def test_every_reference_in_code_and_documents_leads_to_a_record() -> None:
    numbers = {record.name[:3] for record in RECORDS}
    lost = []
    found = 0
    for path in _texts():
        text = path.read_text(encoding="utf-8")
        for match in _REFERENCE.finditer(text):
            found += 1
            lost += [f"{path.relative_to(PROJECT)}: {n}" for n in re.findall(r"\d{3}", match[1]) if n not in numbers]
        if path.suffix == ".md":
            links = [link for link in _LINK_TO_RECORD.findall(text) if not link.startswith("http")]
            lost += [f"{path.relative_to(PROJECT)}: {link}" for link in links if not (path.parent / link).is_file()]
    assert lost == []
    assert found > 50  # the records alone refer to each other more often than that
