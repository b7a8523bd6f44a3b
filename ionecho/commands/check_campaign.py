"""Command `check` of a campaign: all its points, their order, time, files, bounds, and what the instrument refuses."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, error_console, print_json
from ionecho.commands.refusals import BAD_USAGE, refusal
from protocols import Problem, format_duration, format_quantity
from protocols.campaigns import StopKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivers import CampaignPlan, DrivePlan, PlannedPoint, Potentiostat
    from fitting import Feasibility
    from protocols.campaigns import Campaign, Point, StopCondition, TemperatureRule

_FIRST, _LAST = 16, 4
"""Points at the beginning and at the end of a long campaign that the table shows: a screen. Doubled, what follows the
table is off the screen."""
_NOTES = 12
"""Notes of one kind that are shown; the others are counted, and all are in --json. Doubled, they fill a screen."""
_NAMED_POINTS = 6
"""Points, or runs of them, that a note names; a line. Doubled, lines break."""


@dataclass(frozen=True)
class _Check:
    """What was found of a campaign.

    Attributes
    ----------
    campaign : Campaign
    plan : CampaignPlan
    model : str
        Of the instrument.
    feasible : dict
        Whether the bulk's memory can be seen, with the points of each answer.
    started : datetime
        Now: when it would be started.
    free_bytes : int
        On the disk of `folder`.
    folder : Path
    problems : tuple of Problem
        Of the document, whatever the instrument: what no campaign can do, and a rule that none of its runs can follow.
    """

    campaign: Campaign
    plan: CampaignPlan
    model: str
    feasible: dict[Feasibility, list[int]]
    started: dt.datetime
    free_bytes: int
    folder: Path
    problems: tuple[Problem, ...]

    @property
    def ends(self) -> tuple[dt.datetime, dt.datetime]:
        """When it would be done, at the earliest and at the latest."""
        early, late = (self.started + dt.timedelta(seconds=one) for one in self.plan.duration_s)
        return early, late

    @property
    def time_ends(self) -> tuple[dt.datetime, tuple[int, int]] | None:
        """When its time ends, and how many points are done by then, at the least and at the most."""
        end = self.campaign.stop.ends_at(self.started)
        return None if end is None else (end, self.plan.done_by((end - self.started).total_seconds()))


def print_campaign(campaign: Campaign, driver: type[Potentiostat], folder: Path, *, as_json: bool) -> None:
    """Print what an instrument would do for a campaign; end with status 2 if some of it cannot be done."""
    check = _checked(campaign, driver, folder)
    error = _refusal(check) if check.plan.refused or check.problems else None
    if as_json:
        print_json(_document(check) | ({"error": error} if error else {}))
    else:
        _print_tables(check)
    if error:
        error_console().print(error["message"], markup=False, soft_wrap=True)
        sys.exit(BAD_USAGE)


def _checked(campaign: Campaign, driver: type[Potentiostat], folder: Path) -> _Check:
    from drivers import plan_campaign
    from fitting import feasibility

    feasible: dict[Feasibility, list[int]] = {}

    def watch(point: Point, plan: DrivePlan) -> None:
        feasible.setdefault(feasibility(plan, point.protocol.sample), []).append(point.number)

    plan = plan_campaign(campaign, driver, watch)
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    started = dt.datetime.now().astimezone().replace(microsecond=0)
    free_bytes, problems = shutil.disk_usage(there).free, tuple(_problems(campaign))
    return _Check(campaign, plan, driver.capabilities.model, feasible, started, free_bytes, folder, problems)


def _problems(campaign: Campaign) -> Iterator[Problem]:
    from daq.campaign.campaign_in_progress import document_problems
    from ionecho.commands.campaign import why_not_followed

    yield from document_problems(campaign)
    if (why := why_not_followed(campaign)) is not None:
        yield Problem("stop.stop_when", why)


def _refusal(check: _Check) -> dict[str, Any]:
    refused = check.plan.refused
    numbers = {number for points in refused.values() for number in points}
    reasons = "".join(f"\n  {numbered(points)}: {reason}" for reason, points in refused.items())
    n = len(check.plan.points)
    sentences = [f"{len(numbers)} of {n} points cannot be measured on a {check.model}:{reasons}"] if refused else []
    sentences += [f"no campaign can follow this: {problem}" for problem in check.problems]
    message = "\n".join(sentences)
    problems = [{"path": numbered(points), "message": reason} for reason, points in refused.items()]
    problems += [asdict(problem) for problem in check.problems]
    return refusal("protocol", message, BAD_USAGE, where=check.campaign.name, problems=problems)


def numbered(points: list[int]) -> str:
    """Return numbers of points in a few words: ``points 1, 4-9, 12``."""
    runs: list[list[int]] = []
    for number in sorted(points):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    named = [str(low) if low == high else f"{low}-{high}" for low, high in runs[:_NAMED_POINTS]]
    more = sum(high - low + 1 for low, high in runs[_NAMED_POINTS:])
    return f"point{'s' * (len(points) != 1)} {', '.join(named)}" + (f" and {more} more" if more else "")


# -- the document -----------------------------------------------------------------------------------------------------


def _document(check: _Check) -> dict[str, Any]:
    plan, campaign, end = check.plan, check.campaign, check.time_ends
    return {
        "campaign": campaign.name,
        "instrument": check.model,
        "points": [_point_document(one) for one in plan.points],
        "order": {**asdict(campaign.order), "points": len(plan.points)},
        "temperature": asdict(campaign.temperature) if campaign.temperature else None,
        "measuring_s": plan.measuring_s,
        "duration_s": list(plan.duration_s),
        "ends": [one.isoformat() for one in check.ends],
        "time_ends": end and {"at": end[0].isoformat(), "points_done": list(end[1])},
        "stop_when": [one.text for one in campaign.stop.stop_when],
        "bytes": plan.n_bytes,
        "bytes_free": check.free_bytes,
        "charge_C_at_most": sum(one.charge_C for one in plan.points),
        "energy_J_at_most": sum(one.energy_J for one in plan.points),
        "rounded": _of_points(plan.roundings, plan),
        "remarks": _of_points(plan.remarks, plan),
        "assumed": _of_points(plan.assumed, plan),
        "refused": _of_points(plan.refused, plan),
        "bulk_memory": [{**one.to_dict(), "points": points} for one, points in check.feasible.items()],
    }


def _point_document(point: PlannedPoint) -> dict[str, Any]:
    return {
        "number": point.number,
        "label": point.label,
        "values": point.values,
        "repeat": point.repeat,
        "temperature_K": point.temperature_K,
        "duration_s": point.duration_s,
        "samples": point.n_samples,
        "bytes": point.n_bytes,
        "charge_C_at_most": point.charge_C,
        "energy_J_at_most": point.energy_J,
        "done_s": list(point.done_s),
        "refused": [asdict(one) for one in point.refusal],
    }


def _of_points(notes: dict[str, list[int]], plan: CampaignPlan) -> list[dict[str, Any]]:
    return [{"text": text, "points": points, "all": len(points) == len(plan.points)} for text, points in notes.items()]


# -- the tables -------------------------------------------------------------------------------------------------------


def _print_tables(check: _Check) -> None:
    from rich.table import Table

    console().print(
        _points_table(check.plan, f"{check.campaign.name} on a {check.model}", check.campaign.order.repeats)
    )
    table = Table(show_header=False)
    for what, value in _rows(check):
        table.add_row(what, value)
    console().print(table)


def _points_table(plan: CampaignPlan, title: str, repeats: int) -> Any:
    from rich.table import Table

    n = len(plan.points)
    fields = list(plan.points[0].values)
    last = [path.rpartition(".")[2] for path in fields]
    heads = [name if last.count(name) == 1 else path for path, name in zip(fields, last, strict=True)]
    table = Table(title=f"{title}: {n:,} point{'s' * (n != 1)}")
    for head in ("", *heads, *(["repeat"] if repeats > 1 else []), "duration", "charge", "energy", "file"):
        table.add_column(head, justify="right")
    is_long = n > _FIRST + _LAST + 1
    for point in plan.points[:_FIRST] if is_long else plan.points:
        table.add_row(*_cells(point, fields, repeats))
    if is_long:
        table.add_row("…", f"{n - _FIRST - _LAST:,} more" if fields else "")
        for point in plan.points[-_LAST:]:
            table.add_row(*_cells(point, fields, repeats))
    return table


def _cells(point: PlannedPoint, fields: list[str], repeats: int) -> list[str]:
    cells = [str(point.number), *(point.values[path] for path in fields)]
    cells += [str(point.repeat)] if repeats > 1 else []
    if point.refusal:
        return [*cells, "refused"]
    charge, energy = format_quantity(point.charge_C, "C", 3), format_quantity(point.energy_J, "J", 3)
    return [*cells, format_duration(point.duration_s), f"≤ {charge}", f"≤ {energy}", _size(point.n_bytes)]


def _rows(check: _Check) -> list[tuple[str, str]]:
    plan, campaign = check.plan, check.campaign
    order, rule = campaign.order, campaign.temperature
    charge = format_quantity(sum(one.charge_C for one in plan.points), "C", 3)
    energy = format_quantity(sum(one.energy_J for one in plan.points), "J", 3)
    room = "" if check.free_bytes > plan.n_bytes else ": too little"
    return [
        ("order", _order_text(order.kind, order.seed, order.repeats)),
        *([("temperature", _temperature_text(rule, order.mix_temperatures))] if rule else []),
        ("duration", _duration_text(plan)),
        ("done", f"{_clock(check.ends[0])} to {_clock(check.ends[1])}, if started now"),
        *_end_rows(check),
        *(("stop when", f"{one}: {_stop_text(one)}") for one in campaign.stop.stop_when),
        ("between", _between_text(campaign)),
        ("files", f"{_size(plan.n_bytes)} in all; {_size(check.free_bytes)} free in {check.folder}{room}"),
        ("cell", f"at most {charge} and {energy} in all, by the limits"),
        *_notes("rounded", plan.roundings, plan),
        *_notes("note", plan.remarks, plan),
        *_notes("assumed", plan.assumed, plan),
        *_notes("bulk memory", _by_text(check.feasible), plan),
    ]  # fmt: skip


def _stop_text(condition: StopCondition) -> str:
    """Return what a condition ends, and where it is watched."""
    if not condition.ends_campaign:
        return "ends the run of the point; a process fits while it runs"
    where = {
        StopKind.LIMIT: "watched on every block of samples",
        StopKind.DRIFT: "points whose values were measured before are fitted before the next one begins",
        StopKind.TIME: "looked at before each point",
    }[condition.kind]
    if condition.quantity == "temperature":
        where = "watched while a run is in progress"
    return f"ends the campaign; {where}"


def _order_text(kind: str, seed: int, repeats: int) -> str:
    drawn = f"random (seed {seed})" if kind == "random" else "as given"
    return f"{drawn}, {repeats} rounds" if repeats > 1 else drawn


def _temperature_text(rule: TemperatureRule, is_mixed: bool) -> str:
    stable = f"within {format_quantity(rule.tolerance_K, 'K')} for {format_duration(rule.stable_for_s)}"
    order = "mixed" if is_mixed else "one after the other"
    return (
        f"{order}, by {rule.controller}; stable {stable}, at most {format_duration(rule.at_most_s)} to wait;"
        f" limit {format_quantity(rule.limit_K, 'K')}"
    )


def _duration_text(plan: CampaignPlan) -> str:
    early, late = map(format_duration, plan.duration_s)
    return f"{early} to {late} with waits and overhead; {format_duration(plan.measuring_s)} of it measuring"


def _end_rows(check: _Check) -> list[tuple[str, str]]:
    end = check.time_ends
    if end is None:
        return []
    at, (least, most) = end
    n = len(check.plan.points)
    done = f"all {n}" if least == n else f"{most}" if least == most else f"{least} to {most}"
    return [("time ends", f"{_clock(at)}: {done} of {n} points done by then")]


def _between_text(campaign: Campaign) -> str:
    between = campaign.between
    level = "output off" if between.rest_level_V is None else f"at {format_quantity(between.rest_level_V, 'V')}"
    rest = f"{format_duration(between.rest_s)}, {level}" if between.rest_s else level
    tries = "not tried again" if between.retries == 0 else f"tried again {between.retries} x"
    return f"{rest}; a point that fails is {tries}; {between.give_up_after} failures in a row end the campaign"


def _notes(what: str, notes: dict[str, list[int]], plan: CampaignPlan) -> list[tuple[str, str]]:
    n = len(plan.points) - sum(bool(one.refusal) for one in plan.points)
    rows = [(what, text if len(points) == n else f"{text} ({numbered(points)})") for text, points in notes.items()]
    more = len(rows) - _NOTES
    return rows[:_NOTES] + ([(what, f"{more} more")] if more > 0 else [])


def _by_text(feasible: dict[Feasibility, list[int]]) -> dict[str, list[int]]:
    """Return the answers by their text, which says less than they do: of windows, where there is a dielectric time."""
    found: dict[str, list[int]] = {}
    for one, points in feasible.items():
        found.setdefault(str(one), []).extend(points)
    return found


def _clock(at: dt.datetime) -> str:
    return f"{at:%a %d %b %Y %H:%M}"


def _size(n_bytes: float) -> str:
    for factor, unit in ((1e12, "TB"), (1e9, "GB")):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.1f} {unit}"
    return f"{n_bytes / 1e6:.1f} MB"
