"""Page of a report: one HTML file with its style and its figures in it, which loads nothing and runs nothing.

It is well-formed XML too, so that other programs can read it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from protocols import printable
from reports.content import Command, Facts, Paragraph, Points, Table
from reports.drawing import for_page
from reports.figure import Figure
from reports.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reports.content import Block, Report, Section, Verdict

    Blocks = Sequence[Block]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing; its own style is in it."""


_WHOLE = 18
"""Longest text of a cell (characters) that is not broken: a figure with its interval. Doubled, tables are wider than
screens."""
_SHORT = 24
"""Rows of a table that is printed on one page: half of one. Doubled, it would leave most of a page empty."""


def html_page(report: Report) -> str:
    """Return a report as an HTML document.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    title = shown(f"{report.title}: {report.kind}")
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
        '<meta name="color-scheme" content="light dark"/>',
        f"<title>{title}</title><style>{style_sheet()}</style></head><body>",
        f'<header><p class="kind">Report of {_a(report.kind)}</p><h1>{shown(report.title)}</h1></header>',
        _verdict(report.verdict),
        _facts(Facts(report.facts)),
        *(_section(one) for one in report.sections),
        f"<footer>{shown(report.footer)}</footer></body></html>",
    ]
    return "\n".join(parts) + "\n"


def shown(text: str) -> str:
    """Return text from anywhere as it may stand in a page: markup and control characters spelt out."""
    return escape(printable(text, keep="\n"))


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _verdict(verdict: Verdict) -> str:
    evidence, steps = (
        f"<ul{_class('steps', one is verdict.next_steps)}>{''.join(f'<li>{shown(text)}</li>' for text in one)}</ul>"
        if one
        else ""
        for one in (verdict.evidence, verdict.next_steps)
    )
    figures = "".join(f"<div><dt>{shown(name)}</dt><dd>{shown(value)}</dd></div>" for name, value in verdict.figures)
    return (
        f'<section class="verdict {verdict.tone}"><p>{shown(verdict.sentence)}</p>'
        + (f'<dl class="figures">{figures}</dl>' if figures else "")
        + f"{evidence}{steps}</section>"
    )


def _section(section: Section) -> str:
    first, *others = [*_blocks(section.blocks), ""]
    heading = f"<h2>{shown(section.heading)}</h2>"
    # A heading is printed on the page of what follows it.
    return f"<section>{_kept_together(heading, first)}{''.join(others)}</section>"


def _kept_together(heading: str, first: str) -> str:
    return heading + first if "<table" in first else f'<div class="keep">{heading}{first}</div>'


def _blocks(blocks: Blocks) -> Iterator[str]:
    """Give the blocks; figures of one column that follow each other stand side by side."""
    row: list[str] = []
    for block in blocks:
        if isinstance(block, Figure) and not block.is_wide:
            row.append(_figure(block))
            continue
        if row:
            yield f'<div class="row">{"".join(row)}</div>'
            row = []
        yield _block(block)
    if row:
        yield f'<div class="row">{"".join(row)}</div>'


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{shown(block.text)}</p>"
        case Command():
            return f"<pre><code>{shown(block.text)}</code></pre>"
        case Points():
            tag = "ol" if block.is_numbered else "ul"
            return f"<{tag}>{''.join(f'<li>{shown(one)}</li>' for one in block.items)}</{tag}>"
        case Facts():
            return _facts(block)
        case Table():
            return _table(block)
        case Figure():
            return _figure(block)


def _facts(facts: Facts) -> str:
    rows = "".join(f"<dt>{shown(name)}</dt><dd>{shown(value)}</dd>" for name, value in facts.rows)
    return f'<dl class="facts">{rows}</dl>' if rows else ""


def _table(table: Table) -> str:
    heads = _cells("th", table.headings, table.numeric)
    rows = "".join(
        f"<tr{_class('doubtful', row.is_doubtful)}>{_cells('td', row.cells, table.numeric)}</tr>" for row in table.rows
    )
    caption = f"<caption>{shown(table.caption)}</caption>" if table.caption else ""
    kind = _class("short", len(table.rows) <= _SHORT)
    body = f"{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="scroll"><table{kind}>{body}</table></div>'


def _cells(tag: str, texts: Iterable[str], numeric: frozenset[int]) -> str:
    return "".join(f"<{tag}{_kind(text, k in numeric)}>{shown(text)}</{tag}>" for k, text in enumerate(texts))


def _kind(text: str, is_number: bool) -> str:
    return _class("number", is_number) or _class("whole", len(text) <= _WHOLE)


def _class(name: str, is_given: bool) -> str:
    return f' class="{name}"' if is_given else ""


def _figure(figure: Figure) -> str:
    kind = "double" if figure.is_wide else "single"
    return (
        f'<figure class="{kind}"><div class="scroll">{for_page(figure)}</div>'
        f'<figcaption id="caption-{figure.name}">{shown(figure.caption)}</figcaption></figure>'
    )
