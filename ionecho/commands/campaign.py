"""Commands on campaigns: `run` of one, `resume`, `pause`, `stop` and `attach`; each watches a conductor, or asks it."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionecho.commands.interrupts import stopping_signals
from ionecho.commands.output import console, error_console, print_json
from ionecho.commands.refusals import FAILED, OUTPUT_UNKNOWN, STOPPED, UsageError, refusal
from protocols import FitError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from daq import Run
    from daq.campaign.campaign_in_progress import CampaignInProgress
    from daq.campaign.folder import CampaignFolder
    from daq.campaign.view import CampaignStatus, PointStatus
    from protocols import Limits
    from protocols.campaigns import Campaign, Point

_SHOWN = 8
"""Points that are named one by one where something is said of several; the others are counted."""


def run_campaign(
    campaign: Campaign, path: Path, rig: tuple[str, Limits], transcript: Path | None, *, as_json: bool
) -> None:
    """Conduct a campaign in a new folder, and follow it to its end."""
    from daq.campaign.campaign_in_progress import new_campaign, start_conductor

    resource, limits = rig
    check_rule(campaign)
    folder = new_campaign(campaign, path, resource, limits, "" if transcript is None else str(transcript.resolve()))
    _say(f"{len(campaign.points)} points in {folder.path}")
    _follow(lambda: start_conductor(folder), as_json=as_json)


def check_rule(campaign: Campaign) -> None:
    """Check that what a campaign says of quantities of fits can be looked at.

    Raises
    ------
    InputError
        If a circuit cannot be read or has no such quantity, or a sequence gives no occasion to look.
    """
    if (why := why_not_followed(campaign)) is not None:
        raise InputError(why, "stop.stop_when")


def why_not_followed(campaign: Campaign) -> str | None:
    """Return why a condition on a quantity of a fit cannot be looked at in a campaign; None if all can."""
    from daq.campaign.known import known_rule, rule_document
    from protocols.campaigns import StopKind

    fitted = [one for one in campaign.stop.stop_when if one.kind in {StopKind.KNOWN, StopKind.DRIFT}]
    if not fitted:
        return None
    from fitting import KnownTo
    from fitting.stopping import rule_for

    for one in fitted:
        try:
            KnownTo.from_document(rule_document(one))
        except FitError as error:
            return f"{one.text!r}: {error}"
    if (condition := known_rule(campaign)) is None:
        return None
    point: Point | None = None
    try:
        rule = KnownTo.from_document(rule_document(condition))
        for point in campaign.points:
            rule_for(rule, point.protocol.sequence, point.protocol.repeats)
    except FitError as error:
        return str(error) if point is None else f"point {point.number} ({point.label}): {error}"
    return None


def resume(path: Path, *, as_json: bool) -> None:
    """Go on with a campaign, and follow it to its end."""
    from daq.campaign.campaign_in_progress import resume_campaign
    from daq.campaign.states import CampaignState, PointState
    from daq.campaign.view import read_points, read_status

    folder = campaign_folder(path)
    status = read_status(folder)
    if status.state is CampaignState.DONE:
        _report(status, folder, as_json=as_json)
        return
    if not status.is_conducted:
        repeated = [
            point
            for point in read_points(folder)
            if point.state in {PointState.RUNNING, PointState.FAILED, PointState.STOPPED}
        ]
        _say(f"{status.n_left} of {status.n_points} points are left")
        for point in repeated[:_SHOWN]:
            is_open = point.state is PointState.RUNNING
            why = "it was being measured: its run file decides" if is_open else f"{point.state}: {point.reason}"
            _say(f"point {point.number} ({point.label}) is repeated if need be; {why}")
        if len(repeated) > _SHOWN:
            _say(f"and {len(repeated) - _SHOWN} more")
    _follow(lambda: resume_campaign(folder), as_json=as_json)


def attach_to_campaign(path: Path, *, as_json: bool) -> None:
    """Follow a campaign that a conductor has."""
    from daq.campaign.campaign_in_progress import attach_campaign

    folder = campaign_folder(path)
    _follow(lambda: attach_campaign(folder), as_json=as_json)


def pause(path: Path, *, now: bool, as_json: bool) -> None:
    """Pause a campaign: after the point that is being measured, or at once."""
    from daq.campaign.campaign_in_progress import CampaignInProgress
    from daq.campaign.requests import CampaignRequest

    folder = campaign_folder(path)
    CampaignInProgress(folder).ask(CampaignRequest.PAUSE_NOW if now else CampaignRequest.PAUSE)
    when = "now: the run of its point is stopped, and repeated later" if now else "after the point that is measured"
    if as_json:
        print_json({"campaign": folder.path, "pauses": "now" if now else "after the point"})
    else:
        console().print(f"{folder.path} pauses {when}. The output is off meanwhile; `ionecho resume` goes on.")


def stop(path: Path, *, after_point: bool, as_json: bool) -> None:
    """Stop a campaign and wait until it has ended."""
    from daq.campaign.campaign_in_progress import CampaignInProgress, stop_campaign
    from daq.campaign.view import read_points
    from protocols import ConnectionLost

    folder = campaign_folder(path)
    outcome = stop_campaign(folder, after_point=after_point)
    if outcome is not None:
        outcome.raise_if_failed()
        _say(f"its conductor did not answer or was dead; its run was stopped: {outcome.reason}")
    campaign = CampaignInProgress(folder)
    try:
        status = campaign.wait()
    except ConnectionLost:  # what was stopped had no conductor any more
        status = campaign.status()
    document = _document(status, read_points(folder))
    if status.output_problem:
        _leave(status, document, as_json=as_json)
    if as_json:
        print_json(document)
    else:
        console().print(_sentence(status), soft_wrap=True)


def campaign_folder(path: Path) -> CampaignFolder:
    """Return the campaign in a folder.

    Raises
    ------
    UsageError
        If there is none.
    CampaignFileError
        If its state cannot be read, or is of a newer version.
    """
    from daq.campaign.folder import CampaignFolder
    from daq.campaign.view import read_status

    folder = CampaignFolder(path.resolve())
    if not folder.is_campaign:
        raise UsageError("there is no campaign in this folder", str(path))
    read_status(folder)
    return folder


def _follow(start: Callable[[], CampaignInProgress], *, as_json: bool) -> None:
    """Follow a campaign to its end; Ctrl-C and SIGTERM stop it safely."""
    from daq.campaign.campaign_in_progress import stop_campaign

    with stopping_signals() as interrupts:
        campaign = start()
        try:
            campaign.await_start()
            interrupts.release()
            with _progress(quiet=as_json) as progress:
                status = campaign.wait(progress)
        except KeyboardInterrupt:
            if (outcome := stop_campaign(campaign.folder)) is not None:
                outcome.raise_if_failed()
            status = campaign.wait()
    _report(status, campaign.folder, as_json=as_json)


def _report(status: CampaignStatus, folder: CampaignFolder, *, as_json: bool) -> None:
    from daq.campaign.fitting_child import NOTHING_WATCHED
    from daq.campaign.states import CampaignState
    from daq.campaign.view import read_events, read_points

    points = read_points(folder)
    warnings = [
        f"point {number}: {text}" for _, number, text in read_events(folder) if text.startswith(NOTHING_WATCHED)
    ]
    document = _document(status, points) | {"warnings": warnings}
    if not as_json:
        for warning in warnings:
            _say(f"warning: {warning}")
        for point in points:
            if point.aside:
                _say(f"point {point.number}: attempts that were not completed are in {', '.join(point.aside)}")
    if status.state is not CampaignState.DONE:
        _leave(status, document, as_json=as_json)
    if as_json:
        print_json(document)
    else:
        console().print(_sentence(status), soft_wrap=True)


def _leave(status: CampaignStatus, document: dict[str, Any], *, as_json: bool) -> None:
    """Say what kept a campaign from its end, and end with the exit status that it has."""
    from daq.campaign.states import CampaignState

    if status.output_problem:
        kind, code = "output_unknown", OUTPUT_UNKNOWN
    elif status.is_limit:
        kind, code = "limit", STOPPED
    elif status.state is CampaignState.STOPPED:
        kind, code = "stopped", STOPPED
    else:
        kind, code = "instrument", FAILED
    hint = f"`ionecho resume {status.folder}` goes on with it."
    if as_json:
        print_json(document | {"error": refusal(kind, status.reason, code, where=str(status.folder), hint=hint)})
    error_console().print(f"{_sentence(status)}. {hint}", soft_wrap=True)
    sys.exit(code)


def _sentence(status: CampaignStatus) -> str:
    from daq.campaign.states import PointState

    done = status.counts.get(PointState.DONE, 0)
    reason = f" ({status.reason})" if status.reason else ""
    return f"{status.state}{reason}: {done} of {status.n_points} points in {status.folder}"


def _document(status: CampaignStatus, points: list[PointStatus]) -> dict[str, Any]:
    return {
        "campaign": status.folder,
        "name": status.name,
        "state": status.state,
        "reason": status.reason,
        "output_problem": status.output_problem or None,
        "points": [
            {
                "number": point.number,
                "label": point.label,
                "state": point.state,
                "run": status.folder / point.file,
                "samples": point.n_samples,
                "attempts": point.attempts,
                "reason": point.reason or None,
                "aside": [status.folder / name for name in point.aside],
            }
            for point in points
        ],
    }


def _say(text: str) -> None:
    error_console().print(text, soft_wrap=True)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[CampaignStatus], None] | None]:
    """Show a bar for the points, and one for the run of the point that is being measured."""
    if quiet:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn

    from daq.campaign.states import PointState

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,}"))
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=error_console(), transient=True) as bar:
        points = bar.add_task("points", total=1, note="")
        samples = bar.add_task("", total=1, note="samples", visible=False)
        run = _CurrentRun()

        def follow(status: CampaignStatus) -> None:
            done = status.counts.get(PointState.DONE, 0)
            note = status.reason or _until(status.expected_end_s)
            if status.temperature is not None:
                note = f"{status.temperature[1]:.2f} K  {note}"
            bar.update(points, total=status.n_points, completed=done, note=note)
            current = run.of(status)
            if current is None or status.current is None:
                bar.update(samples, visible=False)
                return
            label = f"{status.current.number}: {status.current.label}"
            bar.update(samples, visible=True, description=label, total=current.n_planned, completed=current.n_samples)

        yield follow


def _until(at_s: float | None) -> str:
    if at_s is None:
        return ""
    form = "%H:%M" if at_s - time.time() < 12 * 3600 else "%a %H:%M"
    return f"until about {time.strftime(form, time.localtime(at_s))}"


class _CurrentRun:
    """The growing run file of the point that is being measured."""

    def __init__(self) -> None:
        self._path = Path()
        self._run: Run | None = None

    def of(self, status: CampaignStatus) -> Run | None:
        """Return it, with what it has by now; None if there is none yet."""
        from daq import open_run
        from protocols import RunFileError

        if status.current is None:
            return None
        path = status.folder / status.current.file
        if path != self._path or self._run is None:
            try:
                self._path, self._run = path, open_run(path) if path.exists() else None
            except RunFileError:  # it is being put aside
                self._run = None
        if self._run is not None:
            self._run.refresh()
        return self._run
