"""Does whatever is printed reach a terminal without a character that acts on it?"""

from __future__ import annotations

import io

import pytest
from rich.table import Table
from rich.text import Text

from ionecho.commands.output import console

NAME = "a\x1b]0;title\x1b[2Jb\u202ec\x9b31m[red]d[/nothing]:smile:"
SHOWN = r"a\x1b]0;title\x1b[2Jb\u202ec\x9b31m[red]d[/nothing]:smile:"


def printed(what: object) -> str:
    terminal = console()
    terminal.file = io.StringIO()
    terminal.width = 200
    terminal.print(what, soft_wrap=isinstance(what, str))
    text: str = terminal.file.getvalue()
    return text


def table() -> Table:
    made = Table(NAME, title=NAME, caption=NAME)
    made.add_row(NAME)
    made.add_row(Text(NAME))
    return made


@pytest.mark.parametrize("what", [NAME, Text(NAME), Text.assemble((NAME, "bold red")), table()])
def test_names_are_spelt_out_wherever_they_stand(what: object) -> None:
    text = printed(what)
    assert SHOWN in text
    assert all(one.isprintable() or one == "\n" for one in text)


def test_line_ends_and_tabs_of_ours_stay() -> None:
    assert printed("one\n  two") == "one\n  two\n"
