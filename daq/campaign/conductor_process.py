"""Process of a conductor: it owns a campaign's folder, listens to front ends, and conducts the campaign to its end.

`daq.campaign.campaign_in_progress` starts it as ``python -m daq.campaign.conductor_process FOLDER``. It depends on no
front end: window and command line only watch it. Runs are under guardians of their own, so that the output goes off
whatever becomes of this process.
"""

from __future__ import annotations

import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from daq.campaign.clock import SystemClock
from daq.campaign.conductor import Conductor
from daq.campaign.drift import PointFits
from daq.campaign.folder import CampaignFolder, CampaignInUseError
from daq.campaign.index_file import IndexWriter
from daq.campaign.known import known_rule
from daq.campaign.link import ConductorServer
from daq.campaign.point_runner import BenchPointRunner, SessionPointRunner
from daq.campaign.requests import Wanted, Wish, Wishes
from daq.campaign.schema import CampaignFileError
from daq.campaign.settling import RunFiles
from daq.campaign.states import CampaignEnd, CampaignState
from daq.campaign.store import CampaignStore
from daq.campaign.temperature import ControllerThread
from drivers import load_drivers
from protocols import IonechoError, read_text_file
from protocols.campaigns import Campaign

if TYPE_CHECKING:
    from daq.campaign.clock import Clock
    from daq.campaign.point_runner import PointRunner

NOT_STARTED = 3
"""Exit status of a conductor whose campaign another one has; Python itself uses 0, 1 and 2."""
_TOLD_TO_END = Wanted(Wish.STOP, at_once=True, by="because the conductor process was told to end")


class _SignOfLife:
    """How long ago the loop of a conductor turned last; before there is one, how long ago its preparation began.

    Front ends are answered from the first moment: on a slow computer what a rule and an instrument need is loaded for
    longer than they wait for an answer.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._begun_s = clock, clock.now_s()
        self.conductor: Conductor | None = None

    def age_s(self) -> float:
        return self._clock.now_s() - (self.conductor.turned_s if self.conductor else self._begun_s)


def conduct_folder(folder: CampaignFolder, wishes: Wishes, clock: Clock | None = None) -> CampaignEnd:
    """Conduct the campaign in a folder to its end.

    Raises
    ------
    CampaignInUseError
        If another conductor has it.
    CampaignFileError
        If its state cannot be read.
    """
    lock = folder.lock()
    try:
        with closing(CampaignStore(folder.state)) as store:
            time = clock or SystemClock()
            sign = _SignOfLife(time)
            server = ConductorServer(folder, wishes.ask, sign.age_s)
            try:
                try:
                    campaign = _campaign_of(folder, store)
                    load_drivers(store.facts().resource)
                except IonechoError as error:
                    store.set_state(CampaignState.RUNNING, time.unix_s())
                    store.set_state(CampaignState.FAILED, time.unix_s(), str(error))
                    return CampaignEnd(CampaignState.FAILED, str(error))
                return _conduct(campaign, folder, store, wishes, sign, time)
            finally:
                server.close()
    finally:
        lock.remove()


def _conduct(
    campaign: Campaign,
    folder: CampaignFolder,
    store: CampaignStore,
    wishes: Wishes,
    sign: _SignOfLife,
    clock: Clock,
) -> CampaignEnd:
    facts, rule = store.facts(), known_rule(campaign)
    runner: PointRunner = SessionPointRunner(facts.resource, facts.limits, rule)
    if facts.transcript:
        runner = BenchPointRunner(facts.resource, facts.limits, facts.transcript, rule)
    needs_controller = campaign.temperature is not None and any(
        one.temperature_K is not None for one in campaign.points
    )
    temperature = ControllerThread(campaign.temperature) if campaign.temperature and needs_controller else None
    index = IndexWriter(folder)
    sign.conductor = conductor = Conductor(
        campaign,
        RunFiles(folder),
        store,
        runner,
        temperature,
        wishes,
        clock=clock,
        fits=PointFits(),
        point_ended=index.point_ended,
    )
    try:
        return conductor.conduct()
    finally:
        index.close()


def _campaign_of(folder: CampaignFolder, store: CampaignStore) -> Campaign:
    """Return the campaign of the document, which must still have the points that the state has.

    Raises
    ------
    IonechoError
        If the document cannot be read, or has other points.
    """
    try:
        text = read_text_file(folder.document)
    except ValueError as error:
        raise CampaignFileError(str(error), str(folder.document)) from None
    campaign = Campaign.from_toml(text, folder.document.name, folder=folder.path)
    known = [row.label for row in store.points()]
    if [point.label for point in campaign.points] != known:
        raise CampaignFileError(
            f"this document has other points now than the {len(known)} with which the campaign was begun: take back "
            "what was changed in it, or start a new campaign with it",
            str(folder.document),
        )
    return campaign


def obey_signals(wishes: Wishes) -> None:
    """Have SIGTERM and SIGINT stop the campaign safely."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: wishes.want(_TOLD_TO_END))


def main() -> int:
    """Conduct the campaign in the folder that the command line names."""
    wishes = Wishes()
    obey_signals(wishes)
    try:
        end = conduct_folder(CampaignFolder(Path(sys.argv[1]).resolve()), wishes)
    except CampaignInUseError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_STARTED
    except IonechoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if end.state is CampaignState.DONE else 1


if __name__ == "__main__":
    sys.exit(main())
