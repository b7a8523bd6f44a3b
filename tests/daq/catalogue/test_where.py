"""A condition finds the runs that a reader of it would find, and is refused with what would be right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq.catalogue.catalogue import Search
from daq.catalogue.database import open_database, put_entry
from daq.catalogue.entry import Entry, Figure
from daq.catalogue.place import CatalogueError
from daq.files.summary import Summary
from tests.alphabets import CHARACTERS
from tests.daq.catalogue.listing import found_in
from tests.properties import examples

FOLDER = Path("/runs").absolute()  # with a drive on Windows
NAMES = ["LPSCl 7", "lpscl", "LGPS", "Na-β″-alumina", "", "50% aged", "under_score", "quo'te"]
TAGS = [(), ("rough",), ("rough", "Aged"), ("aged in air",)]
STATES = ["complete", "stopped", "running"]
TAUS_S = [1e-3, 2.5e-3, 0.1]


def entries() -> list[Entry]:
    """Return runs of all combinations of some values; a temperature and a fit are known of some only."""
    made = []
    for k in range(96):
        temperature_K = None if k % 5 == 0 else 200.0 + 2.0 * k
        start = f"2026-11-{1 + k % 28:02d}T{k % 24:02d}:30:00.000+00:00"
        summary = Summary(
            f"protocol {k % 3}", start, "pulse", sample=NAMES[k % 8], temperature_K=temperature_K, tags=TAGS[k % 4]
        )
        figures = (Figure("Mig1.tau", TAUS_S[k % 3], None, None, "s", True),) if k % 2 else ()
        made.append(Entry(summary, STATES[k % 3], 10 * k, 0.5 * k, "R0-Mig1" if k % 2 else "", "", figures))
    return made


RUNS = entries()


def local_day(run: Entry) -> dt.date:
    return dt.datetime.fromisoformat(run.summary.start_time).astimezone().date()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], set[int]]]:
    """Return a search of the runs by a condition, which gives their numbers."""
    with open_database(tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite") as connection:
        for k, entry in enumerate(RUNS):
            put_entry(connection, str(FOLDER / f"{k}.nxs"), "", entry)
        yield lambda where: {int(one.stem) for one in found_in(connection, Search((FOLDER,), where))}


@dataclass(frozen=True)
class Spoken:
    """A condition as text, and what it means: None where something is not known."""

    text: str
    holds: Callable[[Entry], bool | None]


def contains_name(part: str) -> Spoken:
    return Spoken(f'sample~"{part}"', lambda run: part.casefold() in run.summary.sample.casefold())


def warmer(kelvin: int, operator: str, unit: str) -> Spoken:
    def holds(run: Entry) -> bool | None:
        known = run.summary.temperature_K
        if known is None:
            return None
        return {"<": known < kelvin, ">=": known >= kelvin, "=": known == kelvin}[operator]

    value = f"{kelvin} K" if unit == "K" else f"{kelvin - 273.15:.2f} degC"
    return Spoken(f"T {operator} {value}", holds)


def tagged(tag: str) -> Spoken:
    return Spoken(f"tag = '{tag}'", lambda run: tag.casefold() in {one.casefold() for one in run.summary.tags})


def slower(milliseconds: float) -> Spoken:
    def holds(run: Entry) -> bool:
        return any(one.value > milliseconds * 1e-3 for one in run.figures)

    return Spoken(f"Mig1.tau>{milliseconds:g} ms", holds)


def opposite(one: Spoken) -> Spoken:
    def holds(run: Entry) -> bool | None:
        value = one.holds(run)
        return None if value is None else not value

    return Spoken(f"not ({one.text})", holds)


def both(a: Spoken, b: Spoken) -> Spoken:
    def holds(run: Entry) -> bool | None:
        values = (a.holds(run), b.holds(run))
        return False if False in values else None if None in values else True

    return Spoken(f"({a.text} AND {b.text})", holds)


def either(a: Spoken, b: Spoken) -> Spoken:
    def holds(run: Entry) -> bool | None:
        values = (a.holds(run), b.holds(run))
        return True if True in values else None if None in values else False

    return Spoken(f"({a.text} or {b.text})", holds)


single = st.one_of(
    st.builds(contains_name, st.sampled_from(["lpscl", "LPSCl 7", "β", "%", "_", "'", "x"])),
    st.builds(warmer, st.integers(190, 400), st.sampled_from(["<", ">=", "="]), st.just("K")),
    st.builds(warmer, st.integers(190, 400), st.sampled_from(["<", ">="]), st.just("degC")),
    st.builds(tagged, st.sampled_from(["rough", "AGED", "aged in air", "air"])),
    st.builds(slower, st.sampled_from([0.5, 2.0, 50.0])),
)
conditions = st.recursive(
    single,
    lambda inner: st.one_of(st.builds(opposite, inner), st.builds(both, inner, inner), st.builds(either, inner, inner)),
    max_leaves=6,
)


@settings(max_examples=examples(120))
@given(conditions)
def test_a_condition_finds_what_it_says(catalogue: Callable[[str], set[int]], condition: Spoken) -> None:
    assert catalogue(condition.text) == {k for k, run in enumerate(RUNS) if condition.holds(run)}


@pytest.mark.parametrize(
    ("where", "means"),
    [
        ("state=complete", lambda run: run.state == "complete"),
        ("STATE=complete or state = Stopped and T<250 K", None),
        ("samples >= 500 and duration < 30 s", lambda run: run.samples >= 500 and run.duration_s < 30),
        ("fit!~Mig and state != 'complete'", lambda run: not run.circuit and run.state != "complete"),
        ("start < 2026-11-05", lambda run: local_day(run) < dt.date(2026, 11, 5)),
        ("start = 2026-11-05", lambda run: local_day(run) == dt.date(2026, 11, 5)),
        ("start>2026-11-05T06:30+00:00", lambda run: run.summary.start_time[:16] > "2026-11-05T06:30"),
        ("tag ~ ed", lambda run: any("ed" in one.lower() for one in run.summary.tags)),
        ("text ~ 'mig1 rou'", lambda run: bool(run.circuit) and "rough" in run.summary.tags),
        ("temperature>210K and T<=220 K", lambda run: 210 < (run.summary.temperature_K or 0) <= 220),
    ],
)
def test_the_words_of_the_language(
    catalogue: Callable[[str], set[int]],
    where: str,
    means: Callable[[Entry], bool] | None,
) -> None:
    if means is None:
        with pytest.raises(CatalogueError, match="'STATE' is no field"):
            catalogue(where)
        return
    expected = {k for k, run in enumerate(RUNS) if means(run)}
    assert 0 < len(expected) < len(RUNS)
    assert catalogue(where) == expected


def test_and_binds_closer_than_or(catalogue: Callable[[str], set[int]]) -> None:
    without = catalogue("samples=10 or samples=20 and state=nothing")
    assert without == catalogue("samples=10") == {1}


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ('smaple="x"', "did you mean 'sample'"),
        ("Mig1.tua > 1 ms", "did you mean 'Mig1.tau'"),
        ("T<270", "has no unit: expected a quantity in K"),
        ("T<270 V", "is not a unit of K"),
        ("T~270 K", "T is no text"),
        ("sample<3", "sample is a text"),
        ("sample", "behind sample one of"),
        ("sample=", "a value for sample is missing"),
        ("sample= and T<270 K", "a value for sample is missing"),
        ('sample="LPSCl', "a quote is not closed"),
        ("(T<270 K", "a closing bracket is missing"),
        ("T<270 K)", "an `and` or `or` is expected"),
        ('sample="a" T<270 K', "an `and` or `or` is expected"),
        ("", "here a field is expected"),
        ("start>yesterday", "neither a date such as"),
        ("start>0001-01-01", "neither a date such as"),
        ("tag<3", "tag can be compared by"),
        ("text~'!?'", "has no word to look for"),
        ("(" * 40 + "T<270 K", "nested more than 32 deep"),
        ("not " * 400, "nested more than 32 deep"),
        ("T<270 K or " * 300, "at most 2000 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_wrong(
    catalogue: Callable[[str], set[int]], where: str, says: str
) -> None:
    with pytest.raises(CatalogueError) as refused:
        catalogue(where or " ")
    assert says in str(refused.value)


@settings(max_examples=examples(150))
@given(
    st.text(CHARACTERS, max_size=60)
    | st.text(st.sampled_from(list("T<>=~!'\"()%_;- sampletagnotandor0123456789K")), max_size=60)
)
def test_no_text_does_anything_but_find_or_be_refused(catalogue: Callable[[str], set[int]], where: str) -> None:
    with suppress(CatalogueError):
        catalogue(where)
    assert len(catalogue("samples >= 0")) == len(RUNS)


@pytest.mark.parametrize("text", ["x'); DROP TABLE runs; --", '" OR 1=1 --', "a\\' OR 1=1"])
def test_what_is_searched_for_is_never_a_command(catalogue: Callable[[str], set[int]], text: str) -> None:
    quote = "'" if '"' in text else '"'
    assert catalogue(f"sample={quote}{text}{quote}") == set()
    assert len(catalogue("samples >= 0")) == len(RUNS)


def test_since_takes_a_date_or_a_time_ago(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    with open_database(tmp_path / "catalogue.sqlite") as connection:
        for days in range(5):
            start = (now - dt.timedelta(days=days, hours=1)).isoformat(timespec="milliseconds")
            put_entry(connection, str(FOLDER / f"{days}.nxs"), "", Entry(Summary("t", start)))
        inside = (FOLDER,)
        assert len(found_in(connection, Search(inside, since="2 days"))) == 2
        date = (now - dt.timedelta(days=2, hours=1)).isoformat(timespec="minutes")
        assert len(found_in(connection, Search(inside, since=date))) == 3
        with pytest.raises(CatalogueError, match="--since"):
            found_in(connection, Search(inside, since="a while"))
