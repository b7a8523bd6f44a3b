"""Points of a campaign, measured one after the other by a script.

For a script that wants to see each point before the next one; it keeps no more than the run files, each named after its
point, and they are all that it needs to go on after an end of any kind. ``ionecho run FILE`` does the same in processes
of its own, and more of the document.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from daq import RunState, open_run, read_process
from daq.campaign.conditions import thresholds_of
from daq.campaign.known import rule_document
from daq.execution.run_request import CampaignPlace
from daq.files.durable import write_atomically
from daq.files.run_path import name_part
from drivers import Regulation
from protocols import IonechoError, OutputStateUnknown, ProtocolError, RunFileError, read_text_file
from protocols.campaigns import Campaign, StopKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daq import Run
    from daq.execution.thermostat import Thermostat
    from fitting import KnownTo
    from protocols import Protocol as MeasurementProtocol
    from protocols.campaigns import Point, TemperatureRule

DOCUMENT, STATE = "campaign.toml", "campaign.sqlite"
"""Files of a campaign's folder: the document, and the state that a conductor keeps."""
_LOOK_S = 0.5
"""How long (s) one sleep of a rest is, so that it can be interrupted everywhere."""


class Measures(Protocol):
    """What measures the points; `ionecho.Bench` is one."""

    @property
    def temperature(self) -> Thermostat: ...  # noqa: D102
    def run(  # noqa: D102
        self, protocol: MeasurementProtocol, path: Path, *, until: KnownTo | None, place: CampaignPlace
    ) -> Run: ...


@dataclass(frozen=True, eq=False)
class PointRun:
    """One point of a campaign and its run.

    Attributes
    ----------
    point : Point
        Its values, label and protocol.
    run : Run or None
        None if it failed.
    was_there : bool
        Whether the run is of an earlier start of the campaign.
    error : IonechoError or None
        Why it failed, all retries included.
    """

    point: Point
    run: Run | None
    was_there: bool = False
    error: IonechoError | None = None

    def __str__(self) -> str:
        how = f"failed: {self.error}" if self.run is None else f"{self.run.state}, {self.run.n_samples:,} samples"
        return f"{self.point.number}: {self.point.label}: {how}"


def measured_points(bench: Measures, campaign: Campaign, folder: Path) -> Iterator[PointRun]:
    """Measure the points of a campaign that are not measured yet, and give all in their order.

    Parameters
    ----------
    bench : Measures
    campaign : Campaign
    folder : Path
        Of the campaign; made if it is not there.

    Yields
    ------
    PointRun

    Raises
    ------
    ProtocolError
        If the folder is another campaign's, or the document asks for what a script does not do.
    IonechoError
        What the last point failed with, once as many in a row have failed as the document allows.
    """
    rule = _rule_of(campaign)
    _claim(folder, campaign)
    ends = campaign.stop.ends_at(datetime.now(UTC).astimezone())
    n_failed = 0
    for point in campaign.points:
        kept = next((run for run in _runs_of(folder, point) if _is_done(run, rule)), None)
        if kept is not None:
            yield PointRun(point, kept, was_there=True)
            if _ends_campaign(kept):
                return
            continue
        seconds = point.protocol.duration_s
        if ends is not None and datetime.now(UTC).timestamp() + seconds > ends.timestamp():
            return
        found = _measured(bench, campaign, point, folder, rule)
        n_failed = n_failed + 1 if found.error else 0
        if found.error and n_failed >= campaign.between.give_up_after:
            raise found.error
        yield found
        if found.run is not None and _ends_campaign(found.run):
            return
        _rest(campaign.between.rest_s)


def regulation_of(rule: TemperatureRule) -> Regulation:
    """Return how a controller is to regulate by the rule of a document."""
    return Regulation(
        sensor=rule.input or Regulation().sensor,
        output=rule.output,
        ramp_K_min=60.0 * (rule.ramp_K_s or 0.0),
        highest_K=rule.limit_K,
        band_K=rule.tolerance_K,
        settling_s=rule.stable_for_s,
    )


def _rule_of(campaign: Campaign) -> KnownTo | None:
    """Return the rule that ends the run of each point; refuse what a script does not do."""
    from fitting import KnownTo

    conditions = campaign.stop.stop_when
    known = [one for one in conditions if one.kind is StopKind.KNOWN]
    done = {StopKind.KNOWN, StopKind.TIME}
    watched = [one.text for one in thresholds_of(campaign)]
    others = [one.text for one in conditions if one.kind not in done and one.text not in watched]
    if campaign.between.rest_level_V is not None:
        others.append("a level of the rests between the points")
    if others or len(known) > 1:
        what = ", ".join(others) or "several quantities that are to be known"
        raise ProtocolError(f"a script does not do this by itself: {what}. `ionecho run` does", campaign.name)
    return KnownTo.from_document(rule_document(known[0])) if known else None


def _claim(folder: Path, campaign: Campaign) -> None:
    """Make the folder of a campaign, or see that it is this one's."""
    if (folder / STATE).exists():
        raise ProtocolError(f"{folder} is the folder of a campaign that `ionecho resume` goes on with", campaign.name)
    document = folder / DOCUMENT
    if document.exists():
        if read_text_file(document) != campaign.text:
            raise ProtocolError(f"{folder} holds another campaign: give another folder", campaign.name)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with write_atomically(document) as making:
            making.write_text(campaign.text, encoding="utf-8", newline="")
    except OSError as error:
        raise RunFileError(f"{folder} cannot be made the folder of a campaign: {error}. Nothing was sent.") from None


def _stem(point: Point) -> str:
    return f"{point.number:04d}-{name_part(point.label)}"


def _runs_of(folder: Path, point: Point) -> Iterator[Run]:
    """Yield the runs of a point that can be read, those of earlier attempts among them."""
    for path in sorted(folder.glob(f"{point.number:04d}-*.nxs")):
        if path.name.endswith(".results.nxs"):
            continue
        try:
            yield open_run(path)
        except RunFileError:
            continue


def _is_done(run: Run, rule: KnownTo | None) -> bool:
    """Whether a run was measured to its end, or to where its rule or a condition of the campaign was met."""
    if run.state is RunState.COMPLETE or _ends_campaign(run):
        return True
    if rule is None or run.state is not RunState.STOPPED:
        return False
    looks = read_process(run.path, "stopping")
    return looks is not None and bool(looks.attributes.get("is_met"))


def _ends_campaign(run: Run) -> bool:
    """Whether a run met a condition that ends its campaign."""
    outcome = run.recorded_outcome()
    return outcome is not None and outcome.campaign_ends_for != ""


def _measured(bench: Measures, campaign: Campaign, point: Point, folder: Path, rule: KnownTo | None) -> PointRun:
    """Measure a point, again where that fails, as often as the document says."""
    error: IonechoError | None = None
    for _ in range(1 + campaign.between.retries):
        n_before = len(list(folder.glob(f"{_stem(point)}*.nxs")))
        path = folder / f"{_stem(point)}{f'-{n_before + 1}' if n_before else ''}.nxs"
        try:
            if campaign.temperature is not None and point.temperature_K is not None:
                bench.temperature.go_to(point.temperature_K, campaign.temperature.at_most_s)
            place = CampaignPlace(campaign.name, point.number, ends_at=thresholds_of(campaign))
            return PointRun(point, bench.run(point.protocol, path, until=rule, place=place))
        except (OutputStateUnknown, ProtocolError):  # a person must look; another attempt would be refused too
            raise
        except IonechoError as failure:
            error = failure
    return PointRun(point, None, error=error)


def _rest(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (left_s := deadline - time.monotonic()) > 0.0:
        time.sleep(min(left_s, _LOOK_S))
