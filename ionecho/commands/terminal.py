"""Terminal of the commands: whatever is printed, no control character but a line end or a tab of ours reaches it.

Names of protocols, instruments, files and samples come from outside. On a terminal an escape sequence in one of them
could clear the screen, or write "output off" where nobody has switched anything off.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.segment import Segment

from protocols import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType


class Terminal(Console):
    """Console on standard output, or on standard error, that spells control characters out.

    Nothing in what it is given is taken for markup: a protocol may be called ``[red]``.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Give the pieces of what is printed; those that steer the terminal are rich's own."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text, keep="\n\t"), segment.style)


def refuse_by_click(error: Any) -> None:
    """Show what is wrong in a command line as click does, its text spelt out like everything else."""
    error.message = printable(str(error.message), keep="\n\t")
    error.show(file=sys.stderr)
