"""Is a run shown, and given to other libraries, as it was measured?"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from daq import Run, import_record, open_run, read_text
from daq.files.figures import FigureError
from daq.files.run_views import DRAWN, thinned
from protocols import RunFileError
from protocols.tables import html_table, text_table

T = 1e-3 * np.arange(1, 2001)
VOLTS = np.where((T > 0.5) & (T < 1.2), 0.02, 0.0)
AMPERES = 2e-6 * np.sin(20.0 * T)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    text = tmp_path / "sine &lt;b&gt;.csv"  # a name that Windows takes, too
    table = np.column_stack([T, VOLTS, AMPERES])
    np.savetxt(text, table, delimiter=",", header="time/s,voltage/V,current/A", comments="")
    import_record(read_text(text), text, tmp_path / "sine.nxs")
    return open_run(tmp_path / "sine.nxs")


def test_a_run_says_what_it_is_in_text_and_in_html(run: Run) -> None:
    text, html = str(run), run._repr_html_()
    for part in ("2,000", "complete", "0 V to 20 mV", "-2 µA to 2 µA", "sine.nxs"):
        assert part in text
        assert part in html
    assert "&amp;lt;b&amp;gt;" in html


def test_nothing_of_a_table_acts_in_a_page() -> None:
    assert html_table("<i>", [("a", "<script>")]).count("<script>") == 0
    assert text_table("title", [("a", "1"), ("long", "2")]) == "title\n  a     1\n  long  2"


def test_a_data_frame_has_the_samples_under_names_with_units(run: Run) -> None:
    pytest.importorskip("pandas")
    frame = run.to_dataframe()
    assert list(frame.columns) == ["time_s", "voltage_V", "current_A", "status"]
    np.testing.assert_allclose(frame["time_s"], T, rtol=1e-12)
    np.testing.assert_allclose(frame["current_A"], AMPERES, rtol=1e-9, atol=1e-18)
    assert frame.attrs["source"] == "sine.nxs"
    frame.loc[0, "current_A"] = 1.0
    assert run.current_A[0] != 1.0


def test_polars_has_the_same_columns(run: Run) -> None:
    pytest.importorskip("polars", reason="needs polars: --group neighbours")
    frame = run.to_polars()
    assert frame.columns == ["time_s", "voltage_V", "current_A", "status"]
    np.testing.assert_allclose(frame["current_A"].to_numpy(), AMPERES, rtol=1e-9, atol=1e-18)


def test_a_dataset_has_units_and_times(run: Run) -> None:
    pytest.importorskip("xarray")
    dataset = run.to_xarray()
    assert dataset["current_A"].attrs["units"] == "A"
    assert float(dataset["voltage_V"].sel(time_s=1.0, method="nearest")) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("method", "library"),
    [("to_dataframe", "pandas"), ("to_polars", "polars"), ("to_xarray", "xarray"), ("plot", "matplotlib")],
)
def test_a_library_that_is_not_there_is_named_with_how_to_get_it(
    run: Run, method: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [library, *(one for one in sys.modules if one.startswith(f"{library}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises((RunFileError, FigureError), match=rf"{library}.*pip install"):
        getattr(run, method)()


def test_a_picture_shows_both_columns_over_the_time_of_the_run(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figure = run.plot()
    voltage, current = figure.axes
    np.testing.assert_allclose(voltage.lines[0].get_ydata(), VOLTS, atol=1e-12)
    np.testing.assert_allclose(current.lines[0].get_ydata(), AMPERES, rtol=1e-9, atol=1e-18)
    assert voltage.yaxis.get_major_formatter()(0.02).replace("\u202f", " ") == "20 mV"
    figure.savefig(tmp_path / "run.png")
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")


def test_of_a_long_run_no_peak_is_lost() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(1_234_567, dtype=np.float64)
    values = rng.standard_normal(len(t))
    values[[17, 600_000, len(t) - 1]] = 50.0, -60.0, 70.0
    values[1000:1200] = np.nan
    at, kept = thinned(t, values)
    assert len(at) <= 1.2 * DRAWN
    assert {50.0, -60.0, 70.0} <= set(kept.tolist())
    assert np.all(np.diff(at) > 0)
