"""Control file of a run: where its guardian listens, and which processes the run has.

It lies beside the run file for as long as the run is in progress, readable by its user only. Front ends find the
guardian by it; and whoever must end processes that no longer answer knows by it which they are, and with which
instrument they talk.
"""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from daq.execution.processes import ProcessId
from daq.locks import control_path
from protocols import ConnectionLost, RunFileError, when_free

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ControlFile:
    """Content of a control file.

    Attributes
    ----------
    address : str
        Local socket, or named pipe, on which the guardian listens.
    key : str
        What a front end must know, in hexadecimal digits.
    run : str
        `RunRequest.run_id`.
    resource : str
        VISA resource of the instrument.
    timeout_s : float
        Of any single exchange with it.
    guardian : ProcessId
    runner : ProcessId or None
        None until it is started.
    node : str
        Computer on which both run: their numbers mean nothing on another that sees the same folder.
    """

    address: str
    key: str
    run: str
    resource: str
    timeout_s: float
    guardian: ProcessId
    runner: ProcessId | None = None
    node: str = ""

    @property
    def is_of_this_computer(self) -> bool:
        """Whether the processes of the run are on this computer."""
        return self.node == platform.node()

    def to_json(self) -> str:
        """Return the text of the file."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ControlFile:
        """Return the content of a file's text.

        Raises
        ------
        ValueError, KeyError, TypeError
            If the text is no control file.
        """
        fields: dict[str, Any] = json.loads(text)
        runner = fields["runner"]
        return cls(
            str(fields["address"]),
            str(fields["key"]),
            str(fields["run"]),
            str(fields["resource"]),
            float(fields["timeout_s"]),
            _process_from(fields["guardian"]),
            None if runner is None else _process_from(runner),
            str(fields["node"]),
        )


def _process_from(fields: dict[str, Any]) -> ProcessId:
    return ProcessId(int(fields["pid"]), str(fields["started"]))


def read_control_file(run_path: Path, run_id: str = "") -> ControlFile:
    """Return the control file of a run.

    Parameters
    ----------
    run_path : Path
    run_id : str, optional
        Of the run that is expected there; any will do if empty.

    Raises
    ------
    ConnectionLost
        If there is none, or if it is another run's.
    """
    try:
        known = ControlFile.from_json(when_free(lambda: control_path(run_path).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConnectionLost(f"{run_path}: no run is in progress there ({error})") from error
    if run_id and known.run != run_id:
        raise ConnectionLost(f"{run_path}: another run is in progress there")
    return known


class PublishedControlFile:
    """The control file of a run, as its guardian publishes it.

    Parameters
    ----------
    run_path : Path
        The run's file; its guardian's lock must be held: a control file that lies there already is a dead guardian's.
    content : ControlFile

    Raises
    ------
    RunFileError
        If the folder takes no file: before anything is measured.
    """

    def __init__(self, run_path: Path, content: ControlFile) -> None:
        self.path = control_path(run_path)
        self._content = replace(content, node=platform.node())
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.unlink(missing_ok=True)
            _write_new(self.path, self._content.to_json())
        except OSError as error:
            raise _not_made(self.path, error) from error

    def set_runner(self, runner: ProcessId) -> None:
        """Publish which process the runner is, before it is asked for anything.

        Raises
        ------
        RunFileError
            If the folder takes no file any more.
        """
        content = replace(self._content, runner=runner)
        making = self.path.with_name(self.path.name + ".making")
        try:
            making.unlink(missing_ok=True)
            _write_new(making, content.to_json())
            when_free(lambda: making.replace(self.path))
        except OSError as error:
            with suppress(OSError):
                making.unlink(missing_ok=True)
            raise _not_made(self.path, error) from error
        self._content = content

    def remove(self) -> None:
        """Remove the file, if it is still this guardian's."""
        with suppress(OSError):
            if self.path.read_text(encoding="utf-8") == self._content.to_json():
                when_free(self.path.unlink)


def _not_made(path: Path, error: OSError) -> RunFileError:
    return RunFileError(f"{path} could not be made: {error}. Nothing was measured, the output is off.")


def _write_new(path: Path, text: str) -> None:
    """Write a file that only the user can read; a link that lies there is not followed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
