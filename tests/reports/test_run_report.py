"""Report of a run: verdict first, every figure as the fit has it, a page that loads nothing, pictures with data."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daq import open_run
from fitting.results.titles import title_of
from protocols import InputError
from reports.content import Facts, Paragraph, Points, Report, Row, Section, Table, Tone, Verdict
from reports.drawing import COLOURS, to_svg
from reports.figure import Axis, Columns, Figure, Ink, Layer, Mark, Panel
from reports.html_page import html_page
from reports.reporting import write_figures, write_report
from reports.run_report import report_of_run
from tests.fitting.archive.runs import N, write_run
from tests.reports.conftest import HOSTILE, Reported
from tests.reports.test_numbers import number_of, power_of

XHTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"


def parsed(page: str) -> ET.Element:
    return ET.fromstring(page.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own


def text_of(element: ET.Element) -> str:
    return "".join(element.itertext())


@pytest.fixture(scope="session")
def page(described: Reported) -> str:
    return html_page(described.report)


def test_every_figure_of_the_fit_stands_in_the_page_with_its_unit_and_its_uncertainty(
    described: Reported, page: str
) -> None:
    document = described.study.to_document()
    known = {title_of(name): one for kind in ("parameters", "memory") for name, one in document[kind].items()}
    told = {}
    for table in parsed(page).iter(f"{XHTML}table"):
        for row in table.iter(f"{XHTML}tr"):
            cells = [text_of(one) for one in row.iter(f"{XHTML}td")]
            if cells:
                told[cells[0]] = cells[1:4]
    assert set(told) == set(known)
    for title, (value, interval, symbol) in told.items():
        one = known[title]
        if one.get("bound"):
            assert value == one["bound"]
            continue
        scale = 10.0 ** power_of(symbol, one["unit"])
        number, last = number_of(value)
        assert number * scale == pytest.approx(one["value"], abs=0.5001 * last * scale)
        ends = [end for end in one["ci95"] if end is not None]
        both = interval.removeprefix("about ")  # ends that look alike are said once
        shown = [both, both] if both != interval else [one for one in interval.split(" … ") if one not in {"", "open"}]
        for text, end in zip(shown, ends, strict=True):
            number, last = number_of(text)
            assert number * scale == pytest.approx(end, abs=0.5001 * last * scale)
        if len(ends) == 2 and 0.0 < max(ends) - min(ends) < abs(one["value"]):
            digits = max(abs(end - one["value"]) for end in ends) / scale / last
            assert 9.4 < digits < 100.0 or len(value.replace(".", "").lstrip("0")) >= 7


def test_the_verdict_comes_first_with_what_it_rests_on(described: Reported, page: str) -> None:
    body = parsed(page)[1]
    assert [one.tag.removeprefix(XHTML) for one in body][:3] == ["header", "section", "dl"]
    assert described.study.attribution is not None
    assert str(described.study.attribution.verdict) in text_of(body[1][0])
    assert described.study.attribution.evidence[0] in text_of(body[1])


def test_a_model_that_does_not_describe_the_record_is_said_in_the_first_line(missed: Reported) -> None:
    verdict = missed.report.verdict
    assert verdict.tone is Tone.BAD
    assert verdict.sentence.startswith("R0-C1 does not describe this record")
    assert 'class="verdict bad"' in html_page(missed.report)


def test_a_run_without_a_fit_says_so_and_says_the_command(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "not fitted.nxs", run_id="a"))
    report = report_of_run(run)
    assert report.verdict.sentence.startswith("No fit is kept beside this run")
    assert report.verdict.next_steps == (f"ionecho fit '{run.path}' --model R0-Mig1-CPE1",)
    assert [one.heading for one in report.sections] == ["Protocol", "Record", "Provenance"]


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    root = parsed(page)
    tags = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert not tags & {"script", "link", "iframe", "img", "image", "object", "embed", "form"}
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    for one in root.iter():
        for name, value in one.attrib.items():
            attribute = name.rpartition("}")[2]
            assert not attribute.startswith("on")
            assert attribute not in {"src", "srcset", "data", "action"}
            if attribute == "href":
                assert value.startswith("#")
                assert value[1:] in ids
            for target in re.findall(r"url\(([^)]*)\)", value):
                assert target.startswith("#")
                assert target[1:] in ids
    style = next(root.iter(f"{XHTML}style")).text or ""
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in page


def test_figures_of_the_page_follow_its_colours(page: str) -> None:
    pictures = re.findall(r"<svg .*?</svg>", page, re.DOTALL)
    assert len(pictures) == 8
    light, _, dark = page.partition("prefers-color-scheme: dark")
    for picture in pictures:
        ET.fromstring(picture)  # noqa: S314 - our own
        inks = set(re.findall(r"var\(--(\w+)\)", picture))
        assert "text" in inks
        assert all(f"--{ink}: {COLOURS[Ink(ink)][0]}" in light for ink in inks)
        assert all(f"--{ink}: {COLOURS[Ink(ink)][1]}" in dark for ink in inks)
        assert "#ffffff" not in picture  # a white ground would blind in the dark
        fixed = set(re.findall(r"(?:fill|stroke): (#\w+)", picture))
        assert fixed == set()


def test_names_from_outside_are_shown_and_do_nothing(described: Reported, page: str) -> None:
    assert "<script" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in page
    name = f"{HOSTILE}\x1b[2J"
    columns = Columns()
    layer = Layer(Mark.LINE, columns.add("x", [0.0, 1.0]), (columns.add("y", [1.0, 2.0]),), label=name)
    figure = Figure("f", name, (Panel(Axis(name, "V"), Axis("", "A"), (layer,)),), columns.values, 40.0)
    bars = Layer(Mark.BARS, "x", ("y",))
    labels = replace(figure, name="g", panels=(Panel(Axis("", labels=(name, "")), Axis("n"), (bars,)),))
    table = Table((name, ""), (Row((name, "")),), caption=name)
    section = Section(name, (figure, labels, table, Points((name,)), Facts(((name, ""),)), Paragraph("")))
    report = Report("run", name, ((name, name),), Verdict(name, Tone.OPEN), (section,), name)
    shown = html_page(report)
    tags = {one.tag.rpartition("}")[2] for one in parsed(shown).iter()}
    assert "script" not in tags
    assert "\x1b" not in shown


def test_the_data_beside_a_figure_draw_it_again(described: Reported, tmp_path: Path) -> None:
    written = write_figures(described.report, tmp_path / "figures")
    figures = list(described.report.figures())
    assert {one.name for one in written} == {f"{one.name}{end}" for one in figures for end in (".svg", ".pdf", ".csv")}
    for figure in figures:
        at = tmp_path / "figures" / figure.name
        again = figure.with_csv(at.with_suffix(".csv").read_text())
        assert all(np.array_equal(again.columns[name], one, equal_nan=True) for name, one in figure.columns.items())
        if figure.name in {
            "fit",
            "memory",
        }:  # one of several panels, one with a logarithmic axis: a drawing takes 0.1 s
            assert to_svg(again) == at.with_suffix(".svg").read_text()
        ET.parse(at.with_suffix(".svg"))  # noqa: S314 - our own
        box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", at.with_suffix(".pdf").read_bytes())
        assert box is not None
        assert float(box[1]) / 72.0 * 25.4 == pytest.approx(figure.width_mm, abs=0.1)
        assert figure.width_mm in {86.0, 178.0}
    with pytest.raises(InputError, match="missing"):
        figures[0].with_csv("time_s\n1\n")


def test_the_figures_show_the_run_and_its_fit(described: Reported) -> None:
    """What is drawn is what was measured: by the run's own columns, not by the report's way to them."""
    figures = {one.name: one.columns for one in described.report.figures()}
    run, result = described.run, described.study.result
    assert np.array_equal(figures["record"]["current_A"], run.current_A)
    assert np.array_equal(figures["record"]["current_time_s"], run.t_s)
    left = run.current_A - figures["fit"]["fitted_A"]
    # A sample with an edge within its aperture is left out of the fit, and of what is drawn.
    edges, half_s = run.drive.jumps()[0] if run.drive else np.empty(0), 0.5 * run.aperture_s
    is_used = np.abs(np.subtract.outer(run.t_s, edges)).min(axis=1) > half_s * (1.0 - 1e-6)
    assert (~is_used).sum() == result.n_excluded > 0
    assert np.isnan(figures["fit"]["current_A"]).sum() == result.n_excluded
    assert np.sqrt(np.mean(left[is_used] ** 2)) == pytest.approx(result.rms_residual_A, rel=1e-4)
    # Means of stretches times the root of their length have the deviation 1 where the noise is white.
    means = figures["fit"]["scaled_mean_residual_of_noise"]
    assert np.std(means) == pytest.approx(1.0, abs=4.0 / np.sqrt(2 * len(means)))
    # A Debye conductor by hand: W(t) = W_inf + (1 - W_inf) exp(-t / tau).
    W_inf, tau = result["De1.W_inf"].value, result["De1.tau"].value
    t = figures["memory"]["time_s"]
    assert figures["memory"]["W"] == pytest.approx(W_inf + (1 - W_inf) * np.exp(-t / tau), abs=1e-6)
    omega = 2.0 * np.pi * figures["conduction"]["frequency_Hz"]
    real = W_inf + (1 - W_inf) * (omega * tau) ** 2 / (1.0 + (omega * tau) ** 2)
    assert figures["conduction"]["conductivity_S_m"] == pytest.approx(
        result["De1.G_inf"].value * real * 1e-3 / 5e-5, rel=1e-6
    )
    f = figures["nyquist"]["frequency_Hz"]
    s = 2j * np.pi * f
    Z = 1.0 / (result["De1.G_inf"].value * (W_inf + (1 - W_inf) * s * tau / (1 + s * tau)))
    Z = Z + 1.0 / (s * result["C1"].value)
    assert figures["nyquist"]["re_Z_ohm"] == pytest.approx(Z.real, rel=1e-6)
    assert figures["nyquist"]["minus_im_Z_ohm"] == pytest.approx(-Z.imag, rel=1e-6)


def test_columns_of_different_length_and_gaps_come_back_from_csv() -> None:
    columns = Columns()
    layer = Layer(Mark.LINE, columns.add("x", [0.0, 1e-300, 2.5]), (columns.add("y", [np.nan, 1 / 3, np.nan]),))
    columns.add("short", [7.0])
    figure = Figure("f", "", (Panel(Axis(""), Axis(""), (layer,)),), columns.values, 30.0)
    again = figure.with_csv(figure.to_csv())
    assert list(again.columns) == ["x", "y", "short"]
    for name, values in figure.columns.items():
        assert np.array_equal(again.columns[name], values, equal_nan=True)
    assert len(list(csv.reader(figure.to_csv().splitlines()))) == 4


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [0.0, 0.0], [5.0], [1974.1e0, 1974.9e0], [-1e-30, 1e30]])
def test_any_values_are_drawn(values: list[float], log: bool) -> None:
    columns = Columns()
    x, y = columns.add("x", values), columns.add("y", values)
    layers = tuple(Layer(mark, x, (y,)) for mark in (Mark.LINE, Mark.POINTS, Mark.STEPS, Mark.DASHED))
    figure = Figure("f", "", (Panel(Axis("x", "s"), Axis("y", "ohm", log=log), layers),), columns.values, 30.0)
    svg = to_svg(figure)
    ET.fromstring(svg)  # noqa: S314 - our own
    if values == [1974.1, 1974.9] and log:  # numbers along an axis differ
        told = re.findall(r">([\d.]+) kΩ<", svg)
        assert len(told) == len(set(told)) >= 3


@pytest.mark.gui
def test_a_pdf_has_its_pages(described: Reported, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    pytest.importorskip("PySide6.QtSvg", exc_type=ImportError)
    request.getfixturevalue("qapp")
    from reports.pdf_page import write_pdf

    n_pages = write_pdf(described.report, tmp_path / "report.pdf")
    content = (tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert n_pages == len(re.findall(rb"/Type /Page\b", content)) >= 3
    assert re.search(rb"/MediaBox \[0 0 595\.\d+ 84[12]\.\d+\]", content)  # A4
    # A long table goes on over pages, and so does a long list; nothing is cut off.
    table = Table(("n", "what"), tuple(Row((str(k), "word " * 20)) for k in range(200)), caption="long")
    tall = Points(tuple(f"line{k}" for k in range(150)))
    long = replace(described.report, sections=(Section("Long", (table, tall)),))
    write_report(long, tmp_path / "long.pdf")
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "long.pdf").read_bytes())) >= 5
    if (reader := shutil.which("pdftotext")) is not None:
        done = subprocess.run(
            [reader, "-layout", tmp_path / "long.pdf", "-"], capture_output=True, encoding="utf-8", check=True
        )
        pages = done.stdout.split("\f")[:-1]
        told = re.findall(r"line(\d+)", done.stdout)
        assert told == [str(k) for k in range(150)]  # each once, none cut off
        rows = [int(one) for one in re.findall(r"^ *(\d+) +word", done.stdout, re.MULTILINE)]
        assert rows == list(range(200))
        assert all(re.search(r"^ *n +what", page, re.MULTILINE) for page in pages if " word " in page)


def test_a_missing_library_is_told_with_the_extra_that_brings_it(
    described: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install 'ionecho\[report\]'"):
        html_page(described.report)


def test_a_run_that_is_not_all_there_says_so_beside_its_verdict(tmp_path: Path) -> None:
    growing = open_run(write_run(tmp_path / "growing.nxs", run_id="b", state=None))
    report = report_of_run(growing)
    assert f"{N:,} of {N:,} planned samples" in report.verdict.evidence[0]
