"""Does the trigger model run its blocks as the 2461 reference manual says, to the sample?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sim_instruments.conftest import Talk


def _load(talk: Talk, *blocks: str) -> None:
    talk.write(':TRIG:LOAD "Empty"')
    for number, block in enumerate(blocks, 1):
        name, _, rest = block.partition(" ")
        talk.write(f":TRIG:BLOC:{name} {number}" + (f", {rest}" if rest else ""))
    assert talk.error() == 0


def _program(talk: Talk, points: list[tuple[float, float]], rate: float = 1e5, lead_s: float = 0.05) -> None:
    """Load a pulse programme: a source list with a user delay a point, digitized from end to end."""
    talk.write("*RST", "*CLS", ":SOUR:VOLT:RANG 0.2;ILIM 1 mA;READ:BACK OFF;:OUTP:VOLT:SMOD HIMP")
    talk.write(f':DIG:FUNC "CURR";:DIG:CURR:RANG 1e-5;SRAT {rate:.0f};APER AUTO', ':SOUR:CONF:LIST:CRE "steps"')
    for level, dwell in points:
        talk.write(f':SOUR:VOLT {level};:SOUR:VOLT:DEL:USER1 {dwell};:SOUR:CONF:LIST:STOR "steps"')
    talk.write(':TRAC:MAKE "run", 1000000')
    loop = ["DEL:DYN SOUR1", 'CONF:NEXT "steps"', f"BRAN:COUN {len(points)}, 6"]
    start = ['BUFF:CLE "run"', 'CONF:REC "steps", 1', "SOUR:STAT ON", f"DEL:CONS {lead_s}", 'DIG "run", INF']
    _load(talk, *start, *loop, 'DIG "run", 0', "SOUR:STAT OFF")


def _record(talk: Talk, elements: str = "READ,REL,SOUR") -> np.ndarray:
    count = int(talk.ask(':TRAC:ACT? "run"'))
    width = elements.count(",") + 1
    answer = talk.ask(f':FORM ASC;:FORM:ASC:PREC 16;:TRAC:DATA? 1,{count},"run",{elements}')
    return np.array(answer.split(","), dtype=float).reshape(count, width)


def test_a_counter_block_with_target_5_makes_5_readings_and_nested_with_3_makes_15(talk: Talk) -> None:
    # The example on p. 6-187: "At end of execution, 15 readings are stored in defbuffer1."
    talk.write(":SENS:CURR:NPLC 0.01;:OUTP ON")
    _load(talk, "BUFF:CLE", "MEAS", "BRAN:COUN 5, 2", "DEL:CONS 1", "BRAN:COUN 3, 2")
    talk.write(":INIT")
    talk.wait(2.99)
    assert talk.ask(":TRAC:ACT?") == "15"
    assert talk.ask("*OPC?") == ""
    talk.wait(0.2)
    assert talk.raw() == b"1\n"
    assert talk.ask(":TRAC:ACT?;:TRIG:STAT?") == "15;IDLE;IDLE;5"


def test_user_delays_of_a_source_list_place_the_steps_on_the_sample(talk: Talk) -> None:
    points = [(0.0, 0.1), (0.01, 0.05), (0.0, 0.0333), (-0.02, 0.05), (0.0, 0.1)]
    _program(talk, points)
    talk.write(":INIT")
    talk.wait(10.0)
    record = _record(talk)
    times = np.cumsum([0.0] + [dwell for _, dwell in points])
    assert len(record) == round(times[-1] * 1e5)
    np.testing.assert_allclose(record[:, 1], np.arange(len(record)) * 1e-5, atol=1e-9)
    which = np.searchsorted(times, record[:, 1] + 1e-9, side="right") - 1
    np.testing.assert_allclose(record[:, 2], np.array([level for level, _ in points])[which], atol=1e-12)
    # Ohm: all but the reading in which the source settles (1 us of 10 us).
    steady = np.diff(which, prepend=0) == 0
    residual = record[steady, 0] - record[steady, 2] / 1e4
    assert np.abs(residual).max() < 6.0 * talk.device.meter.electronics.noise_A(1e-5, 1e-5)
    first = np.flatnonzero(~steady)
    share = (record[first, 0] - record[first - 1, 2] / 1e4) / ((record[first, 2] - record[first - 1, 2]) / 1e4)
    # Mean over 10 us of 1 - exp(-t / 1 us): 0.9.
    np.testing.assert_allclose(share, 0.9, atol=2e-3)


def test_readings_become_visible_as_instrument_time_passes(talk: Talk) -> None:
    _program(talk, [(0.0, 1.0)])
    talk.write(":INIT")
    assert talk.ask(":OUTP?") == "1"
    for elapsed, expected in ((0.05, 0), (0.25, 25_000), (0.5, 75_000), (0.25, 100_000), (5.0, 100_000)):
        talk.wait(elapsed)
        assert int(talk.ask(':TRAC:ACT? "run"')) == expected
    assert talk.ask(":OUTP?") == "0"


def test_a_part_can_be_read_while_it_runs_but_nothing_beyond_what_is_there(talk: Talk) -> None:
    _program(talk, [(0.01, 1.0)])
    talk.write(":INIT")
    talk.wait(0.05 + 0.1)
    early = talk.ask(':TRAC:DATA? 1,10000,"run"')
    assert talk.ask(':TRAC:DATA? 1,10001,"run"') == ""
    assert talk.error() == -222
    talk.wait(2.0)
    assert talk.ask(':TRAC:DATA? 1,10000,"run"') == early


@pytest.mark.parametrize("polls", [1, 7, 100])
def test_the_record_does_not_depend_on_polling(new_talk: Callable[..., Talk], polls: int) -> None:
    def record(number: int) -> np.ndarray:
        talk = new_talk("demo", seed=5)
        _program(talk, [(0.0, 0.05), (0.01, 0.1), (0.0, 0.05)])
        talk.write(":INIT")
        for _ in range(number):
            talk.wait(0.3 / number)
            talk.ask(':TRAC:ACT? "run"')
        return _record(talk)

    whole = record(2)
    assert len(whole) == 20_000
    assert np.array_equal(whole, record(polls))


def test_equal_seeds_give_equal_records_and_others_do_not(new_talk: Callable[..., Talk]) -> None:
    records = []
    for seed in (3, 3, 4):
        talk = new_talk("resistor", seed=seed)
        _program(talk, [(0.0, 0.01), (0.01, 0.02)])
        talk.write(":INIT")
        talk.wait(1.0)
        records.append(_record(talk)[:, 0])
    assert np.array_equal(records[0], records[1])
    assert not np.array_equal(records[0], records[2])


def test_abort_stops_at_once_keeps_the_record_and_leaves_the_output_on(talk: Talk) -> None:
    _program(talk, [(0.0, 10.0)])
    talk.write(":INIT")
    talk.wait(0.05 + 0.5)
    talk.write(":ABOR")
    assert talk.ask(':TRAC:ACT? "run";:TRIG:STAT?;:OUTP?') == "50000;ABORTED;ABORTED;6;1"
    talk.wait(1.0)
    assert talk.ask(':TRAC:ACT? "run";:OUTP OFF;:OUTP?') == "50000;0"


def test_the_state_is_checked_every_100_ms(talk: Talk) -> None:
    _load(talk, "DEL:CONS 0.13", "NOP")
    assert talk.ask(":TRIG:STAT?") == "BUILDING;BUILDING;0"
    talk.write(":INIT")
    assert talk.ask(":TRIG:STAT?") == "RUNNING;RUNNING;1"
    talk.wait(0.15)
    assert talk.ask(":TRIG:STAT?").startswith("RUNNING")
    talk.wait(0.06)
    assert talk.ask(":TRIG:STAT?") == "IDLE;IDLE;2"


def test_next_starts_at_the_first_point_and_goes_round(talk: Talk) -> None:
    talk.write(':SOUR:CONF:LIST:CRE "p"')
    for level in (0.01, 0.02, 0.03):
        talk.write(f':SOUR:VOLT {level};:SOUR:CONF:LIST:STOR "p"')
    for step, expected in (("NEXT", [0.01, 0.02, 0.03, 0.01]), ("PREV", [0.03, 0.02, 0.01, 0.03])):
        _load(talk, f'CONF:{step} "p"', "DEL:CONS 1", "BRAN:ALW 1")
        talk.write(":INIT")
        seen = []
        for _ in expected:
            talk.wait(0.5)
            seen.append(float(talk.ask(":SOUR:VOLT?")))
            talk.wait(0.5)
        talk.write(":ABOR")
        assert seen == expected
    assert talk.ask(':SOUR:CONF:LIST:SIZE? "p"') == "3"


def test_a_wait_block_waits_for_trg(talk: Talk) -> None:
    _load(talk, "WAIT COMM", "DEL:CONS 1")
    talk.write(":INIT")
    talk.wait(5.0)
    assert talk.ask(":TRIG:STAT?") == "WAITING;WAITING;1"
    talk.write("*TRG;*OPC?")
    talk.wait(0.99)
    assert talk.raw() == b""
    talk.wait(0.02)
    assert talk.raw() == b"1\n"


def test_a_loop_without_delay_fails_instead_of_hanging(talk: Talk) -> None:
    _load(talk, "NOP", "BRAN:ALW 1")
    talk.write(":INIT")
    assert talk.device.meter.trigger_model.state.value == "FAILED"


def test_what_cannot_run_is_refused_at_init(talk: Talk) -> None:
    _load(talk, "DIG")
    talk.write(":INIT")
    assert talk.error() == -221  # no digitize function is selected
    talk.write(':DIG:FUNC "CURR"')
    _load(talk, "DIG", "MEAS")
    talk.write(":INIT")
    assert talk.error() == -221  # p. 6-202: not both kinds
    _load(talk, "DEL:CONS 1")
    talk.write(":INIT", ":INIT")
    assert talk.error() == -213
    talk.write(":SOUR:VOLT 0.1")
    assert talk.error() == -221  # the source cannot be changed under a running model


def test_a_list_sweep_takes_one_reading_a_point(talk: Talk) -> None:
    talk.write(":SENS:CURR:NPLC 0.01;:SOUR:VOLT:RANG 0.2", ":SOUR:LIST:VOLT 0.01,0.02", ":SOUR:LIST:VOLT:APP 0.03")
    assert talk.ask(":SOUR:LIST:VOLT:POIN?") == "3"
    talk.write(":SOUR:SWE:VOLT:LIST 1, 0.1", ":INIT")
    talk.wait(5.0)
    answer = [float(x) for x in talk.ask(':TRAC:DATA? 1,3,"defbuffer1",READ').split(",")]
    np.testing.assert_allclose(answer, [1e-6, 2e-6, 3e-6], rtol=2e-3)
    assert talk.ask(":OUTP?") == "0"
    assert talk.error() == 0


def test_a_pulse_train_reads_at_the_end_of_each_pulse_and_rests_at_the_bias(talk: Talk) -> None:
    talk.write(":SENS:CURR:NPLC 0.01;:SENS:CURR:AZER OFF;:SOUR:VOLT:RANG 0.2;READ:BACK OFF")
    talk.write(':SOUR:PULS:TR:VOLT 0, 0.02, 0.001, 4, ON, "defbuffer1", 0.002, 0.003', ":INIT")
    talk.wait(1.0)
    answer = [float(x) for x in talk.ask(':TRAC:DATA? 1,4,"defbuffer1",READ,REL').split(",")]
    np.testing.assert_allclose(answer[::2], 2e-6, rtol=2e-3)
    np.testing.assert_allclose(answer[1::2], np.arange(4) * 0.006, atol=1e-8)
    assert talk.error() == 0


def test_the_manuals_pulse_list_plays_three_times_from_its_first_point(talk: Talk) -> None:
    """2461 p. 6-107: 1 V and 5 V in turn, 200 ms each; the list is a configuration list of the name given there.

    Of ``1, 3, 0, 200e-3, ON`` the maker's own package (tm_devices, pulsesweeplist) says: first point, count, delay, off
    time, whether it ends at a limit.
    """
    talk.write("*RST", 'SENS:FUNC "CURR"', "SENS:CURR:RANG:AUTO ON", "SENS:CURR:RSEN OFF", "SOUR:FUNC VOLT")
    talk.write("SOUR:VOLT:RANG 20", "SOUR:PULS:VOLT:ILIM 1", "SOUR:PULS:LIST:VOLT 1, 5, 1, 5, 1, 5")
    talk.write('SOUR:PULS:SWE:VOLT:LIST 200e-3, ON, "defbuffer1", 1, 3, 0, 200e-3, ON', "INIT")
    talk.wait(8.0)
    assert talk.ask(':SOUR:CONF:LIST:SIZE? "VoltPulseCustomSweepList"') == "6"
    answer = [float(x) for x in talk.ask(':TRAC:DATA? 1,18,"defbuffer1",READ,REL').split(",")]
    np.testing.assert_allclose(answer[::2], [1e-4, 5e-4] * 9, rtol=5e-3)
    np.testing.assert_allclose(answer[1::2], np.arange(18) * 0.4, atol=1e-6)
    assert talk.error() == 0


def test_a_linear_pulse_sweep_goes_there_and_back(talk: Talk) -> None:
    """2461 p. 6-110: bias, start, stop, points, width, measure, buffer, delay, off time, count, limits, abort, dual."""
    talk.write(":SENS:CURR:NPLC 0.01;:SENS:CURR:AZER OFF;:SOUR:VOLT:RANG 2;READ:BACK OFF")
    talk.write(
        ':SOUR:PULS:SWE:VOLT:LIN 0, 0.1, 0.3, 3, 0.001, ON, "defbuffer1", 0.002, 0.003, 1, 1, 1, OFF, ON', ":INIT"
    )
    talk.wait(1.0)
    answer = [float(x) for x in talk.ask(':TRAC:DATA? 1,6,"defbuffer1",READ').split(",")]
    np.testing.assert_allclose(answer, [1e-5, 2e-5, 3e-5, 3e-5, 2e-5, 1e-5], rtol=5e-3)
    assert talk.error() == 0


def test_fail_abort_ends_a_pulse_train_at_the_limit(talk: Talk) -> None:
    talk.write(":SENS:CURR:NPLC 0.01;:SENS:CURR:AZER OFF;:SOUR:VOLT:RANG 0.2")
    # 20 mV across 10 kohm is 2 uA: more than the pulse limit of 1 uA.
    talk.write(':SOUR:PULS:TR:VOLT 0, 0.02, 0.001, 9, ON, "defbuffer1", 0.002, 0.003, 1e-6, 1e-6, ON', ":INIT")
    talk.wait(1.0)
    assert talk.ask(":TRAC:ACT?;:OUTP?") == "1;0"
