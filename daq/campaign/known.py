"""Watching of a point's run for the rule that ends it once a quantity is known, and what came of that.

The process that looks is not of this room: it is started by its name, reads the run file, and asks the run's guardian
for a stop. It outlives a conductor, as the run does; what its looks found is kept beside the run.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from daq.campaign.fitting_child import NOTHING_WATCHED, FittingChild
from daq.files.results import read_attributes
from daq.state import STOPPED_BY_OPERATOR, RunState
from protocols import RunFileError
from protocols.campaigns import StopKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.files.run import Run
    from daq.state import Outcome
    from protocols.campaigns import Campaign, StopCondition

_PROCESS, _RESULT = "fitting.stopping_process", "stopping"
_END_S = 30.0
"""How long (s) the process may take to end after its run: a look that was under way, and the results file."""
_ORPHAN_S = 10.0
"""How long (s) what another conductor's process found may take to be there after it stopped the run: it is written at
once. Doubled, a run that a person stopped meanwhile is settled 10 s later."""
_POLL_S = 0.1
"""Interval (s) at which it is looked whether it has ended."""


def known_rule(campaign: Campaign) -> StopCondition | None:
    """Return the rule that ends the runs of a campaign's points; None if there is none.

    Of several, which `new_campaign` refuses, the first.
    """
    return next((one for one in campaign.stop.stop_when if one.kind is StopKind.KNOWN), None)


class KnownWatcher:
    """Process that watches the run at a path and stops it.

    Parameters
    ----------
    path : Path
        Of the run file, which need not be there yet.
    rule : StopCondition
    """

    def __init__(self, path: Path, rule: StopCondition) -> None:
        self._rule = rule
        self._child = FittingChild(_PROCESS, str(path), json.dumps(rule_document(rule)))

    def end(self, outcome: Outcome, turn: Callable[[], object]) -> str:
        """Wait for its end after that of the run, and return why nothing watched it; empty if it was watched.

        Parameters
        ----------
        outcome : Outcome
            Of the run.
        turn : callable
            Called several times a second meanwhile.
        """
        is_refused = outcome.state is RunState.REFUSED
        is_well, told = self._child.wait(0.0 if is_refused else _END_S, turn)
        return "" if is_well or is_refused else f"{NOTHING_WATCHED} {self._rule.text!r}: {told}"


def rule_document(condition: StopCondition) -> dict[str, Any]:
    """Return what a condition says of a fitted quantity, as the fits take it: `fitting.KnownTo.from_document`.

    Of a drift, the precision is its share; without a circuit it is the usual one.
    """
    document: dict[str, Any] = {"name": condition.quantity, "precision": condition.value}
    return document | ({"circuit": condition.circuit} if condition.circuit else {})


def await_orphan(path: Path, turn: Callable[[], object]) -> None:
    """Wait until what the process of another conductor found is beside a run that has just been stopped."""
    deadline = time.monotonic() + _ORPHAN_S
    while _looks(path) is None and time.monotonic() < deadline:
        turn()
        time.sleep(_POLL_S)


def _looks(path: Path) -> dict[str, object] | None:
    from daq.files.run import open_run

    try:
        return read_attributes(path, _RESULT, open_run(path, damaged=True).start_time)
    except RunFileError:
        return None


def known_as(run: Run) -> str:
    """Return by which rule a run was stopped since its quantity was known; empty if it was not."""
    outcome = run.recorded_outcome()
    if run.state is not RunState.STOPPED or outcome is None or outcome.reason != STOPPED_BY_OPERATOR:
        return ""
    try:
        looks = read_attributes(run.path, _RESULT, run.start_time)
    except RunFileError:
        return ""
    return str(looks["rule"]) if looks is not None and looks.get("is_met") else ""
