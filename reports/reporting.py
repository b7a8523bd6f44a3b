"""Reports of whatever is named: a run, several runs, a campaign's folder, the table of an archive; and their files.

`report_of` makes the content, `write_report` sets it as HTML or PDF, `write_figures` writes each figure by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from daq import open_run
from daq.campaign.folder import CampaignFolder
from daq.files.durable import write_atomically
from fitting.archive.records import runs_of
from fitting.archive.table import CSV, PARQUET
from protocols import InputError, RunFileError, reason_of
from reports.drawing import require_matplotlib, to_svg_and_pdf
from reports.html_page import html_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.content import Report

HTML, PDF = frozenset({".html", ".htm"}), ".pdf"
_RUNS = frozenset({".nxs", ".h5", ".hdf5"})


def report_of(paths: Sequence[Path]) -> Report:
    """Return the report of what is named.

    Parameters
    ----------
    paths : sequence of Path
        A run file; several of them, patterns or folders with runs; a campaign's folder; a table of `ionecho refit`; an
        impedance text.

    Raises
    ------
    InputError
        If there is nothing that a report could be of, or matplotlib is not installed.
    RunFileError, FitError
        If something of it cannot be read.
    """
    require_matplotlib()
    tables = [path for path in paths if path.suffix.lower() in {CSV, PARQUET}]
    campaigns = [path for path in paths if path.is_dir() and CampaignFolder(path.resolve()).is_campaign]
    if (tables or campaigns) and len(paths) > 1:
        raise InputError(
            "a campaign and the table of an archive have a report of their own: name it alone",
            str((tables + campaigns)[0]),
        )
    if tables:
        from reports.archive_report import report_of_archive

        return report_of_archive(tables[0])
    if campaigns:
        from reports.campaign_report import report_of_campaign

        return report_of_campaign(CampaignFolder(campaigns[0].resolve()))
    if len(paths) == 1 and paths[0].is_file() and paths[0].suffix.lower() not in _RUNS:
        from reports.spectrum_report import report_of_spectrum

        return report_of_spectrum(paths[0])
    runs = runs_of(paths)
    if len(runs) == 1:
        from reports.run_report import report_of_run

        return report_of_run(open_run(runs[0]))
    from reports.comparison_report import report_of_comparison

    return report_of_comparison([open_run(path) for path in runs])


def check_report_name(path: Path) -> None:
    """Raise `InputError` if no report can be written to a path."""
    suffix = path.suffix.lower()
    if suffix not in HTML and suffix != PDF:
        raise InputError(f"a report is an .html or a .pdf file, not {path.name!r}", "--output")
    if path.is_dir():
        raise InputError("this is a folder: name a file in it", str(path))
    if not path.parent.is_dir():
        raise InputError("there is no such folder: make it first", str(path.parent))


def write_report(report: Report, path: Path) -> None:
    """Write a report as HTML, or as PDF where the name ends in that; a file of that name is replaced, whole.

    Raises
    ------
    InputError
        If the name has another ending, or Qt cannot be loaded for a PDF.
    RunFileError
        If the file cannot be written.
    """
    check_report_name(path)
    try:
        with write_atomically(path) as making:
            if path.suffix.lower() == PDF:
                from reports.pdf_page import write_pdf

                write_pdf(report, making)
            else:
                making.write_text(html_page(report), encoding="utf-8", newline="")
    except OSError as error:
        raise RunFileError(f"{path} could not be written: {reason_of(error)}") from error


def write_figures(report: Report, folder: Path) -> list[Path]:
    """Write each figure as SVG and PDF at the width of a journal's column, with its data as CSV, and return the files.

    Parameters
    ----------
    report : Report
    folder : Path
        Made if it is not there; files of the same names are replaced.

    Raises
    ------
    RunFileError
        If a file cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for figure in report.figures():
            svg, pdf = to_svg_and_pdf(figure)
            contents = {".svg": svg.encode(), PDF: pdf, CSV: figure.to_csv().encode()}
            for suffix, content in contents.items():
                target = folder / f"{figure.name}{suffix}"
                with write_atomically(target) as making:
                    making.write_bytes(content)
                written.append(target)
    except OSError as error:
        raise RunFileError(f"{folder} could not be written: {reason_of(error)}") from error
    return written
