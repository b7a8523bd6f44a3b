"""Does an instrument that cannot keep up answer with what it has, and lag?"""

from __future__ import annotations

import pytest

from sim_instruments.core.clock import ManualClock, PacedClock, RealClock
from sim_instruments.keithley.k2450.models import Keithley2450
from sim_instruments.sample.cell import load_cell


class Wall:
    """A wall clock that goes on by a fifth of a millisecond whenever somebody looks at it."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        self.now_s += 2e-4
        return self.now_s


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("sim_instruments.core.clock.time.monotonic", wall)
    return wall


def test_a_turn_ends_and_time_rests_where_it_has_come_to(wall: Wall) -> None:
    clock = PacedClock(RealClock(10.0))
    over = clock.turn()
    assert not over()
    wall.now_s += 1.0
    assert over()
    clock.fall_behind(0.5)
    assert clock.now() == 0.5
    assert clock.now() == 0.5, "while it rests"
    wall.now_s += 1.0
    assert clock.now() == pytest.approx(0.5 + 10.0, abs=0.1), "then it goes on from there"


def test_time_that_a_test_moves_knows_no_turns() -> None:
    manual = ManualClock()
    clock = PacedClock(manual)
    manual.advance(1e6)
    assert not clock.turn()()
    assert clock.now() == 1e6


def test_an_instrument_that_is_behind_hands_out_what_it_has_and_obeys_at_once(wall: Wall) -> None:
    device = Keithley2450(RealClock(1e5), load_cell("resistor"), 1)
    session = device.client_session()

    def ask(line: str) -> str:
        session.receive(line.encode() + b"\n")
        answer = bytes(session.output).decode()
        session.output.clear()
        return answer.strip()

    ask(':SENS:FUNC "CURR";:SENS:CURR:NPLC 0.01;:SOUR:SWE:VOLT:LIN 0, 1, 1600, 1e-4;:INIT')
    wall.now_s += 10.0  # 1e6 s of the instrument: the sweep should be long over
    device.update()
    first = int(ask(":TRAC:ACT?"))
    assert 0 < first < 400, "a turn's worth"
    assert ask(":OUTP?;:TRAC:ACT?") == f"1;{first}", "time rests while it is asked"
    ask(":ABOR;:OUTP OFF")
    assert ask(":OUTP?;:TRIG:STAT?").startswith("0;ABORTED")
    wall.now_s += 10.0
    assert int(ask(":TRAC:ACT?")) < 800
