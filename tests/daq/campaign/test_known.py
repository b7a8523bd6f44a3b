"""Which runs that were stopped make their point done: those that a front end stopped once the rule was met."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daq import write_process
from daq.campaign.folder import CampaignFolder
from daq.campaign.settling import RunFiles
from daq.files.finalize import finalize_run_file
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.state import STOPPED_BY_OPERATOR, RunState
from protocols import Protocol
from tests.daq.files.test_run_file import block, header

PROTOCOL = Protocol.load("single_pulse")
RULE = "Mig1.tau known to 5 % by R0-Mig1-CPE1"


def left(path: Path, state: RunState, message: str, *, is_met: bool | None) -> None:
    """Leave a run that ended in a state, and what looks at it found; None where nobody looked."""
    create_run_file(path, replace(header(), protocol_text=PROTOCOL.to_toml()))
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    file.write_samples(0, 0, [block(0, 100)])
    file.add_event(state, message, output="off", warnings=())
    file.close()
    finalize_run_file(path, state)
    if is_met is not None:
        write_process(path, "stopping", {"t_s": np.zeros(1)}, {"rule": RULE, "is_met": is_met})


@pytest.mark.parametrize(
    ("state", "message", "is_met", "done", "why"),
    [
        (RunState.STOPPED, STOPPED_BY_OPERATOR, True, True, f"stopped because known: {RULE}"),
        (RunState.STOPPED, STOPPED_BY_OPERATOR, False, False, ""),
        (RunState.STOPPED, STOPPED_BY_OPERATOR, None, False, ""),
        (RunState.STOPPED, "the current was above its limit", True, False, ""),
        (RunState.ABORTED, STOPPED_BY_OPERATOR, True, False, ""),
        (RunState.COMPLETE, "", False, True, ""),
    ],
)
def test_a_stopped_run_is_done_only_if_it_was_stopped_because_its_rule_was_met(
    tmp_path: Path, state: RunState, message: str, is_met: bool | None, done: bool, why: str
) -> None:
    path = tmp_path / "0001-a.nxs"
    left(path, state, message, is_met=is_met)
    found = RunFiles(CampaignFolder(tmp_path)).found(path.name, PROTOCOL)
    assert found is not None
    assert (found.is_complete, found.n_samples, found.why_early) == (done, 100, why)
