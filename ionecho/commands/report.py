"""Command `report`: a run, several, a campaign or an archive on a page, and its figures by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ionecho.commands.output import console, print_json
from ionecho.commands.refusals import UsageError, check_files

if TYPE_CHECKING:
    from pathlib import Path


def make_report(given: list[Path], output: Path, figures: Path | None, *, as_json: bool) -> None:
    """Write a report, and its figures if they are asked for, and say what it says first."""
    from reports.reporting import check_report_name, report_of, write_figures, write_report

    check_report_name(output)
    check_files([path for path in given if not path.is_dir() and not _is_pattern(path)])
    if any(path.exists() and output.exists() and path.samefile(output) for path in given):
        raise UsageError("this is what the report is of: name another file", "--output")
    report = report_of(given)
    write_report(report, output)
    written = [] if figures is None else write_figures(report, figures)
    if as_json:
        print_json(
            {
                "report": output,
                "kind": report.kind,
                "title": report.title,
                "verdict": report.verdict.sentence,
                "tone": report.verdict.tone,
                "evidence": list(report.verdict.evidence),
                "next_steps": list(report.verdict.next_steps),
                "figures": written,
            }
        )
        return
    console().print(f"{report.verdict.sentence}", soft_wrap=True)
    more = f", and {len(written)} files of figures in {figures}" if written else ""
    console().print(f"{output}{more}", soft_wrap=True)


def _is_pattern(path: Path) -> bool:
    return any(mark in path.name for mark in "*?[") and not path.exists()
