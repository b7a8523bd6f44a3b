"""Twelve of the 300 cases of `just kills`: processes killed and frozen, the output's truth read in the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kills.cases import TELLING, Case
from benchmarks.kills.play import Player
from benchmarks.kills.verdict import violations
from tests.patience import promised


def _id_of(case: Case) -> str:
    hits = "-".join(f"{action} {process}" for process, action in case.hits)
    return f"{case.kind}-{case.transport}-{case.phase}-{hits}"


@pytest.mark.slow
@pytest.mark.realtime  # seconds to output off and to the end of everything are its subject
@pytest.mark.parametrize("case", TELLING, ids=_id_of)
def test_nothing_is_lost_nothing_hangs_nothing_stays_on_nothing_lies(case: Case, tmp_path: Path) -> None:
    before = promised(1.0)
    seen = Player(case, tmp_path, before).play()
    assert violations(case, seen, max(before, promised(1.0))) == [], seen
