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
    ("line", "bit"),
    [("FOO", 32), ("SETP 1", 32), ("SETP 1,x", 32), ("SETP 9,300", 16), ("PID 1,2000,1,1", 16), ("PID 1,50,0,1", 16)],
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


# -- outputs 3 and 4, zones -------------------------------------------------------------------------------------------


def test_the_four_outputs_of_a_336_are_switched_off_in_one_line(talk: Talk) -> None:
    talk.ask("*CLS")
    for output in (1, 2, 3, 4):
        talk.ask(f"OUTMODE {output},3,1,0;MOUT {output},20;RANGE {output},1")
    assert talk.ask("RANGE? 1;RANGE? 2;RANGE? 3;RANGE? 4") == "1;1;1;1"
    talk.wait(1.0)
    # 1 % of 25 W at 20 % of the current, twice, and 20 % of 10 V in 100 ohm, twice.
    assert talk.device.cryostat.heater_W(talk.clock.now()) == pytest.approx(2 * 0.25 * 0.04 + 2 * 1.0 * 0.04)
    # The vendor's own driver sends this line for "all heaters off".
    talk.ask("RANGE 1,0;RANGE 2,0;RANGE 3,0;RANGE 4,0")
    assert talk.ask("RANGE? 1;RANGE? 2;RANGE? 3;RANGE? 4;*ESR?") == "0;0;0;0;000"
    assert not talk.device.output_is_on
    assert talk.device.cryostat.heater_W(talk.clock.now()) == 0.0


def test_a_voltage_output_has_one_range_and_its_own_modes(talk: Talk) -> None:
    # 350 manual p. 154: for outputs 3 and 4: 0 = Off, 1 = On.
    talk.ask("*CLS")
    assert talk.ask("RANGE 3,2;*ESR?") == "016"
    assert talk.ask("OUTMODE 1,4,1,0;*ESR?") == "016", "monitor out is a mode of voltage outputs"
    assert talk.ask("OUTMODE 3,4,1,0;OUTMODE? 3;*ESR?") == "4,1,0;000"
    assert talk.ask("AOUT? 1;*ESR?") == "016"


def test_a_monitor_output_is_always_on_and_shows_the_reading(talk: Talk) -> None:
    # 350 manual p. 154: "An output in Monitor Out mode is always on"; ANALOG's high and low are +100 % and 0 %.
    talk.ask("OUTMODE 3,4,1,0;ANALOG 3,1,1,400,200,0")
    talk.wait(0.1)
    assert talk.number("AOUT? 3") == pytest.approx((talk.number("KRDG? A") - 200.0) / 2.0, abs=0.1)
    assert not talk.device.output_is_on, "a recorder is no heater"


def test_warm_up_gives_its_voltage_below_the_set_point_and_then_goes_off(talk: Talk) -> None:
    # 335 manual p. 126: control 0 is "auto off", the percentage is of 10 V.
    talk.ask("OUTMODE 3,5,1,0;WARMUP 3,0,50;SETP 3,296;RANGE 3,1")
    talk.wait(0.2)
    assert talk.ask("AOUT? 3") == "+050.0"
    talk.ask("SETP 3,100")
    talk.wait(0.2)
    assert talk.ask("AOUT? 3;RANGE? 3") == "+000.0;0"


def test_zones_bring_their_own_pid_and_range(talk: Talk) -> None:
    # The manuals' form: ZONE <output>,<zone>,<upper bound>,<P>,<I>,<D>,<mout>,<range>,<input>,<rate> (335 p. 126).
    talk.ask("ZONE 1,1,200,10,20,0,0,2,1,5;ZONE 1,2,400,50,40,1,0,3,1,10")
    assert talk.ask("ZONE? 1,1").startswith("+200.000,+010.0,+020.0,")
    talk.ask("OUTMODE 1,2,1,0;SETP 1,310;RANGE 1,1")
    talk.wait(0.2)
    assert talk.ask("PID? 1;RANGE? 1") == "+0050.0,+0040.0,+0001.0;3"
    talk.ask("SETP 1,150")
    talk.wait(0.2)
    assert talk.ask("PID? 1;RANGE? 1") == "+0010.0,+0020.0,+0000.0;2"


# -- inputs -----------------------------------------------------------------------------------------------------------


def test_curves_have_numbers_and_headers(talk: Talk) -> None:
    assert talk.ask("INCRV? A;INCRV? B") == "06;00"
    name, serial, form, limit, coefficient = talk.ask("CRVHDR? 6").split(",")
    assert (name.strip(), serial.strip(), form, float(limit), coefficient) == ("PT-100", "STANDARD C", "3", 800.0, "2")
    # The example of the 331 and 340 manuals (p. 6-29, 9-29).
    talk.ask("CRVHDR 21,DT-470,00011134,2,325.0,1")
    name, serial, *rest = talk.ask("CRVHDR? 21").split(",")
    assert (name.strip(), serial.strip(), rest) == ("DT-470", "00011134", ["2", "+325.000", "1"])
    talk.ask("INCRV A,23")
    assert talk.ask("INCRV? A") == "23"
    talk.ask("*CLS")
    assert talk.ask("CRVHDR 6,x,y,2,325.0,1;*ESR?") == "016", "a standard curve is not written"
    talk.ask("CRVPT 21,2,0.10191,470.000")
    units, kelvin = talk.ask("CRVPT? 21,2").split(",")
    assert [float(units), float(kelvin)] == pytest.approx([0.10191, 470.0])


def test_an_alarm_latches_if_it_is_told_to(talk: Talk) -> None:
    # 331 manual p. 6-26: latched, a high alarm stays when the reading falls below again; ALMRST clears it.
    talk.ask("ALARM A,1,270.0,0,0,1,0,1")
    assert talk.ask("ALARM? A") == "1,+270.000,+0.00000,+0.00000,1,0,1"
    talk.wait(0.2)
    assert talk.ask("ALARMST? A") == "1,0"
    talk.ask("ALARM A,1,300,0,0,1,0,1")
    talk.wait(0.2)
    assert talk.ask("ALARMST? A") == "1,0"
    talk.ask("ALMRST")
    assert talk.ask("ALARMST? A") == "0,0"
    talk.ask("ALARM A,1,300,296,5,0,0,1")
    talk.wait(0.2)
    assert talk.ask("ALARMST? A") == "0,1"
    talk.ask("ALARM A,1,300,294,5,0,0,1")
    talk.wait(0.2)
    assert talk.ask("ALARMST? A") == "0,1", "within the deadband it stays"
    talk.ask("ALARM A,0,,,,,,")
    assert talk.ask("ALARMST? A;ALARM? A") == "0,0;0,+300.000,+294.000,+5.00000,0,0,1"


def test_the_filter_quietens_the_reading(talk: Talk) -> None:
    def scatter() -> float:
        readings = []
        for _ in range(60):
            talk.wait(0.1)
            readings.append(talk.number("KRDG? A"))
        return float(np.std(np.diff(readings, n=2)))  # what drifts is no scatter

    talk.ask("SETP 1,295;RANGE 1,1;TLIMIT A,0")
    loud = scatter()
    talk.ask("FILTER A,1,32,10")
    assert talk.ask("FILTER? A") == "1,32,10"
    assert scatter() < 0.7 * loud
    assert talk.ask("FILTER A,1,1,10;FILTER? A") == "1,32,10", "two readings are the least"


def test_least_and_greatest_readings_are_kept_until_reset(talk: Talk) -> None:
    talk.wait(60.0)
    least, greatest = (float(text) for text in talk.ask("MDAT? A").split(","))
    assert greatest == pytest.approx(295.0, abs=0.2)
    assert least == pytest.approx(talk.number("KRDG? A"), abs=0.2)
    assert greatest - least > 5.0
    talk.ask("MNMXRST")
    talk.wait(0.2)
    least, greatest = (float(text) for text in talk.ask("MDAT? A").split(","))
    assert greatest - least < 0.2


def test_the_junction_temperature_is_that_of_a_room(talk: Talk) -> None:
    assert 285.0 < talk.number("TEMP?") < 305.0
