"""Do the simulated Lake Shore controllers do what their manuals say, and does the cryostat obey physics?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_instruments.core.clock import ManualClock
from sim_instruments.lakeshore.instrument import LakeShore335, LakeShore336
from sim_instruments.sample.cell import load_cell
from sim_instruments.sample.cryostat import Cryostat


class Talk:
    """A client and the instrument's clock."""

    def __init__(self, kind: type[LakeShore336] = LakeShore336) -> None:
        self.clock = ManualClock()
        self.cell = load_cell("thermal")
        self.device = kind(self.clock, self.cell, 1)
        self.talk = self.device.client_session()

    def ask(self, line: str) -> str:
        self.talk.receive(line.encode() + b"\r\n")
        answer = bytes(self.talk.output).decode()
        self.talk.output.clear()
        assert not answer or answer.endswith("\r\n")
        return answer.removesuffix("\r\n")

    def number(self, line: str) -> float:
        return float(self.ask(line))

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.device.update()


@pytest.fixture
def talk() -> Talk:
    return Talk()


# -- the cryostat -----------------------------------------------------------------------------------------------------


def test_without_heat_it_cools_to_the_cold_stage_exponentially() -> None:
    cryostat = Cryostat(heat_capacity_J_K=30.0, leak_W_K=0.1, cold_K=77.0, start_K=295.0)
    assert cryostat.temperature_K(300.0) == pytest.approx(77.0 + 218.0 / math.e)
    assert cryostat.temperature_K(1e5) == pytest.approx(77.0)


def test_in_the_end_the_heater_gives_what_leaks_away() -> None:
    cryostat = Cryostat(leak_W_K=0.1, cold_K=77.0)
    cryostat.set_heater(20.0, 5.0)
    assert cryostat.temperature_K(1e6) == pytest.approx(77.0 + 200.0)


@given(st.lists(st.tuples(st.floats(0.01, 500.0), st.floats(0.0, 50.0)), min_size=1, max_size=10))
def test_what_comes_in_and_goes_out_is_what_is_kept(pieces: list[tuple[float, float]]) -> None:
    capacity, leak, cold = 30.0, 0.05, 77.0
    cryostat = Cryostat(capacity, leak, cold)
    given_J, leaked_J, t = 0.0, 0.0, 0.0
    nodes, weights = np.polynomial.legendre.leggauss(20)
    for lasts, power in pieces:
        cryostat.set_heater(power, t)
        at = t + lasts * 0.5 * (1.0 + nodes)
        leaked_J += leak * lasts * 0.5 * float(weights @ [cryostat.temperature_K(s) - cold for s in at])
        given_J += power * lasts
        t += lasts
    kept_J = capacity * (cryostat.temperature_K(t) - cryostat.temperature_K(0.0))
    assert kept_J == pytest.approx(given_J - leaked_J, abs=1e-6 * (1.0 + given_J + abs(leaked_J)))


def test_the_sensor_follows_with_its_lag() -> None:
    cryostat = Cryostat(heat_capacity_J_K=30.0, leak_W_K=0.05, sensor_lag_s=2.0)
    h = 1e-3
    for t in (0.5, 3.0, 100.0):
        slope = (cryostat.sensor_K(t + h) - cryostat.sensor_K(t - h)) / (2 * h)
        assert slope == pytest.approx((cryostat.temperature_K(t) - cryostat.sensor_K(t)) / 2.0, rel=1e-5, abs=1e-9)


def test_the_past_can_be_asked_for_but_not_changed() -> None:
    cryostat = Cryostat()
    before = cryostat.temperature_K(10.0)
    cryostat.set_heater(5.0, 20.0)
    assert cryostat.temperature_K(10.0) == before
    with pytest.raises(ValueError, match="before the last change"):
        cryostat.set_heater(1.0, 10.0)


# -- the controller ---------------------------------------------------------------------------------------------------


def test_it_names_itself_and_reads_the_cryostat(talk: Talk) -> None:
    assert talk.ask("*IDN?").split(",")[:2] == ["LSCI", "MODEL336"]
    assert Talk(LakeShore335).ask("*IDN?").split(",")[1] == "MODEL335"
    assert talk.number("KRDG? A") == pytest.approx(295.0, abs=0.005)
    assert talk.number("CRDG? A") == pytest.approx(21.85, abs=0.005)
    assert talk.ask("RDGST? A") == "000"


def test_a_pt100_has_the_resistance_of_its_standard(talk: Talk) -> None:
    # IEC 60751: 108.51 ohm at 21.85 degrees (108.57 at 22, 0.39 ohm a degree).
    assert talk.number("SRDG? A") == pytest.approx(108.51, abs=0.01)


def test_an_input_without_a_sensor_reads_nothing_and_says_so(talk: Talk) -> None:
    assert talk.number("KRDG? B") == 0.0
    assert int(talk.ask("RDGST? B")) & 1
    assert len(talk.ask("KRDG? 0").split(",")) == 4


def test_the_loop_brings_the_cell_to_its_set_point_and_keeps_it(talk: Talk) -> None:
    talk.ask("PID 1,50,20,0;SETP 1,310;RANGE 1,3")
    talk.wait(900.0)
    readings = []
    for _ in range(100):
        talk.wait(1.0)
        readings.append(talk.number("KRDG? A"))
    assert np.mean(readings) == pytest.approx(310.0, abs=0.003)
    assert np.std(readings) < 0.002
    assert talk.device.cryostat.temperature_K(talk.clock.now()) == pytest.approx(310.0, abs=0.01)
    # 25 ohm and 1 A are 25 W; the leak takes 0.05 W/K; percent are of the current.
    assert talk.number("HTR? 1") == pytest.approx(100.0 * math.sqrt(0.05 * (310.0 - 77.0) / 25.0), abs=0.2)


def test_the_cell_feels_the_cryostat(talk: Talk) -> None:
    warm = talk.cell.at_time(0.0)
    talk.wait(400.0)
    cold = talk.cell.at_time(400.0)
    assert talk.device.cryostat.temperature_K(400.0) < 200.0
    assert cold.parameters["tau"] > 100.0 * warm.parameters["tau"]


def test_with_the_heater_off_there_is_no_heat(talk: Talk) -> None:
    talk.ask("SETP 1,310;RANGE 1,3")
    talk.wait(10.0)
    talk.ask("RANGE 1,0")
    assert (talk.ask("RANGE? 1"), talk.number("HTR? 1")) == ("0", 0.0)
    assert talk.device.cryostat.heater_W(talk.clock.now()) == 0.0


def test_a_ramp_moves_the_set_point_in_kelvin_a_minute(talk: Talk) -> None:
    start = talk.number("SETP? 1")
    talk.ask("RAMP 1,1,6;SETP 1,310")
    talk.wait(60.0)
    assert talk.number("SETP? 1") == pytest.approx(start + 6.0, abs=0.02)
    assert talk.ask("RAMPST? 1;RAMP? 1") == "1;1,+006.0"
    talk.wait(120.0)
    assert talk.ask("RAMPST? 1;SETP? 1") == "0;+310.000"


def test_above_the_temperature_limit_all_outputs_go_off(talk: Talk) -> None:
    # "The temperature limit in kelvin for which to shut down all control outputs when exceeded" (335 manual p. 125)
    talk.ask("TLIMIT A,300;SETP 1,310;RANGE 1,3")
    talk.wait(60.0)
    assert talk.ask("RANGE? 1;TLIMIT? A") == "0;+0300"


def test_manual_output_heats_openly(talk: Talk) -> None:
    talk.ask("HTRSET 1,1,2,0,2;OUTMODE 1,3,1,0;MOUT 1,20;RANGE 1,3")
    talk.wait(1.0)
    assert talk.number("HTR? 1") == 20.0
    assert talk.device.cryostat.heater_W(talk.clock.now()) == pytest.approx(5.0)  # 20 % of 25 W


def test_the_335_names_the_kind_of_its_outputs_in_the_heater_setup() -> None:
    talk = Talk(LakeShore335)
    talk.ask("HTRSET 1,0,2,3,0,1")
    assert talk.ask("HTRSET? 1") == "0,2,3,+0.000,1"
    talk.ask("*CLS")
    assert talk.ask("KRDG? C;*ESR?") == "016"


@pytest.mark.parametrize(
    ("line", "bit"), [("FOO", 32), ("SETP 1", 32), ("SETP 1,x", 32), ("SETP 9,300", 16), ("PID 1,2000,1,1", 16)]
)
def test_what_it_does_not_take_gets_no_answer_but_a_bit(talk: Talk, line: str, bit: int) -> None:
    talk.ask("*CLS")
    assert talk.ask(line) == ""
    assert talk.ask("*ESR?") == f"{bit:03d}"
    assert talk.ask("*ESR?") == "000"


def test_names_may_hold_separators(talk: Talk) -> None:
    assert talk.ask('INNAME A,"a;b,c";INNAME? A') == "a;b,c          "


def test_an_open_sensor_and_an_open_heater_are_told(talk: Talk) -> None:
    talk.ask("SETP 1,310;RANGE 1,3")
    talk.device.inject("compliance")
    assert talk.ask("HTRST? 1;RANGE? 1;HTRST? 1") == "1;0;0"
    talk.ask("RANGE 1,3")
    talk.device.inject("cell-open")
    talk.wait(1.0)
    assert int(talk.ask("RDGST? A")) & 128
    assert talk.ask("RANGE? 1") == "0", "without a reading there is no control"


@given(st.binary(max_size=60))
def test_random_bytes_leave_it_able_to_answer(data: bytes) -> None:
    talk = Talk()
    talk.talk.receive(data + b"\r\n")
    talk.talk.output.clear()
    assert talk.ask("*IDN?").startswith("LSCI,MODEL336,")
