"""What a point's run file says, whatever became of the processes that wrote it.

After a crash this file counts, not what anybody remembers: a complete one makes its point done, and anything else is
closed with its output read back as off, and put aside, before the point is measured again. So no point is lost and none
is measured twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.campaign.known import known_as
from daq.campaign.schema import CampaignFileError
from daq.execution.recovery import recover
from daq.execution.run_in_progress import RunInProgress
from daq.files.names import results_path, statements_path
from daq.files.run import open_run
from daq.locks import is_in_progress, is_locked
from daq.state import RunState
from protocols import OutputStateUnknown, Protocol, RunFileError, when_free

if TYPE_CHECKING:
    from pathlib import Path

    from daq.campaign.folder import CampaignFolder
    from daq.files.run import Run


@dataclass(frozen=True)
class FoundRun:
    """A run file at the path of a point.

    Attributes
    ----------
    is_complete : bool
        Whether the point is done.
    run_id : str
    n_samples : int
    why_early : str
        Why a run makes its point done that was not measured to its planned end; empty if it was.
    """

    is_complete: bool
    run_id: str = ""
    n_samples: int = 0
    why_early: str = ""


class RunFiles:
    """The run files of a campaign.

    Parameters
    ----------
    folder : CampaignFolder
    """

    def __init__(self, folder: CampaignFolder) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Return the path of a run file."""
        return self._folder.run_file(name)

    def exists(self, name: str) -> bool:
        """Whether something lies at the path of a run file."""
        return self.path(name).exists()

    def in_progress(self, name: str) -> RunInProgress | None:
        """Return the run that guardian or runner still have at a path; None if neither lives."""
        return run_in_progress_at(self.path(name))

    def found(self, name: str, protocol: Protocol) -> FoundRun | None:
        """Return what lies at the path of a point that nobody writes; None if nothing does.

        Raises
        ------
        CampaignFileError
            If it is a complete run of another protocol: it was put there, and is nobody's to take away.
        """
        path = self.path(name)
        if not path.exists():
            return None
        try:
            run = open_run(path, damaged=True)
        except RunFileError:
            return FoundRun(is_complete=False)
        why_early = _why_early(run)
        if run.state is not RunState.COMPLETE and not why_early:
            return FoundRun(False, run.run_id, run.n_samples)
        if not _is_of(run.protocol_text, protocol):
            raise CampaignFileError(
                "this is a complete run of another protocol than this point's: it was left as it is. Move it "
                "elsewhere, then resume the campaign",
                str(path),
            )
        return FoundRun(True, run.run_id, run.n_samples, why_early)

    def put_aside(self, name: str, attempt: int) -> str:
        """Close what an attempt has left at the path of a point, and move it away.

        Returns
        -------
        str
            Where it is now, within the folder; empty if there was nothing. A file that was moved before its conductor
            could write that down is named too.

        Raises
        ------
        OutputStateUnknown
            If the output of its run may still be on. It stays where it is, so that everybody sees it.
        RunFileError
            If it cannot be closed or moved.
        """
        path, folder = self.path(name), self._folder
        if not path.exists():
            moved = folder.expected_aside(name, attempt)
            return folder.relative(moved) if moved.exists() else ""
        _close(path)
        aside = folder.aside(name, attempt)
        try:
            aside.parent.mkdir(exist_ok=True)
            when_free(lambda: path.rename(aside))
            for companion in (results_path, statements_path):
                if companion(path).exists():
                    companion(path).rename(companion(aside))
        except OSError as error:
            raise RunFileError(f"{path} could not be moved to {aside}: {error}") from error
        return folder.relative(aside)


def _why_early(run: Run) -> str:
    """Return why a run that did not reach its planned end makes its point done; empty if it does not, or did."""
    if rule := known_as(run):
        return f"stopped because known: {rule}"
    outcome = run.recorded_outcome()
    return outcome.reason if outcome is not None and outcome.campaign_ends_for else ""


def run_in_progress_at(path: Path) -> RunInProgress | None:
    """Return the run that guardian or runner still have at a path; None if neither lives."""
    return RunInProgress(path) if is_in_progress(path) or is_locked(path, "runner") else None


def _is_of(text: str, protocol: Protocol) -> bool:
    """Whether a protocol's text says what a protocol says; other versions may write it in another form."""
    wanted = protocol.to_toml()
    return text == wanted or Protocol.from_toml(text).to_toml() == wanted


def _close(path: Path) -> None:
    try:
        run = open_run(path, damaged=True)
    except RunFileError:  # no run file: nothing of it was ever on
        return
    if run.state.is_final and run.state.output_is_off and run.n_samples == run.n_planned:
        return
    recovery = recover(path)
    if recovery.output_problem:
        raise OutputStateUnknown(recovery.output_problem)
