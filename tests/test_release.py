"""Is a release refused unless version, changelog and citation agree?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import ionecho
from docs.release import ReleaseError, check

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "ionecho").mkdir()
    for name in ("ionecho/__init__.py", "CITATION.cff", "CHANGELOG.md"):
        shutil.copy(PROJECT / name, tmp_path / name)
    changelog = tmp_path / "CHANGELOG.md"
    text = changelog.read_text().replace("## [Unreleased]\n", f"## [{ionecho.__version__}] - 2026-11-25\n", 1)
    changelog.write_text(text)
    return tmp_path


def test_a_version_that_all_files_name_is_released_with_its_notes(checkout: Path) -> None:
    assert check(ionecho.__version__, checkout).startswith("### Added")


def test_the_citation_names_the_version_of_the_package() -> None:
    assert f"\nversion: {ionecho.__version__}\n" in (PROJECT / "CITATION.cff").read_text()


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("ionecho/__init__.py", ionecho.__version__, "9.9.9", r"ionecho/__init__\.py does not say"),
        ("CITATION.cff", f"version: {ionecho.__version__}", "version: 9.9.9", r"CITATION\.cff does not say"),
        ("CHANGELOG.md", f"## [{ionecho.__version__}]", "## [9.9.9]", r"CHANGELOG\.md has no section"),
        ("CHANGELOG.md", "- ", "* ", r"has no section"),
    ],
)
def test_a_file_that_says_otherwise_refuses_it(checkout: Path, name: str, old: str, new: str, reason: str) -> None:
    file = checkout / name
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ReleaseError, match=reason):
        check(ionecho.__version__, checkout)


def test_what_is_no_version_is_refused(checkout: Path) -> None:
    with pytest.raises(ReleaseError, match="is no version"):
        check("next", checkout)
