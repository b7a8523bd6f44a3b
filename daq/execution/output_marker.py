"""Marker of an output that may be on, beside the locks of its instrument.

The runner writes it before it starts a program, and whoever has read the output back as off removes it: runner,
guardian, `daq.recover`, or the next run on that instrument before it does anything else. So a run that died with all
its processes, or with its computer, is known to whoever wants the instrument next, whatever folder, user or program
that is.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from daq.instrument_locks import instrument_file
from daq.shared_folder import EVERYBODY, open_shared, read_text, write_text
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class MarkedOutput:
    """What a marker says of an output that may be on.

    Attributes
    ----------
    driver : str
        Name of the instrument's driver; empty if it is not known.
    run : str
        Path of the run file; empty if the marker cannot be read.
    """

    driver: str
    run: str


class OutputMarker:
    """The marker of one instrument.

    Parameters
    ----------
    resource : str
        VISA resource.

    Raises
    ------
    InstrumentError
        If this computer has no folder for it.
    """

    def __init__(self, resource: str) -> None:
        self.path = instrument_file(resource, "output-may-be-on.json")

    def write(self, driver: str, run_path: Path) -> None:
        """Say that the output may be on from now on; on disk when this returns.

        Raises
        ------
        RunFileError
            If that cannot be written: then the output must not be switched on.
        """
        try:
            descriptor = open_shared(self.path, EVERYBODY)
            try:
                write_text(descriptor, json.dumps(asdict(MarkedOutput(driver, str(run_path)))), durable=True)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise RunFileError(
                f"{self.path} could not be written ({error}): it must say that the output may be on before it is "
                "switched on. The output is off."
            ) from error

    def read(self) -> MarkedOutput | None:
        """Return what it says, None if there is none; one that cannot be read counts as a marker of an unknown run."""
        if not os.path.lexists(self.path):
            return None
        try:
            descriptor = open_shared(self.path, EVERYBODY)
        except OSError:
            return MarkedOutput("", "")
        try:
            text = read_text(descriptor)
        except OSError:
            return MarkedOutput("", "")
        finally:
            os.close(descriptor)
        return _parsed(text) if text else None

    def remove(self) -> None:
        """Remove it: the output was read back as off, or somebody has seen that it is."""
        with suppress(OSError):
            self.path.unlink()
            return
        with suppress(OSError):  # another user's file in a sticky folder cannot be removed, but emptied
            descriptor = open_shared(self.path, EVERYBODY)
            try:
                write_text(descriptor, "", durable=True)
            finally:
                os.close(descriptor)


def _parsed(text: str) -> MarkedOutput:
    try:
        fields = json.loads(text)
        return MarkedOutput(str(fields["driver"]), str(fields["run"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return MarkedOutput("", "")
