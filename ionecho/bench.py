"""Bench of a script: an instrument, the temperature of its cell, and runs that depend on what was found before."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq import Bench as PlainBench
from daq.execution.run_request import NO_CAMPAIGN, CampaignPlace
from daq.execution.thermostat import Thermostat
from daq.files.run_path import name_part
from daq.instrument_locks import instrument_searched
from drivers import Potentiostat, driver_named, open_potentiostat
from protocols import InstrumentError, IonechoError, Limits, OutputStateUnknown, Protocol, ProtocolError
from protocols.tables import html_table, text_table

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Self

    from daq import Run, RunInProgress
    from drivers import DrivePlan, Identity, Regulation
    from fitting import Feasibility, KnownTo
    from ionecho.campaign_points import PointRun
    from protocols.campaigns import Campaign


@dataclass(frozen=True)
class Check:
    """What an instrument would do for a protocol, and whether that serves; `print` shows it.

    Attributes
    ----------
    protocol : Protocol
        With the stricter of its own limits and the bench's.
    plan : DrivePlan or None
        None if the instrument cannot do it.
    problem : str
        Why it cannot; empty if it can.
    feasibility : Feasibility or None
        Whether the bulk's memory can be seen.
    """

    protocol: Protocol
    plan: DrivePlan | None
    problem: str = ""
    feasibility: Feasibility | None = None

    @property
    def is_possible(self) -> bool:
        """Whether the instrument can do it."""
        return self.plan is not None

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values of a table of it."""
        if self.plan is None:
            return [("not possible", self.problem)]
        rows = [*self.plan.rows(), ("limits", str(self.protocol.limits))]
        return rows if self.feasibility is None else [*rows, ("bulk memory", str(self.feasibility))]

    @property
    def _title(self) -> str:
        return f"{self.protocol.name} on a {self.plan.model}" if self.plan else self.protocol.name

    def __str__(self) -> str:
        return text_table(self._title, self.rows())

    def _repr_html_(self) -> str:
        return html_table(self._title, self.rows())


class Bench(PlainBench):
    """An instrument at an address, the temperature of its cell, and a folder for its runs.

    In a ``with`` block everything has ended when the block is left: runs that it started (stopped if the block failed,
    else waited for), and the heaters of its temperature controller, which are off then.

    Parameters
    ----------
    resource : str
        VISA resource, e.g. ``TCPIP::192.168.0.10::5025::SOCKET``, or a name in the address book.
    folder : path, default "runs"
        Where run files go.
    limits : Limits, optional
        The rig's own limits; the stricter of these and the protocol's win.
    transcript : path, optional
        File in which every byte between runner and instrument is recorded.
    instrument : str, optional
        Name of its driver or model, for plans before it is reached (``keithley2461``).
    temperature : str, optional
        VISA resource, or name, of the controller of the cell's temperature.
    regulation : Regulation, optional
        How that regulates, and when a temperature is stable.

    Raises
    ------
    InstrumentError
        If there is no driver of that name.
    """

    def __init__(
        self,
        resource: str,
        folder: str | Path = "runs",
        limits: Limits | None = None,
        transcript: str | Path | None = None,
        *,
        instrument: str = "",
        temperature: str | None = None,
        regulation: Regulation | None = None,
    ) -> None:
        super().__init__(resource, folder, limits, transcript)
        self._driver: type[Potentiostat] | None = driver_named(instrument) if instrument else None
        self._identity: Identity | None = None
        self._controller = temperature
        self._regulation = regulation
        self._thermostat: Thermostat | None = None
        self._started: list[RunInProgress] = []

    # -- the instrument -----------------------------------------------------------------------------------------------

    def identify(self) -> Identity:
        """Return who answers at the address; asked once, while no run has the instrument.

        Raises
        ------
        ConnectionLost, InstrumentError
            If nobody answers, it is no potentiostat, or a run has it.
        """
        if self._identity is None:
            with instrument_searched(self.resource):
                opened = open_potentiostat(self.resource)
                try:
                    self._identity = opened.identify()
                finally:
                    opened.close()
            self._driver = type(opened)
        return self._identity

    def plan(self, protocol: Protocol) -> DrivePlan:
        """Return what the instrument will do for a protocol; it is asked who it is, unless that is known.

        Raises
        ------
        ProtocolError
            If it cannot do it: with every reason.
        LimitError
            If the sequence goes beyond a limit of protocol or bench.
        """
        if self._driver is None:
            self.identify()
        if self._driver is None:
            raise InstrumentError(f"{self.resource}: no driver is known for it")
        return self._driver.plan(self._within_limits(protocol))

    def check(self, protocol: Protocol) -> Check:
        """Return what the instrument would do for a protocol, or why it cannot, and whether memory can be seen.

        Raises
        ------
        ConnectionLost, InstrumentError
            If the instrument had to be asked who it is, and does not answer.
        """
        from fitting import feasibility

        wanted = self._within_limits(protocol)
        try:
            plan = self.plan(protocol)
        except InstrumentError:
            raise
        except IonechoError as error:
            return Check(wanted, None, str(error))
        return Check(wanted, plan, feasibility=feasibility(plan, protocol.sample))

    def _within_limits(self, protocol: Protocol) -> Protocol:
        return replace(protocol, limits=protocol.limits.stricter(self.limits))

    # -- the temperature ----------------------------------------------------------------------------------------------

    @property
    def temperature(self) -> Thermostat:
        """The temperature controller, opened at its first use.

        Raises
        ------
        InstrumentError
            If the bench has none, or it does not answer.
        """
        if self._controller is None:
            raise InstrumentError("this bench has no temperature controller: give Bench(..., temperature=RESOURCE)")
        if self._thermostat is None:
            self._thermostat = Thermostat(self._controller, self._regulation)
        return self._thermostat

    # -- runs ---------------------------------------------------------------------------------------------------------

    def start(
        self, protocol: Protocol, path: str | Path | None = None, *, place: CampaignPlace = NO_CAMPAIGN
    ) -> RunInProgress:
        """Start a run under a guardian of its own and return at once; see `daq.Bench.start`."""
        run = super().start(self._at_temperature(protocol), path, place=place)
        self._started = [one for one in self._started if not one.poll().is_final] + [run]
        return run

    def _at_temperature(self, protocol: Protocol) -> Protocol:
        """Return a protocol with the temperature of the cell as it is read now, unless it states one."""
        if self._controller is None or protocol.sample.temperature_K is not None:
            return protocol
        kelvin = self.temperature.read().temperature_K
        return replace(protocol, sample=replace(protocol.sample, temperature_K=kelvin))

    def run(
        self,
        protocol: Protocol,
        path: str | Path | None = None,
        progress: Callable[[Run], None] | None = None,
        *,
        watched: Callable[[Path], AbstractContextManager[object]] | None = None,
        place: CampaignPlace = NO_CAMPAIGN,
        until: KnownTo | str | None = None,
        temperature: float | str | None = None,
    ) -> Run:
        """Run a protocol to its end, or until something is known, and return the run.

        Parameters
        ----------
        protocol : Protocol
        path : path, optional
        progress : callable, optional
            Called some times a second with the growing run.
        watched : callable, optional
            See `daq.Bench.run`; not beside `until`.
        place : CampaignPlace, optional
            Which point of which campaign it is; the run file says so.
        until : KnownTo or str, optional
            ``"Mig1.tau known to 5 %"``: the run ends at rest as soon as that holds. The run's own fit is that of all
            that was measured: ``fit(run, ...)``.
        temperature : float or str, optional
            Where the bench's controller is to be stable first, K or text.

        Raises
        ------
        ProtocolError, LimitError, InstrumentError, RunFileError, OutputStateUnknown
            What the run ended with. What was measured before is in the run file.
        FitError
            If `until` cannot be understood, or no run of this protocol can follow it. Nothing was sent.
        """
        if until is not None:
            from fitting.stopping import rule_for

            watched = rule_for(until, protocol.sequence, protocol.repeats).watch
        if temperature is not None:
            self.temperature.go_to(temperature)
        return super().run(protocol, path, progress, watched=watched, place=place)

    def follow(self, points: Generator[Protocol, Run, Any]) -> Iterator[Run]:
        """Run the protocols of a generator, which is given each run before it yields the next protocol.

        An error of a run is raised inside the generator, at its ``yield``: one that catches it goes on, one that does
        not ends with it. ::

            def closer():
                wait = 0.3
                while wait > 0.02:
                    run = yield pair(wait)
                    wait *= 0.3 if fit(run, "R0-Mig1-CPE1")["back_hop_fraction"].value > 0.1 else 0.7

            for run in bench.follow(closer()):
                print(run.title)

        Parameters
        ----------
        points : generator
            Yields protocols, receives runs.

        Yields
        ------
        Run

        Raises
        ------
        ProtocolError
            If the generator yields something else.
        """
        try:
            protocol = next(points, None)
            while protocol is not None:
                if not isinstance(protocol, Protocol):
                    raise ProtocolError(f"a generator of points yields protocols, not {protocol!r}", "follow")
                try:
                    run = self.run(protocol)
                except OutputStateUnknown:  # nothing must be started before a person has looked
                    raise
                except IonechoError as error:
                    protocol = _next_after(points, error)
                    continue
                yield run
                try:
                    protocol = points.send(run)
                except StopIteration:
                    return
        finally:
            points.close()

    def campaign(self, document: Campaign | str | Path, folder: str | Path | None = None) -> Iterator[PointRun]:
        """Measure the points of a campaign one after the other, and give each as it ends.

        Begun again with the same folder, it goes on at the first point that is not measured yet. A bench without a
        temperature controller uses the one that the document names. ::

            for point in bench.campaign("study.toml"):
                if point.run is not None:
                    print(point, fit(point.run, "R0-Mig1-CPE1")["Mig1.tau"])

        Parameters
        ----------
        document : Campaign or path
            A campaign, or the file of one; that of a protocol is a campaign of one point.
        folder : path, optional
            Of its run files; named after the campaign, in the bench's folder, unless given.

        Yields
        ------
        PointRun

        Raises
        ------
        ProtocolError
            If the document cannot be read, asks for what only ``ionecho run`` does, or the folder is another's.
        IonechoError
            What the last point failed with, once as many in a row have failed as the document allows.
        """
        from ionecho.campaign_points import measured_points, regulation_of
        from protocols.campaigns import Campaign

        campaign = document if isinstance(document, Campaign) else Campaign.load(document)
        if campaign.temperature is not None:
            self._controller = self._controller or campaign.temperature.controller
            self._regulation = regulation_of(campaign.temperature)
            if self._thermostat is not None:
                self._thermostat.regulate(self._regulation)
        where = self.folder / name_part(campaign.name) if folder is None else Path(folder)
        return measured_points(self, campaign, where)

    # -- the end ------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            # What the others ended with was raised where they were waited for.
            running = [run for run in self._started if not run.poll().is_final]
            outcomes = [run.wait() if kind is None else run.stop_and_wait() for run in running]
            for outcome in outcomes if kind is None else []:
                outcome.raise_if_failed()
        finally:
            self._started = []
            self.close()

    def close(self) -> None:
        """Switch the heaters off, read that back, and close the link to the temperature controller, if it is open.

        Raises
        ------
        OutputStateUnknown
            If the controller does not say that its heaters are off.
        """
        thermostat, self._thermostat = self._thermostat, None
        if thermostat is not None:
            try:
                thermostat.off()
            finally:
                with suppress(InstrumentError):
                    thermostat.close()


def _next_after(points: Generator[Protocol, Run, Any], error: IonechoError) -> Protocol | None:
    """Raise an error inside a generator and return what it yields then; None if it ends."""
    try:
        return points.throw(error)
    except StopIteration:
        return None
