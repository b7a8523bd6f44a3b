"""Fenced blocks of the documentation, and what is to be done with each.

`pages` finds the Markdown files, `snippets_of` their fenced blocks, `commands_of` the commands of a block. A block that
cannot be run has the reason in a comment right before it::

    <!-- not run: needs an instrument -->

``python -m tests.docs.snippets`` counts them.
"""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

PROJECT = Path(__file__).parents[2]
RUNNABLE = ("console", "bash", "sh", "python", "json", "toml")
PLAIN = ("text", "markdown")
_NOT_RUN = re.compile(r"<!--\s*not run:\s*(?P<reason>.+?)\s*-->", re.DOTALL)
# What every fenced or indented block has somewhere: five of six pages have none, and need not be parsed for it.
_MAY_BE_A_BLOCK = re.compile(r"```|~~~|^(?:\t| {4})", re.MULTILINE)
_OURS = "ionecho"
_WITH_A_NAME = ("--group", "--extra", "--with")


@dataclass(frozen=True)
class Snippet:
    """A fenced block.

    Attributes
    ----------
    page : Path
    line : int
        Where it begins, counted from 1.
    language : str
        What stands behind the fence; empty for an indented block.
    text : str
    reason_not_run : str
        Empty where it is run.
    """

    page: Path
    line: int
    language: str
    text: str
    reason_not_run: str

    @property
    def name(self) -> str:
        """Place of the block, for messages."""
        return f"{self.page.relative_to(PROJECT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a console block, with the output that the page shows for it."""

    words: tuple[str, ...]
    shown: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether it is a command of ionecho."""
        return self.words[:1] == (_OURS,)


def pages() -> list[Path]:
    """Return every page that a reader may follow; generated ones and the changelog hold no commands of their own."""
    written = [page for page in PROJECT.glob("docs/**/*.md") if not {"_build", "api"} & set(page.parts)]
    return sorted([PROJECT / "README.md", PROJECT / "examples" / "plugin" / "README.md", *written])


@cache
def snippets_of(page: Path) -> list[Snippet]:
    """Return the blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    if not _MAY_BE_A_BLOCK.search(text):
        return []
    found = []
    reason = ""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "html_block":
            marked = _NOT_RUN.search(token.content)
            reason = " ".join(marked["reason"].split()) if marked else ""
        elif token.type in {"fence", "code_block"}:
            first = token.map[0] + 1 if token.map else 0
            language = token.info.strip().partition(" ")[0]
            found.append(Snippet(page, first, language, token.content, reason))
            reason = ""
        elif token.content.strip():
            reason = ""
    return found


def commands_of(snippet: Snippet) -> list[Command]:
    """Return the commands of a console block.

    With prompts (``$ ``) every other line is output; without, every line is a command. ``uv run`` in front of a command
    is left out, as the tests run in that environment already.
    """
    lines = re.sub(r"\\\n\s*", "", snippet.text).splitlines()
    prompts = any(line.startswith("$ ") for line in lines)
    found: list[Command] = []
    for line in lines:
        if prompts and not line.startswith("$ "):
            if line.strip():
                last = found[-1]
                found[-1] = Command(last.words, (*last.shown, line.strip()))
            continue
        words: list[str] = []
        for word in [*shlex.split(line.removeprefix("$ "), comments=True), "&&"]:
            if word != "&&":
                words.append(word)
            elif words:
                found.append(Command(_without_uv(words)))
                words = []
    return found


def _without_uv(words: list[str]) -> tuple[str, ...]:
    """Return a command without the ``uv run`` before it, and a program without the folder of its environment."""
    first = words[0].rpartition("/")[2] if words[0].startswith(".venv") else words[0]
    rest = words[1:]
    if first == "uv" and rest[:1] == ["run"]:
        inside = list(rest[1:])
        while inside and inside[0].startswith("--"):
            del inside[: 2 if inside[0] in _WITH_A_NAME else 1]
        return tuple(inside or words)
    return (first, *rest)


def main() -> None:
    """Print how many blocks are run, and why others are not."""
    blocks = [one for page in pages() for one in snippets_of(page) if one.language in RUNNABLE]
    left_out = [f"{one.name} is not run: {one.reason_not_run}" for one in blocks if one.reason_not_run]
    commands = [c for one in blocks if one.language in {"console", "bash", "sh"} for c in commands_of(one)]
    ours = sum(command.is_ours for command in commands)
    counts = (
        f"{len(blocks) - len(left_out)} of {len(blocks)} blocks are run; {ours} of {len(commands)} commands are ours"
    )
    sys.stdout.write("\n".join([counts, *left_out]) + "\n")


if __name__ == "__main__":
    main()
