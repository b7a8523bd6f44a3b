"""Is a result that was saved the same when it is loaded, and is what is no such file refused?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.campaigns.truth import Bulk, Cell, SimulatedRecord
from fitting import Estimate, Estimates, FitResult, fit, load_result
from protocols import FitError, InputError, PulseSequence

N, DT = 20_000, 1e-5
T = np.asarray((np.arange(N) + 0.5) * DT, dtype=np.float64)
DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)


@pytest.fixture(scope="module")
def record() -> SimulatedRecord:
    current = Cell(Bulk("De", {"G_inf": 5e-4, "W_inf": 0.3, "tau": 2e-3}), Q=1e-5).current(T, DRIVE)
    return SimulatedRecord.of(T, current + 1e-8 * np.random.default_rng(1).standard_normal(N), DRIVE)


@pytest.fixture(scope="module")
def result(record: SimulatedRecord) -> FitResult:
    return fit(record, "De1-C1", start={"De1.tau": "1.5 ms", "De1.G_inf": "0.4 mS"})


def test_a_loaded_result_is_the_one_that_was_saved(result: FitResult, tmp_path: Path) -> None:
    path = result.save(tmp_path / "result.json")
    again = load_result(path)
    assert str(again) == str(result)
    assert again.estimates == result.estimates
    np.testing.assert_array_equal(again.covariance, result.covariance)
    np.testing.assert_array_equal(again.weights, result.weights)
    assert again["De1.tau"].value == pytest.approx(2e-3, rel=0.01)
    json.loads(path.read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_a_result_replaces_one_of_its_name_and_no_run(result: FitResult, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text("old")
    result.save(path)
    assert load_result(path).source == result.source
    with pytest.raises(FitError, match=r"\.nxs belong to runs"):
        result.save(tmp_path / "run.nxs")
    with pytest.raises(FitError, match="could not be written"):
        result.save(tmp_path / "nowhere" / "result.json")


def damaged(document: dict[str, Any]) -> list[str]:
    """Return texts that are nearly the document."""
    without = {key: value for key, value in document.items() if key != "arrays"}
    wrong = document | {"arrays": document["arrays"] | {"covariance": "none"}}
    other = document | {"result": {key: one for key, one in document["result"].items() if key != "parameters"}}
    whole = json.dumps(document)
    return ["", "[1, 2]", '{"kind": "x"}', whole[: len(whole) // 2], *map(json.dumps, (without, wrong, other))]


def test_what_is_no_saved_result_is_refused_with_its_name(result: FitResult, tmp_path: Path) -> None:
    path = result.save(tmp_path / "result.json")
    for text in damaged(json.loads(path.read_text())):
        path.write_text(text)
        with pytest.raises(InputError, match=r"result\.json"):
            load_result(path)
    with pytest.raises(InputError, match="kept_study"):
        load_result(tmp_path / "run.results.nxs")
    with pytest.raises(InputError, match=r"missing\.json"):
        load_result(tmp_path / "missing.json")


def test_a_result_of_a_later_version_says_so(result: FitResult, tmp_path: Path) -> None:
    path = result.save(tmp_path / "result.json")
    document = json.loads(path.read_text())
    document["result"]["format"] = 99
    path.write_text(json.dumps(document))
    with pytest.raises(FitError, match="later version"):
        load_result(path)


def test_estimates_are_found_by_place_and_by_name() -> None:
    both = Estimates(Estimate(name, "", 1.0, (0.9, 1.1), determined=True) for name in ("R0", "C1"))
    assert both["C1"] is both[1]
    assert both[:1] == (both[0],)
    assert both.names == ("R0", "C1")
    with pytest.raises(KeyError, match="there are: R0, C1"):
        both["R1"]


def test_a_picture_has_the_current_what_is_left_and_the_memory(result: FitResult, record: SimulatedRecord) -> None:
    pytest.importorskip("matplotlib")
    current, left, memory = result.plot(record).axes
    measured, fitted = (line.get_ydata() for line in current.lines)
    assert np.sqrt(np.mean((measured - fitted) ** 2)) == pytest.approx(1e-8, rel=0.1)
    np.testing.assert_allclose(left.lines[0].get_ydata(), measured - fitted)
    assert memory.get_xscale() == "log"
    assert len(result.plot().axes) == 1
    with pytest.raises(FitError, match=r"result\.plot\(run\)"):
        fit(record, "R1-C1").plot()
