"""Rescue of a run whose file is lost at its path while it is still open."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daq.files.durable import write_atomically
from daq.files.open_file import RunFileBytes
from daq.files.trim import save_without_samples, write_trimmed
from daq.files.watch import current_path
from protocols import IonechoError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daq.files.open_file import EncodedBlock
    from daq.state import RunState

# Most files of rescued samples of one name: a second run of the same name that is lost again needs another.
_MOST_NAMES = 100


@dataclass(frozen=True)
class Rescue:
    """File that was made of a run whose own file is lost.

    Attributes
    ----------
    path : Path
    n_samples : int
    """

    path: Path
    n_samples: int


def rescue(file: RunFileBytes, n_samples: int, n_rows: int, state: RunState) -> Rescue:
    """Make a new file of what was measured: beside the lost one, or in another folder if that one is gone.

    From the open file, or from memory if the file itself was cut short or overwritten.

    Parameters
    ----------
    file : RunFileBytes
    n_samples, n_rows : int
        Acknowledged.
    state : RunState
        For the new file.

    Raises
    ------
    RunFileError
        If there is nothing to rescue, or no folder takes it.
    """
    blocks = list(file.recent) if file.is_damaged() else []
    if blocks:
        n_samples = sum(block.count for block in blocks)
    if n_samples == 0 or (not blocks and file.is_damaged()):
        raise RunFileError("no samples were left to rescue")
    errors = []
    for folder in _folders(file):
        try:
            return Rescue(_saved(file, folder, blocks, n_samples, n_rows, state), n_samples)
        except (OSError, IonechoError) as error:
            errors.append(f"{folder}: {error}")
    raise RunFileError(f"its samples could not be rescued ({'; '.join(errors)})")


def _folders(file: RunFileBytes) -> Iterator[Path]:
    """Yield where a rescued file may go, the best place first: never a folder that somebody removed."""
    own = file.path.parent
    now = current_path(file.fileno())
    places = [own, *([now.parent] if now is not None else []), own.parent, Path.home(), Path(tempfile.gettempdir())]
    yield from dict.fromkeys(place for place in places if place.is_dir())


def _saved(
    file: RunFileBytes, folder: Path, blocks: list[EncodedBlock], n_samples: int, n_rows: int, state: RunState
) -> Path:
    for number in range(1, _MOST_NAMES + 1):
        counter = "" if number == 1 else f"-{number}"
        target = folder / f"{file.path.stem}.rescued{counter}.nxs"
        try:
            with write_atomically(target, new=True) as making:
                if blocks:
                    save_without_samples(file, making, n_samples, len(blocks))
                else:
                    write_trimmed(file, making, n_samples, n_rows)
                _complete(making, file, blocks, state)
        except FileExistsError:
            continue
        return target
    raise RunFileError(f"{_MOST_NAMES} rescued files of this name are there already")


def _complete(making: Path, file: RunFileBytes, blocks: list[EncodedBlock], state: RunState) -> None:
    """Write what is known in memory into a file that was just made: samples, events, state."""
    new = RunFileBytes(making)
    try:
        first = 0
        for row, block in enumerate(blocks):
            new.write_block(row, block.moved_to(first))
            first += block.count
        new.put_events(file.events)
        new.set_state(state)
    finally:
        new.close()
