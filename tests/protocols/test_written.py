"""Whatever can be planned can be written, and reads back equal."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from protocols import Limits, Protocol, ProtocolError, PulseSequence, Sample, Sampling
from protocols.definitions import MOST_NAME
from protocols.fields import LISTED, CountSpec, QuantitySpec
from protocols.recipes import RECIPES, Arrays, Recipe
from protocols.records import specs

OLD = Path(__file__).parent / "old_texts"

seconds = st.floats(1e-6, 1e4)
volts = st.floats(-5, 5)
# Control characters and the like are refused (tests/protocols/test_texts.py); notes may have lines.
seen = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
texts = st.text(seen, max_size=MOST_NAME)
notes_of_lines = st.text(seen | st.sampled_from("\n\r\t"))
sizes = {"V": volts, "s": seconds}


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Draw any recipe but arrays, with any of its fields left at its default."""
    kind = draw(st.sampled_from([kind for kind in RECIPES.values() if kind is not Arrays]))
    signature = inspect.signature(kind)
    given: dict[str, Any] = {}
    for name, spec in specs(kind).items():
        has_default = signature.parameters[name].default is not inspect.Parameter.empty
        if has_default and draw(st.booleans()):
            continue
        if isinstance(spec, QuantitySpec):
            given[name] = draw(sizes[spec.unit])
        elif isinstance(spec, CountSpec):
            given[name] = draw(st.integers(spec.at_least, min(spec.at_most or 12, 12)))
    if "period" in given and "width" in given:
        given["width"] = min(given["width"], 0.9 * given["period"])
    if "highest" in given:
        given["points"] = 4 * given["highest"]
    if "seed" in given and "order" in given:
        given["seed"] = min(given["seed"], 2 ** given["order"] - 1)
    return kind(**given)


@st.composite
def edges(draw: st.DrawFn) -> PulseSequence:
    """Draw any sequence of holds and ramps, with jumps anywhere."""
    rest = draw(st.sampled_from([0.0, 0.25, -1e-3]))
    dwells = draw(st.lists(seconds, min_size=1, max_size=20))
    level = st.sampled_from([0.0, 0.1, -0.2, 1e-7]) | volts
    n = len(dwells)
    starts = draw(st.lists(level, min_size=n, max_size=n))
    ends = draw(st.lists(level, min_size=n, max_size=n))
    times = np.concatenate([[0.0], np.cumsum(dwells)])
    return PulseSequence(times[:-1], np.array(starts), np.array(ends), float(times[-1]), rest)


def limits_and_all(sequence: PulseSequence) -> Protocol:
    return Protocol("drive", sequence, Sampling(1e-3), Limits(voltage_V=50.0, current_A=1e-3))


def long_sequence(n: int) -> PulseSequence:
    """Return `n` segments, holds and ramps, every tenth of them with a jump at its start."""
    rng = np.random.default_rng(7)
    level = 0.1 * rng.standard_normal(n)
    start = np.where(rng.random(n) < 0.5, level, np.concatenate([[0.0], level[:-1]]))
    start[::10] += 0.01
    times = np.concatenate([[0.0], np.cumsum(rng.uniform(1e-4, 1e-2, n))])
    return PulseSequence(times[:-1], start, level, float(times[-1]), 0.0)


@given(recipes())
def test_every_recipe_reads_back_with_its_fields_and_its_edges(recipe: Recipe) -> None:
    protocol = limits_and_all(PulseSequence.of(recipe))
    read = Protocol.from_toml(protocol.to_toml())
    assert read == protocol
    assert read.sequence.recipe == recipe


@given(edges())
def test_every_row_of_segments_reads_back_equal(sequence: PulseSequence) -> None:
    protocol = limits_and_all(sequence)
    assert Protocol.from_toml(protocol.to_toml()) == protocol


@given(
    name=texts.filter(str.strip),
    notes=notes_of_lines,
    operator=texts,
    project=texts,
    tags=st.lists(st.text(st.sampled_from("ab ä'\"-\\"), max_size=5).map(lambda one: f"x{one}"), max_size=5).map(tuple),
    repeats=st.integers(1, 10**6),
    sampling=st.builds(Sampling, st.floats(1e-9, 1e5), st.none() | st.floats(1e-12, 1e2), st.booleans()),
    limits=st.builds(
        Limits,
        st.floats(1e-6, 1e3),
        st.floats(1e-12, 1e3),
        *[st.none() | st.floats(1e-300, 1e300)] * 3,
    ),
    sample=st.builds(
        Sample,
        texts,
        st.none() | st.floats(1e-9, 1),
        st.none() | st.floats(1e-9, 1),
        texts,
        st.none() | st.floats(1e-3, 1e4),
        st.none() | st.floats(1e-20, 1e5),
        st.none() | st.floats(1, 1e6),
    ),
)
def test_all_that_surrounds_a_sequence_reads_back_equal(**fields: Any) -> None:
    protocol = Protocol(sequence=PulseSequence.pulse(0.01, 1.0, after=1.0), **fields)
    assert Protocol.from_toml(protocol.to_toml()) == protocol


@given(recipes(), st.floats(1e-3, 1e3))
def test_a_stretched_recipe_reads_back_equal(recipe: Recipe, factor: float) -> None:
    protocol = limits_and_all(PulseSequence.of(recipe))
    try:
        slow = protocol.stretched(factor)
    except ProtocolError:
        assume(False)  # times so different that they fall together in double precision
    assert Protocol.from_toml(slow.to_toml()) == slow


@pytest.mark.parametrize("n", [LISTED - 1, LISTED, LISTED + 1])
def test_lists_and_stored_arrays_say_the_same(n: int, tmp_path: Path) -> None:
    protocol = limits_and_all(long_sequence(n))
    assert Protocol.from_toml(protocol.to_toml()) == protocol
    protocol.save(tmp_path / "drive.toml")
    assert Protocol.load(tmp_path / "drive.toml") == protocol
    assert len(list(tmp_path.iterdir())) == (4 if n > LISTED else 1)


def test_more_than_a_million_edges_with_jumps_at_ramps_survive_text_and_file(tmp_path: Path) -> None:
    protocol = limits_and_all(long_sequence(1_200_000))
    text = protocol.to_toml()
    assert Protocol.from_toml(text) == protocol
    assert len(text) < 1.5 * 8 * 3 * 1_200_000  # base64 costs a third of the doubles, not ten times as much
    protocol.save(tmp_path / "drive.toml")
    assert Protocol.load(tmp_path / "drive.toml") == protocol
    assert len((tmp_path / "drive.toml").read_text()) < 2000


def test_a_repeated_sequence_is_written_with_its_arrays() -> None:
    whole = Protocol.load("pulse_train").sequence.repeated(200)
    assert len(whole) > LISTED
    protocol = limits_and_all(whole)
    assert Protocol.from_toml(protocol.to_toml()) == protocol


def saved(tmp_path: Path) -> tuple[Path, Path]:
    """Save a protocol whose times are in a file of their own."""
    file = tmp_path / "drive.toml"
    limits_and_all(long_sequence(LISTED + 1)).save(file)
    return file, tmp_path / "drive.sequence.times.npy"


def test_a_stored_array_is_plain_numpy_and_its_digest_that_of_the_file(tmp_path: Path) -> None:
    file, times = saved(tmp_path)
    np.testing.assert_array_equal(np.load(times), long_sequence(LISTED + 1).times_s)
    assert hashlib.sha256(times.read_bytes()).hexdigest() in file.read_text()


def test_an_array_that_is_not_the_one_that_was_written_is_refused(tmp_path: Path) -> None:
    file, times = saved(tmp_path)
    np.save(times, 2.0 * np.load(times))
    with pytest.raises(ProtocolError, match=r"sequence\.times: 'drive.sequence.times.npy' is not the file") as caught:
        Protocol.load(file)
    assert [problem.path for problem in caught.value.problems] == ["sequence.times"]


def test_a_lost_array_is_one_problem_beside_the_others(tmp_path: Path) -> None:
    file, times = saved(tmp_path)
    times.unlink()
    file.write_text(file.read_text().replace('voltage = "50.0 V"', 'voltage = "50.0 A"'))
    with pytest.raises(ProtocolError) as caught:
        Protocol.load(file)
    assert [problem.path for problem in caught.value.problems] == ["sequence.times", "limits.voltage"]


def test_text_alone_does_not_reach_for_files(tmp_path: Path) -> None:
    file, _ = saved(tmp_path)
    with pytest.raises(ProtocolError, match="read that file, not its text alone"):
        Protocol.from_toml(file.read_text())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('{ file = "../x.npy", sha256 = "00" }', "in the folder of the protocol file"),
        ('{ file = "x.npy" }', "an array is stored as"),
        ("{ npy_zlib_base64 = 'eJ' }", "damaged"),
        ("{ npy_zlib_base64 = 'eJxLTEoGAAJNASc=' }", "no array in NumPy's format"),
        ("{ npy_zlib_base64 = 3 }", "an array is stored as"),
        ("{ fill = 3 }", "not a table"),
    ],
)
def test_a_table_that_is_no_stored_array_is_told_so(table: str, message: str, tmp_path: Path) -> None:
    file, _ = saved(tmp_path)
    lines = [f"times = {table}" if line.startswith("times") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines))
    with pytest.raises(ProtocolError, match=message) as caught:
        Protocol.load(file)
    assert {problem.path for problem in caught.value.problems} == {"sequence.times"}


def test_texts_of_earlier_run_files_still_read() -> None:
    run = Protocol.from_toml((OLD / "arrays.toml").read_text(encoding="utf-8"))
    ramps = PulseSequence.from_arrays([0, 0.1, 0.3], [0.0, 0.02, -0.013], 0.5, ramp=[False, True, False], rest_V=0.001)
    sample = Sample("LPSCl 7", 8e-4, 5e-5, "steel, blocking", 248.15, 1e-7, 30.0)
    limits = Limits(0.1, 1e-5, 1e-3, 2e-3, 300.5)
    notes = 'two\nlines\t"x" µ'
    assert run == Protocol('Old "run"', ramps, Sampling(1e-5, 1e-6, True), limits, 3, sample, notes)
    probe = Protocol.from_toml((OLD / "pump_probe.toml").read_text(encoding="utf-8"))
    assert probe.sequence == PulseSequence.pump_probe(
        0.02, 0.3, 0.1, probe_level=0.005, before=0.05, after=1.25, bias=0.002
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=edges())
def test_saving_again_over_a_file_leaves_what_was_saved_last(sequence: PulseSequence, tmp_path: Path) -> None:
    file = tmp_path / "drive.toml"
    limits_and_all(sequence).save(file)
    assert Protocol.load(file).sequence == sequence
