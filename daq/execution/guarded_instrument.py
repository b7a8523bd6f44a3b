"""The guardian's own hold on an instrument: its lock, its spare session, and the way to off.

It lasts for as long as the guardian, over all runs of a session. All of it is done in a thread of its own, so that the
supervising loop never waits for an instrument.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from daq.execution.deadlines import TimeToConnect
from daq.execution.recovery import settle_instrument
from daq.execution.spare_session import open_spare
from daq.execution.switch_off import RETRY_S, switch_off
from daq.execution.worker import TurningWorker, WorkerStuckError
from daq.instrument_locks import instrument_owner, lock_instrument
from drivers import load_drivers
from protocols import ConnectionLost, IonechoError, OutputStateUnknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.execution.worker import Job
    from daq.locks import Lock
    from drivers import Potentiostat

T = TypeVar("T")

# How long (s) loading drivers may take: half a second, and ten on a busy computer with a virus scanner.
_LOAD_S = 60.0
_NO_ANSWER = (
    ": the instrument is slow to answer, or does not answer. Is this its address, is it on, is no other program "
    "connected to it? `ionecho discover` shows what answers. Nothing was sent that switches the output on."
)
# How long (s) switching off may take before the guardian tells that it does not know: what the sessions try for, and
# their last attempt. Doubled: a session that hangs in spite of its timeouts is told 5 s later.
_SWITCH_OFF_S = RETRY_S + 5.0
# How long (s) a session may take to be closed. Doubled: a person is told 2 s later.
_CLOSE_S = 2.0


class GuardedInstrument:
    """An instrument as its guardian has it.

    Parameters
    ----------
    resource : str
        VISA resource.
    timeout_s : float
        Of any single exchange, on an idle computer.
    turn : callable
        Shows that the guardian's loop turns; called while it waits.

    Attributes
    ----------
    driver : str
        Name of the instrument's driver, empty until it is known.
    """

    def __init__(self, resource: str, timeout_s: float, turn: Callable[[], None]) -> None:
        self.resource = resource
        self._timeout_s = timeout_s
        self._worker = TurningWorker("session of the guardian", turn)
        self._spare: Potentiostat | None = None  # of the worker's thread
        self._has_one_client = False  # as far as is known
        self.driver = ""
        self._lock: Lock | None = None

    def prepare(self, run_path: Path) -> str:
        """Take the instrument for a run, see that no earlier one has left its output on, and make ready.

        Returns
        -------
        str
            What had to be done about an earlier run; empty if there was nothing.

        Raises
        ------
        IonechoError
            If another run has the instrument, it does not answer, or its output could not be read back as off.
        """
        if self._lock is None:
            self.do(lambda: load_drivers(self.resource), lambda: _LOAD_S, "loading drivers")
        return self.do(lambda: self._connect(run_path), TimeToConnect(), "connecting", _NO_ANSWER)

    def _connect(self, run_path: Path) -> str:
        if self._lock is None:
            self._lock = lock_instrument(self.resource, run_path, "guardian")
            # Nor may there be a runner that is still switching off after the death of its guardian.
            lock_instrument(self.resource, run_path, "runner").remove()
        else:
            self._lock.describe(instrument_owner(self.resource, f"the run {run_path}"))
        note = settle_instrument(self.resource, self._timeout_s)
        # What has one client is not asked for another one while the runner of a session is that client.
        if self._spare is None and not self._has_one_client:
            self._spare, self.driver = open_spare(self.resource, self._timeout_s)
            self._has_one_client = self._spare is None
        return note

    def wait_for_next(self) -> None:
        """Tell others that the instrument waits for the next run of a session."""
        if self._lock is not None:
            self._lock.describe(instrument_owner(self.resource, "a session of runs that waits for the next one"))

    def do(self, function: Callable[[], T], limit_s: Callable[[], float], what: str, hint: str = "") -> T:
        """Have something done in the thread of the session, see `TurningWorker.do`; the hint ends its error."""
        try:
            return self._worker.do(function, limit_s, what)
        except WorkerStuckError as error:
            self._spare = None  # it is left with the thread that hangs
            raise ConnectionLost(f"{self.resource}: {error}{hint}") from error

    def start_switching_off(self) -> Job[str | None]:
        """Have the output switched off; the job's result is as that of `switch_off`. Does not wait."""
        return self._worker.submit(self._try_to_switch_off)

    def switch_off(self) -> str | None:
        """Switch off and return None once the output is read back as off, else why it may still be on."""
        try:
            return self.do(self._try_to_switch_off, lambda: _SWITCH_OFF_S, "switching off")
        except ConnectionLost as error:
            return f"the output may still be ON ({error}). Press the OUTPUT key of the instrument."

    def _try_to_switch_off(self) -> str | None:
        try:
            self._switch_off()
        except OutputStateUnknown as error:
            return str(error)
        return None

    def _switch_off(self) -> None:
        """Reach the safe state by the spare session, or by fresh ones for some seconds.

        Raises
        ------
        OutputStateUnknown
            If the output could not be read back as off in all that time.
        """
        if self._spare is not None:
            try:
                self._spare.safe_state()
            except Exception:  # noqa: BLE001 - whatever failed in it, of a driver of somebody else's too: a fresh one
                spare, self._spare = self._spare, None
                with suppress(Exception):
                    spare.close()
            else:
                return
        switch_off(self.resource, self.driver, self._timeout_s)

    def release(self) -> None:
        """Close the spare session and give the instrument back."""
        with suppress(IonechoError, OSError):
            self.do(self._close_spare, lambda: _CLOSE_S, "closing its session")
        if self._lock is not None:
            self._lock.remove()
            self._lock = None

    def _close_spare(self) -> None:
        if self._spare is not None:
            self._spare.close()
            self._spare = None
