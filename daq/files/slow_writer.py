"""Writing of a slow channel into a run file that is in progress, by whoever reads the other instrument."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, Self

import numpy as np

from daq.files.durable import open_in_place, read_at, write_at
from daq.files.events import decode_events
from daq.files.layout import EVENT_BYTES, STATE_BYTES, Layout
from daq.files.seal import check_seal
from daq.files.slow_channels import check_of, slow_interval_s, slow_parts
from daq.files.summary import Summary
from daq.state import RunState
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_EARLY = 0.9
"""Share of the shortest interval after which a reading is taken: readers come a little early at times."""


class SlowChannelWriter:
    """Writer of the readings of one channel; a context manager.

    It writes nothing but the room of its channel, so it may write beside the process that writes the samples, and
    nothing once the run has ended. There is one for each channel.

    Parameters
    ----------
    path : Path
        A run file in progress.
    channel : str
        One for which room was reserved: ``temperature``.

    Attributes
    ----------
    n_written : int
        Readings in the file, those of an earlier writer among them.

    Raises
    ------
    RunFileError
        If the file cannot be opened, or has no room for the channel.
    """

    def __init__(self, path: Path, channel: str) -> None:
        try:
            self._descriptor = open_in_place(path, write=True, follow=False)
        except OSError as error:
            raise RunFileError(f"{path} cannot be written to: {error}") from error
        try:
            layout = _layout_with(self._descriptor, path, channel)
            summary = Summary.from_json(read_at(self._descriptor, *layout.summary))
        except BaseException:
            os.close(self._descriptor)
            raise
        self._layout = layout
        self._rows = layout.slow[channel]
        self._offsets = [layout.offsets[part] for part in slow_parts(channel)]
        self._interval_s = slow_interval_s(summary.duration_s)
        self._started_s = math.nan
        self._last_s = -math.inf
        # Of an earlier writer that has died: its readings stay.
        _, _, check_at = self._offsets
        written = np.flatnonzero(np.frombuffer(read_at(self._descriptor, check_at, 4 * self._rows), "<u4"))
        self.n_written = int(written[-1]) + 1 if len(written) else 0

    def add(self, value: float) -> bool:
        """Write a reading of this moment, and return whether it was taken.

        It is not if the run has not started or has ended, the reading before it is too near for the room to last, or
        there is no room left.

        Parameters
        ----------
        value : float
            In the unit of the channel.
        """
        if self._state().is_final or math.isnan(self._start()) or self.n_written >= self._rows:
            return False
        t_s = time.monotonic() - self._started_s
        if t_s - self._last_s < _EARLY * self._interval_s:
            return False
        time_at, value_at, check_at = self._offsets
        row = self.n_written
        write_at(self._descriptor, time_at + 8 * row, np.float64(t_s).tobytes())
        write_at(self._descriptor, value_at + 8 * row, np.float64(value).tobytes())
        # Last, so that a reading counts only once it is whole.
        write_at(self._descriptor, check_at + 4 * row, np.uint32(check_of(t_s, value)).tobytes())
        self._last_s, self.n_written = t_s, row + 1
        return True

    def _state(self) -> RunState:
        content = read_at(self._descriptor, self._layout.offsets["state"], STATE_BYTES)
        return RunState.from_file(content.rstrip(b"\0").decode("ascii", "replace"))

    def _start(self) -> float:
        """Return when the run started (s of the monotonic clock), NaN if it has not."""
        if math.isnan(self._started_s):
            content = read_at(self._descriptor, self._layout.offsets["events"], EVENT_BYTES)
            events, _ = decode_events(content, with_checksum=True)
            stamps = [one["monotonic_ns"] for one in events if one["kind"] == "start" and "monotonic_ns" in one]
            if stamps:
                self._started_s = stamps[0] / 1e9
        return self._started_s

    def close(self) -> None:
        """Close the file. May be called more than once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _layout_with(descriptor: int, path: Path, channel: str) -> Layout:
    seal = check_seal(descriptor, "run", path)
    layout = Layout({}, 0, 0) if seal is None else Layout.from_seal(seal.about)
    if channel not in layout.slow:
        raise RunFileError(f"{path} has no room for a slow channel {channel!r}: none was reserved")
    return layout
