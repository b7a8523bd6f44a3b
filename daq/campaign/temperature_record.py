"""Record of a campaign's temperature: all of it in the state on disk, and that of a point in the point's run file."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from daq.files.slow_channels import TEMPERATURE
from daq.files.slow_writer import SlowChannelWriter
from protocols import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daq.campaign.clock import Clock
    from daq.campaign.store import CampaignStore
    from daq.campaign.temperature import Reading, TemperatureOwner

_KEEP_S = 5.0
"""Interval (s) at which readings are written into the state: each time costs a sync of the disk. Doubled, a front end
shows a temperature that is 10 s old."""


class TemperatureRecord:
    """Record of a temperature.

    Parameters
    ----------
    owner : TemperatureOwner or None
        None for a campaign without a controller: nothing is recorded then.
    store : CampaignStore
    clock : Clock
    """

    def __init__(self, owner: TemperatureOwner | None, store: CampaignStore, clock: Clock) -> None:
        self._owner, self._store, self._clock = owner, store, clock
        self._rows: list[Reading] = []
        self._kept_s = clock.now_s()
        self._path: Path | None = None
        self._writer: SlowChannelWriter | None = None

    @contextmanager
    def of_run(self, path: Path) -> Iterator[None]:
        """Have the readings written into a run file too, once it is there, while this is held."""
        self._path = path
        try:
            yield
        finally:
            self._path = None
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def take(self) -> None:
        """Take what was read since the last time; it is in the state some seconds later."""
        if self._owner is None:
            return
        if rows := self._owner.readings():
            self._rows += rows
            # What came before, if the loop was held up, has no place in the file: a reading there is of its moment.
            with suppress(RunFileError, OSError):  # not there yet, or full: the state on disk has it all
                self._write(rows[-1].temperature_K)
        if self._clock.now_s() - self._kept_s > _KEEP_S:
            self.keep()

    def keep(self) -> None:
        """Write into the state what was taken, in one transaction."""
        self._kept_s = self._clock.now_s()
        rows, self._rows = self._rows, []
        if self._owner is not None and (rows := rows + self._owner.readings()):
            self._store.add_temperatures((row.at_s, row.temperature_K, row.setpoint_K, row.is_stable) for row in rows)

    def _write(self, kelvin: float) -> None:
        if self._writer is None and self._path is not None and self._path.exists():
            self._writer = SlowChannelWriter(self._path, TEMPERATURE.name)
        if self._writer is not None:
            self._writer.add(kelvin)
