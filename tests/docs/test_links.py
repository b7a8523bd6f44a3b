"""Every link of the documentation leads to a file and a heading that exist, on the site and on a repository's pages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from tests.docs.snippets import PROJECT, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

PAGES = [*pages(), PROJECT / "CHANGELOG.md"]
# Pages that the site makes from the docstrings (docs/_extensions/api_pages.py).
MADE = PROJECT / "docs" / "reference" / "api"


def _inline(page: Path) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        yield from token.children or ()


@cache
def links_of(page: Path) -> list[str]:
    """Return where the links and pictures of a page lead to."""
    targets = [token.attrs.get("href") or token.attrs.get("src") for token in _inline(page)]
    return [str(target) for target in targets if target]


@cache
def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings: lower case, no punctuation, hyphens for blanks."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in links_of(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if target.parent != MADE:
            assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors_of(target), f"{page.name}: {link}: {sorted(anchors_of(target))}"


def test_comments_refer_to_headings_that_exist() -> None:
    referring = [*PROJECT.glob("*/**/*.py")]
    found = 0
    for file in referring:
        if {".venv", "docs"} & set(file.relative_to(PROJECT).parts[:-1]):
            continue
        text = re.sub(r"\n\s*#? *", " ", file.read_text(encoding="utf-8"))
        for page, title in re.findall(r'(docs/\w+/[\w-]+\.md), "([^"]+)"', text):
            found += 1
            headings = re.findall(r"^#+ (.+)$", (PROJECT / page).read_text(encoding="utf-8"), re.MULTILINE)
            assert title in headings, f"{file.relative_to(PROJECT)}: {page} has no {title!r}"
    assert found >= 10


def test_every_page_is_reached_from_the_readme() -> None:
    known = {page.resolve() for page in pages()}
    reached, waiting = set(), [PROJECT / "README.md", PROJECT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for link in links_of(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target in known - reached:
                waiting.append(target)
    # Decision records are listed by their README (test_decisions.py), the rest by the index of the site.
    listed = {page for page in known if page.parent.name == "decisions"}
    apart = {PROJECT / "examples" / "plugin" / "README.md"}
    indexed = {PROJECT / "docs" / name for name in ("changelog.md", "reference/api.md")}
    assert sorted(known - reached - listed - apart - indexed) == []
