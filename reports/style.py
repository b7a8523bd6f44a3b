"""Style sheet of the page: light, dark as the reader's system is, and printed.

Colours are variables, so that figures in the page follow them.
"""

from __future__ import annotations

from reports.drawing import COLOURS

_PAGE = """
:root { color-scheme: light dark; --paper: #ffffff; --quiet: #5c5c66; --rule: #dcdce2; --panel: #f6f6f8;
  --good: #00734f; --open: #8a5a00; --bad: #b3261e; --link: #0060a0; LIGHT }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #17171a; --quiet: #a2a2ad; --rule: #34343b;
  --panel: #1f1f24; --good: #4fd1a5; --open: #f0b84a; --bad: #ff8a80; --link: #7cc0ff; DARK } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 50rem; background: var(--paper); color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid var(--rule); }
p { margin: .5rem 0; }
.kind { margin: 0 0 .2rem; color: var(--quiet); text-transform: uppercase; letter-spacing: .08em; font-size: .72rem; }
.verdict { margin: 1rem 0 1.2rem; padding: .8rem 1rem; border-left: 4px solid var(--quiet); background: var(--panel); }
.verdict.good { border-color: var(--good); } .verdict.open { border-color: var(--open); }
.verdict.bad { border-color: var(--bad); }
.verdict > p { margin: 0; font-size: 1.05rem; font-weight: 600; }
.verdict ul { margin: .5rem 0 0; padding-left: 1.1rem; font-size: .88rem; }
.verdict ul.steps { list-style: "→ "; color: var(--quiet); }
.verdict .figures { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: .6rem 0 0; font-size: .92rem; }
.figures div { display: block; } .figures dt { color: var(--quiet); font-size: .8rem; } .figures dd { margin: 0; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .6rem 0; font-size: .88rem; }
dl.facts dt { color: var(--quiet); } dl.facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 .8rem; font-size: .86rem; }
caption { text-align: left; color: var(--quiet); padding: .2rem 0; }
th { text-align: left; font-weight: 600; border-bottom: 1px solid var(--quiet); padding: .25rem .6rem .25rem 0; }
td { border-bottom: 1px solid var(--rule); padding: .25rem .6rem .25rem 0; vertical-align: top; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.whole, td.number { white-space: nowrap; } th { vertical-align: bottom; }
td:not(.whole, .number) { min-width: 9rem; }
tr.doubtful td { color: var(--quiet); font-style: italic; }
.row { display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
figure { margin: .8rem 0; width: 100%; } figure.single { flex: 1 1 20rem; max-width: 22rem; width: auto; }
figure svg { display: block; width: 100%; height: auto; font-family: "DejaVu Sans", Verdana, sans-serif; }
figure.double svg { min-width: 34rem; }
figcaption { color: var(--quiet); font-size: .82rem; line-height: 1.4; margin-top: .3rem; }
pre { overflow-x: auto; background: var(--panel); padding: .6rem .8rem; font-size: .85rem; }
ul, ol { padding-left: 1.3rem; } li { margin: .2rem 0; font-size: .9rem; }
footer { margin-top: 2.5rem; color: var(--quiet); font-size: .8rem; border-top: 1px solid var(--rule);
  padding-top: .5rem; }
@page { size: A4; margin: 16mm 16mm 18mm; }
@media print { html { font-size: 9.5pt; } body { max-width: none; padding: 0; font-size: 9pt; }
  .scroll { overflow: visible; } td:not(.whole, .number) { min-width: 22mm; }
  footer { break-before: avoid; margin-top: 1rem; } section:last-of-type { break-after: avoid; }
  figure.double svg { min-width: 0; } h2 { break-after: avoid; }
  figure, tr, .keep, .row, .verdict, dl.facts, table.short { break-inside: avoid; }
  figure.single { max-width: 86mm; flex: 1 1 80mm; } thead { display: table-header-group; }
  .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def style_sheet() -> str:
    """Return the style sheet of a page, with the colours of the figures."""
    light = " ".join(f"--{ink}: {colours[0]};" for ink, colours in COLOURS.items())
    dark = " ".join(f"--{ink}: {colours[1]};" for ink, colours in COLOURS.items())
    return _PAGE.replace("LIGHT", light).replace("DARK", dark)
