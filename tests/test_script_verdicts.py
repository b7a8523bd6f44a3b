"""Are a maker's scripts judged by what their errors say and their texts bear out, and by nothing else?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.script_verdicts import CLEAN, REFUSED, TO_READ, WAITS, Outcome, judged, libraries
from benchmarks.vendor_scripts import outcome_of, scripts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("kind", "text", "verdict", "reason"),
    [
        ("keithley2602b", "print(1)", CLEAN, ""),
        ("keithley2602b", "tsplink.reset()", REFUSED, "another node"),
        ("keithley2602b", "node[2].smua.reset()", REFUSED, "another node"),
        ("keithley2602b", "smua.pulser.enable = 1", REFUSED, "pulser"),
        ("keithley2602b", "-- for the 2651A\nsmua.source.rangei = 20", REFUSED, "ranges of a 2651"),
        ("keithley2602b", "-- for the 2602B\nsmua.source.rangei = 20", TO_READ, "1101"),
        ("keithley2602b", "print('a'..nothing)", REFUSED, "a name that nothing sets"),
        ("keithley2602b", "smua.nonsense()", TO_READ, "-286"),
        ("emstat-pico", "e\nset_i 0\n", REFUSED, "001B"),
        ("emstat-pico", "e\nvar a\nvar a\n", REFUSED, "declares twice: a"),
        ("emstat-pico", "e\nhibernate 2i 1\n", WAITS, "for a key"),
        ("emstat-pico", "e\nset_scan_dir 1i\n", TO_READ, "7FFF"),
    ],
)
def test_each_verdict_has_its_reason(tmp_path: Path, kind: str, text: str, verdict: str, reason: str) -> None:
    (tmp_path / ("one.mscr" if text.startswith("e\n") else "one.tsp")).write_text(text)
    texts = dict(scripts(tmp_path))
    (name,) = texts
    _, found = outcome_of(kind, name, texts)
    assert found.name == verdict
    assert reason in found.reason


def test_a_script_runs_behind_the_one_that_defines_what_it_calls(tmp_path: Path) -> None:
    (tmp_path / "define.tsp").write_text("function twice(x)\nreturn 2 * x\nend\n")
    (tmp_path / "use.tsp").write_text("print(twice(3))")
    texts = dict(scripts(tmp_path))
    outcome, found = outcome_of("keithley2602b", "use.tsp", texts)
    assert (found.name, outcome.printed > 0) == (CLEAN, True)
    refused = Outcome("use.tsp", "keithley2602b", True, 0, 0, ["-286, attempt to call global `twice' (a nil value)"])
    assert libraries(refused, texts) == ["define.tsp"]
    assert judged(refused, texts).name == TO_READ


def test_a_model_of_the_family_is_tried_that_takes_it(tmp_path: Path) -> None:
    (tmp_path / "wide.tsp").write_text("smu.source.func = smu.FUNC_DC_CURRENT\nsmu.source.range = 4")
    outcome, found = outcome_of("keithley2450", "wide.tsp", dict(scripts(tmp_path)))
    assert (found.name, outcome.kind) == (CLEAN, "keithley2460")
