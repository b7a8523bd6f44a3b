"""A simulated 2461 that writes down its own time beside the computer's, so that it is known when each sample was made.

    python -m benchmarks.dated_simulator FILE

It announces itself as `ionecho sim --json` does, and ends with its standard input. Rows of three numbers (float64) go
to the file, 500 a second: the computer's monotonic clock, the instrument's clock, and the instrument's time of the
first sample in the buffer of its last run (0 before there is one); all in seconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from sim_instruments.core.clock import RealClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.serving.server import Served, make_host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sim_instruments.keithley.common.buffers import ReadingBuffer
    from sim_instruments.keithley.common.source_meter import SourceMeter

    Floats = NDArray[np.float64]

_KIND = "keithley2461"
# Between two rows: what is known of the time of a sample that was made while the instrument fell behind.
_INTERVAL_S = 0.002
_ROW = struct.Struct("3d")
# How long the process may take to end.
_PATIENCE_S = 10.0


class Dates:
    """When the samples of a run were made.

    Parameters
    ----------
    path : Path
        What the simulator has written.
    since_s : float
        When the run was started, at the latest (monotonic, s): rows of earlier runs do not count.
    """

    def __init__(self, path: Path, since_s: float) -> None:
        content = path.read_bytes()
        rows = np.frombuffer(content[: len(content) // _ROW.size * _ROW.size]).reshape(-1, 3)
        rows = rows[rows[:, 0] >= since_s]
        begun = rows[rows[:, 2] == rows[-1, 2]]
        self.first_s = float(begun[-1, 2])
        # It may find that it has not come as far as it said: then the earlier moment counts, and samples are older.
        self._own_s = np.maximum.accumulate(rows[:, 1])
        self._wall_s = rows[:, 0]

    def made_s(self, t_s: Floats) -> Floats:
        """Return when samples of these times of the run were made (monotonic, s)."""
        return np.interp(self.first_s + t_s, self._own_s, self._wall_s)

    def lag_s(self, t_s: float) -> float:
        """Return how far the instrument had fallen behind the time when it made a sample, since its first one."""
        made = self.made_s(np.array([0.0, t_s]))
        return float(made[1] - made[0] - t_s)


@contextmanager
def dated_simulator(path: Path) -> Iterator[str]:
    """Serve it in a process of its own that writes into a file; gives its VISA resource."""
    command = [sys.executable, "-m", "benchmarks.dated_simulator", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield str(json.loads(line)["resource"])
        finally:
            process.terminate()
            process.wait(_PATIENCE_S)


async def _write_dates(meter: SourceMeter, file: BinaryIO) -> None:
    """Write rows until this task is cancelled."""
    while True:
        firsts = [buffer.first_time for buffer in meter.buffers.values() if _holds_run(buffer)]
        file.write(_ROW.pack(time.monotonic(), meter.clock.now(), max(firsts, default=0.0)))
        await asyncio.sleep(_INTERVAL_S)


def _holds_run(buffer: ReadingBuffer) -> bool:
    return buffer.compact and len(buffer) > 0


async def _serve(path: Path) -> None:
    one = Served(_KIND, make_host(_KIND, RealClock(), load_cell("demo"), 1))
    await one.open("socket", 0)
    sys.stdout.write(json.dumps({"resource": one.resources[""]}) + "\n")
    sys.stdout.flush()
    with path.open("wb", buffering=0) as file:
        await asyncio.gather(one.host.live(), _write_dates(one.host.device.meter, file))  # type: ignore[attr-defined]


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    asyncio.run(_serve(Path(sys.argv[1])))
