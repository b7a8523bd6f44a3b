"""Source files of the project, parsed once, for the tests of the house's rules."""

from __future__ import annotations

import ast
import gc
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PROJECT = Path(__file__).parents[2]
ROOMS = ("protocols", "drivers", "daq", "fitting", "reports", "gui", "sim_instruments", "ionecho")


@dataclass(frozen=True)
class Source:
    """A Python file.

    Attributes
    ----------
    path : str
        From the project's root, with forward slashes.
    text : str
    """

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree, parsed when somebody first asks."""
        tree = ast.parse(self.text)
        gc.freeze()  # a million nodes that stay: no look for garbage need walk through them
        return tree

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends."""
        return self.text.splitlines()

    @property
    def docstring(self) -> str:
        """The module's docstring."""
        return ast.get_docstring(self.tree) or ""


@cache
def files() -> tuple[str, ...]:
    """Return the paths of all files of the project, whether git tracks them already or not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if listed.returncode == 0:
        return tuple(sorted({name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()}))
    within = (path.relative_to(PROJECT) for path in PROJECT.rglob("*") if path.is_file())
    return tuple(sorted(path.as_posix() for path in within if not path.parts[0].startswith(".")))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Return the Python files of some folders, of the eight rooms by default."""
    chosen = folders or ROOMS
    return tuple(source(name) for name in files() if name.endswith(".py") and name.split("/", 1)[0] in chosen)


@cache
def source(name: str) -> Source:
    """Return a file of the project; the same one at every call, so that it is read and parsed once."""
    return Source(name, text_of(name))


@cache
def text_of(name: str) -> str:
    """Return the text of a file of the project."""
    return (PROJECT / name).read_text(encoding="utf-8")
