"""Reading of a campaign's tables: every problem of sections, sweeps and points is found, and said where it stands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from protocols.advice import with_sweeps_advised
from protocols.campaigns.paths import place_of
from protocols.campaigns.points import TEMPERATURE, Axis, Points
from protocols.campaigns.sections import SECTIONS, CampaignSections
from protocols.campaigns.stopping import ConditionsSpec, StopCondition
from protocols.campaigns.sweep import MOST_POINTS
from protocols.errors import Problem, ProtocolError
from protocols.fields import problems_under
from protocols.protocol import Protocol
from protocols.recipes import RECIPES
from protocols.records import RecordSpec, did_you_mean, read_record, specs, unknown_key
from protocols.texts import printable
from protocols.units import described, format_quantity, parse_quantity

STOP_WHEN = "stop_when"
"""Key that may also stand at the top of a document: the conditions of ``[stop]``."""
CAMPAIGN_KEYS = (*SECTIONS, STOP_WHEN)
"""Keys of a document that make it a campaign."""
MOST_WRONG = 1000
"""Combinations of values that make no protocol, after which no more are read: what is wrong with them takes a
millisecond each to say. Doubled, a document that is wrong throughout takes two seconds longer to be refused."""
MOST_PROBLEMS = 20
"""Problems of points that are named; the others are counted. A screen; doubled, the first ones scroll away."""


def read_campaign(tables: Mapping[str, Any], source: str) -> tuple[CampaignSections, Points]:
    """Return sections and points of the tables of a document.

    Parameters
    ----------
    tables : mapping
        As `protocols.document.read_toml` gives them.
    source : str
        Name of the document, for error messages.

    Raises
    ------
    ProtocolError
        With every problem, each with its path.
    """
    known = list(specs(Protocol))
    problems = [
        Problem(printable(key), unknown_key(key, [*known, *CAMPAIGN_KEYS], Protocol.hints))
        for key in tables
        if key not in {*known, *CAMPAIGN_KEYS}
    ]
    base = {key: value for key, value in tables.items() if key in known}
    try:
        sections = _read_sections(tables)
    except ProtocolError as error:
        problems += [*error.problems, *_wrong_in_base(base)]
        raise ProtocolError(tuple(with_sweeps_advised(problems, tables)), source) from None
    problems += _problems_of_sweeps(sections, base)
    if not problems:
        points = Points(base, _axes(sections), sections.order)
        problems += _problems_of_points(points, sections)
    else:
        problems += _wrong_in_base(base)
    if problems:
        raise ProtocolError(tuple(with_sweeps_advised(problems, tables)), source)
    return sections, points


def _read_sections(tables: Mapping[str, Any]) -> CampaignSections:
    """Return the sections, with conditions that stand at the top of the document among those of ``[stop]``."""
    problems: list[Problem] = []
    conditions: tuple[StopCondition, ...] = ()
    if STOP_WHEN in tables:
        try:
            conditions = ConditionsSpec("").read(tables[STOP_WHEN])
        except ValueError as error:
            problems += problems_under(STOP_WHEN, error)
    try:
        sections = read_record(CampaignSections, {key: tables[key] for key in SECTIONS if key in tables})
    except ProtocolError as error:
        raise ProtocolError((*problems, *error.problems)) from None
    if conditions and sections.stop.stop_when:
        problems.append(Problem(STOP_WHEN, "stands in [stop] too: give it once"))
    if problems:
        raise ProtocolError(tuple(problems))
    return replace(sections, stop=replace(sections.stop, stop_when=conditions)) if conditions else sections


def _wrong_in_base(base: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong in the protocol whatever the sweeps give; what is missing they may give."""
    try:
        read_record(Protocol, base)
    except ProtocolError as error:
        return [one for one in error.problems if not one.message.startswith("is missing")]
    return []


def _problems_of_sweeps(sections: CampaignSections, base: Mapping[str, Any]) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for k, sweep in enumerate(sections.sweeps):
        for path in sweep.fields:
            where = f"sweep[{k}]" + (".zip" if sweep.together is not None else ".field")
            if path in seen:
                problems.append(Problem(where, f"{path} is swept by sweep[{seen[path]}] already"))
            elif wrong := _wrong_field(path, sections, base):
                problems.append(Problem(where, wrong))
            seen[path] = k
    rule = sections.temperature
    if rule is not None and rule.set_points_K is None and TEMPERATURE not in seen:
        problems.append(Problem("temperature.set_points", f'is missing: give a list, or a sweep of "{TEMPERATURE}"'))
    elif rule is not None and rule.set_points_K is not None and TEMPERATURE in seen:
        problems.append(
            Problem("temperature.set_points", f"stand in sweep[{seen[TEMPERATURE]}] already: give one of them")
        )
    return [*problems, *_too_many(sections)]


def _wrong_field(path: str, sections: CampaignSections, base: Mapping[str, Any]) -> str:
    """Return why a field cannot be swept; empty if it can, or if only its values will show."""
    if path == TEMPERATURE:
        return (
            ""
            if sections.temperature
            else (
                "there is no [temperature] with a controller that could set it. A temperature that is set by hand is"
                ' field = "sample.temperature"'
            )
        )
    if path == "sample.temperature" and sections.temperature is not None:
        return f'the controller sets it: sweep "{TEMPERATURE}"'
    if place_of(path)[0] in specs(Protocol):
        return ""
    paths = list(_paths(base))
    same = [one for one in paths if one.rpartition(".")[2] == path.rpartition(".")[2]]
    advice = f"did you mean {same[0]!r}? " if same else did_you_mean(path, paths)
    return f"{described(path)} is no field of this protocol: {advice}Fields are {', '.join(paths)}"


def _paths(base: Mapping[str, Any]) -> Iterator[str]:
    """Give the paths of the fields that the protocol may have."""
    for name, spec in specs(Protocol).items():
        table = base.get(name)
        kind = spec.kind if isinstance(spec, RecordSpec) else None
        if kind is None and isinstance(table, Mapping):
            kind = RECIPES.get(str(table.get("kind")))
        if kind is None:
            yield name
        else:
            yield from (f"{name}.{one.key(field)}" for field, one in specs(kind).items())


def _too_many(sections: CampaignSections) -> list[Problem]:
    counts = [sweep.n_values for sweep in sections.sweeps]
    set_points = sections.temperature.set_points_K if sections.temperature else None
    counts += [len(set_points)] if set_points is not None else []
    counts += [sections.order.repeats] if sections.order.repeats > 1 else []
    n = math.prod(counts)
    if n <= MOST_POINTS:
        return []
    factors = " x ".join(f"{count:,}" for count in counts)
    return [
        Problem(
            "sweep",
            f"{n:,} points in all ({factors}); at most {MOST_POINTS:,} are taken. Fields that go together stand in one"
            " sweep, in `zip`",
        )
    ]


def _axes(sections: CampaignSections) -> tuple[Axis, ...]:
    axes = [Axis(sweep.fields, tuple(sweep.rows())) for sweep in sections.sweeps]
    set_points = sections.temperature.set_points_K if sections.temperature else None
    if set_points is not None:
        axes.insert(0, Axis((TEMPERATURE,), tuple((f"{one:.12g} K",) for one in set_points)))
    return tuple(axes)


def _problems_of_points(points: Points, sections: CampaignSections) -> list[Problem]:
    """Return what is wrong with the values of sweeps, each once, and with points whose values do not go together."""
    found: dict[Problem, list[int]] = {}
    n = math.prod(len(axis.rows) for axis in points.axes)
    for problem in _problems_of_temperatures(points, sections):
        found[problem] = []
    if not found:
        n_wrong = 0
        for n_read, k in enumerate(_fastest_first(points), 1):
            try:
                points.protocol_at(k)
            except ValueError as error:
                n_wrong += 1
                for one in problems_under("", error):
                    found.setdefault(_placed(one, points, sections, k), []).append(k)
            if n_wrong == MOST_WRONG:
                n = n_read
                break
    problems = [
        replace(one, message=f"{one.message} ({_where(points, where, n)})")
        if 0 < len(where) < n and not one.path.startswith("sweep[")
        else one
        for one, where in sorted(found.items(), key=lambda item: min(item[1], default=0))
    ]
    more = len(problems) - MOST_PROBLEMS
    return problems[:MOST_PROBLEMS] + ([Problem("", f"{more} more problems")] if more > 0 else [])


def _fastest_first(points: Points) -> Iterator[int]:
    """Give all combinations, the first axis changing fastest.

    That is often the temperature, whose tables are few: so each sequence is made once, and not once a temperature.
    """
    steps = np.arange(math.prod(len(axis.rows) for axis in points.axes))
    yield from steps.reshape([len(axis.rows) for axis in points.axes]).ravel(order="F").tolist()


def _where(points: Points, combinations: list[int], n: int) -> str:
    first = points.values_at(min(combinations))
    values = ", ".join(f"{path} = {described(one)}" for path, one in first.items())
    return f"{len(combinations)} of {n} combinations, the first: {values}"


def _placed(problem: Problem, points: Points, sections: CampaignSections, combination: int) -> Problem:
    """Return a problem of a point where it stands in the document: at the value of a sweep, if it is one of it."""
    for path in points.values_at(combination):
        if path != TEMPERATURE and problem.path.startswith(path) and problem.path[len(path) :][:1] in {"", ".", "["}:
            below = problem.path[len(path) :]
            for place, sweep, step in _sweeps_with(path, points, sections, combination):
                if problem.message.startswith("is not known here"):
                    return Problem(
                        f"{place}.{'zip' if sweep.together is not None else 'field'}", f"{path} {problem.message}"
                    )
                return Problem(f"{place}.{sweep.place_of(path, step)}{below}", problem.message)
    return problem


def _sweeps_with(
    path: str, points: Points, sections: CampaignSections, combination: int
) -> Iterator[tuple[str, Any, int]]:
    """Give the sweep of a field with its place in the document, and the step at which it is."""
    for k, sweep in enumerate(sections.sweeps):
        if path in sweep.fields:
            steps = points.steps_at(combination)
            axis = next(n for n, axis in enumerate(points.axes) if path in axis.fields)
            yield f"sweep[{k}]", sweep, steps[axis]


def _problems_of_temperatures(points: Points, sections: CampaignSections) -> Iterator[Problem]:
    """Give set points that are no temperatures, or beyond the limit."""
    rule = sections.temperature
    if rule is None:
        return
    axis = next(axis for axis in points.axes if TEMPERATURE in axis.fields)
    column = axis.fields.index(TEMPERATURE)
    for step, row in enumerate(axis.rows):
        place = f"temperature.set_points[{step}]"
        for k, sweep in enumerate(sections.sweeps):
            if TEMPERATURE in sweep.fields:
                place = f"sweep[{k}].{sweep.place_of(TEMPERATURE, step)}"
        try:
            kelvin = parse_quantity(row[column], "K")
        except ValueError as error:
            yield Problem(place, str(error))
            continue
        if not 0.0 < kelvin <= rule.limit_K:
            limit = format_quantity(rule.limit_K, "K")
            yield Problem(place, f"{kelvin:g} K must be above zero, and not above the limit of {limit}")
