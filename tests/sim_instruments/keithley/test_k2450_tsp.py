"""Does the TSP command set of the 2450 family do what the 2461's manual says (2461-901-01 Rev. A, section 8)?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim_instruments.core.clock import ManualClock
from sim_instruments.keithley.k2450.models import Keithley2450, Keithley2461
from sim_instruments.sample.cell import load_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.k2450.instrument import TouchSourceMeter
    from sim_instruments.sample.cell import Cell

OHM = 1e4
_cell = lru_cache(load_cell)


class Talk:
    """A client of an instrument in its TSP command set; time passes only here, a hundredth of a second at a time."""

    def __init__(self, model: Callable[[ManualClock, Cell, int], TouchSourceMeter] = Keithley2450) -> None:
        self.clock = ManualClock()
        self.device = model(self.clock, _cell("resistor"), 1)
        session = self.device.client_session()
        session.receive(b"*LANG TSP\n*LANG?\n")
        self.before_restart = bytes(session.output)
        self.device.inject("reboot")
        self.session = self.device.client_session()

    def ask(self, *lines: str) -> str:
        for line in lines:
            self.session.receive(line.encode() + b"\n")
        for _ in range(100_000):
            if self.device.tsp is None or not (self.device.tsp.scripting or self.session.waiting):
                break
            self.clock.advance(0.01)
            self.session.run()
            if self.device.tsp is not None and not self.device.tsp.scripting:
                break
        answer = bytes(self.session.output).decode("latin-1")
        self.session.output.clear()
        return answer.strip()

    def numbers(self, *lines: str) -> list[float]:
        return [float(text) for text in self.ask(*lines).replace(",", "\t").split("\t")]

    def errors(self) -> list[int]:
        return [number for number, _, kind in self.device.status.log if kind == 1]


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_the_command_set_changes_with_a_restart(talk: Talk) -> None:
    # p. B-6
    assert talk.before_restart == b"SCPI\n"
    assert talk.ask("*LANG?") == "TSP"
    assert talk.ask("*IDN?").startswith("KEITHLEY INSTRUMENTS,MODEL 2450,")
    talk.ask("*LANG SCPI")
    talk.device.inject("reboot")
    session = talk.device.client_session()
    session.receive(b"*LANG?\n")
    assert bytes(session.output) == b"SCPI\n"


def test_settings_read_as_the_manual_names_them(talk: Talk) -> None:
    assert talk.ask("print(smu.source.func, smu.source.output)") == "smu.FUNC_DC_VOLTAGE\tsmu.OFF"
    talk.ask("smu.source.func = smu.FUNC_DC_CURRENT smu.measure.func = smu.FUNC_DC_VOLTAGE")
    talk.ask("smu.source.offmode = smu.OFFMODE_HIGHZ smu.source.vlimit.level = 5 smu.measure.sense = smu.SENSE_4WIRE")
    assert talk.ask("print(smu.source.func, smu.measure.func)") == "smu.FUNC_DC_CURRENT\tsmu.FUNC_DC_VOLTAGE"
    assert talk.ask("print(smu.source.offmode, smu.measure.sense)") == "smu.OFFMODE_HIGHZ\tsmu.SENSE_4WIRE"
    assert talk.numbers("print(smu.source.vlimit.level)") == [5.0]
    assert not talk.errors()
    talk.ask("smu.source.vlimit.level = 1000", "smu.source.func = smu.FUNC_RESISTANCE")
    assert talk.errors() == [-222, 1401]


def test_readings_and_delays_are_at_their_own_times(talk: Talk) -> None:
    talk.ask("smu.source.level = 1 smu.source.ilimit.level = 1 smu.measure.nplc = 1 smu.source.output = smu.ON")
    current = talk.numbers("print(smu.measure.read())")[0]
    assert current == pytest.approx(1.0 / OHM, rel=1e-2)
    script = "defbuffer1.clear() for k = 1, 5 do smu.source.level = k smu.measure.read(defbuffer1) delay(0.0123) end"
    talk.ask(script)
    values = talk.numbers("printbuffer(1, 5, defbuffer1, defbuffer1.sourcevalues, defbuffer1.relativetimestamps)")
    np.testing.assert_allclose(values[::3], np.arange(1, 6) / OHM, rtol=1e-2)
    np.testing.assert_allclose(values[1::3], np.arange(1, 6), rtol=1e-3)
    gaps = np.diff(values[2::3])
    # A reading is there when its cycle is over.
    assert gaps.min() > 0.0123 + 1 / 60 - 1e-6
    assert gaps.max() < 0.0123 + 1 / 60 + 2e-3, "and not at the looks of a client, a hundredth of a second apart"


def test_a_linear_sweep_fills_its_buffer(talk: Talk) -> None:
    talk.ask("smu.source.ilimit.level = 1 smu.measure.nplc = 0.1 b = buffer.make(100)")
    talk.ask("smu.source.range = 2", 'smu.source.sweeplinear("levels", 0, 1, 11, 1e-3, 1, smu.RANGE_FIXED, 0, 0, b)')
    talk.ask("trigger.model.initiate() waitcomplete()")
    assert talk.numbers("print(b.n)") == [11.0]
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 11, b)"), np.linspace(0, 1, 11) / OHM, atol=2e-7)
    assert not talk.errors()


def test_a_sweep_keeps_its_list_under_the_name_that_it_is_given(talk: Talk) -> None:
    # 2461 p. 8-210: "the name of the configuration list that the instrument will create for this sweep".
    talk.ask("smu.source.ilimit.level = 1", 'smu.source.sweeplinear("levels", 0, 1, 11)')
    assert talk.numbers('print(smu.source.configlist.size("levels"))') == [11.0]
    # 2450 p. 8-149: a list sweep starts at an index of a list that is there.
    talk.ask("smu.measure.nplc = 0.1", 'smu.source.sweeplist("levels", 9)', "trigger.model.initiate() waitcomplete()")
    assert talk.numbers("print(defbuffer1.n)") == [3.0]
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 3, defbuffer1)"), [0.8e-4, 0.9e-4, 1e-4], rtol=5e-3)
    assert not talk.errors()


PULSE_BLOCKS = (
    "BUFFER_CLEAR, defbuffer1",
    'CONFIG_RECALL, "MeasmyPulses", 1, "myPulses", 1',
    "SOURCE_OUTPUT, smu.ON",
    "BRANCH_ALWAYS, 6",
    'CONFIG_NEXT, "myPulses"',
    "DELAY_CONSTANT, 2e-3",
    "SOURCE_PULSE_OUTPUT, smu.ON",
    "DELAY_CONSTANT, 4e-3",
    "MEASURE_DIGITIZE, defbuffer1",
    "SOURCE_PULSE_OUTPUT, smu.OFF",
    "DELAY_CONSTANT, 3e-3",
    "BRANCH_COUNTER, 5, 5",
    "SOURCE_OUTPUT, smu.OFF",
)


@pytest.mark.parametrize("own_model", [False, True])
def test_a_pulse_sweep_keeps_its_lists_and_a_model_of_ones_own_plays_them(own_model: bool) -> None:
    # 2461 pp. 8-192 (limit of pulses), 8-205 (levels from zero), 6-207: "the pulse source settings are determined by
    # ... the recall of a source configuration list".
    talk = Talk(Keithley2461)
    talk.ask("smu.source.range = 2 smu.measure.nplc = 0.01 smu.measure.range = 1e-3 smu.measure.autozero.enable = 0")
    talk.ask('smu.source.pulsesweeplinear("myPulses", 0.1, 0.2, 1, 5, 5e-3, smu.ON, defbuffer1, 2e-3, 3e-3, 1, 1, 1)')
    sizes = 'print(smu.source.configlist.size("myPulses"), smu.measure.configlist.size("MeasmyPulses"))'
    assert talk.numbers(sizes) == [5.0, 1.0]
    if own_model:
        talk.ask('trigger.model.load("Empty")')
        for number, block in enumerate(PULSE_BLOCKS, 1):
            talk.ask(f"trigger.model.setblock({number}, trigger.BLOCK_{block})")
    talk.ask("trigger.model.initiate() waitcomplete()")
    assert not talk.errors()
    history = talk.device.meter.drive.spans[-1].history
    np.testing.assert_allclose(history.rest_V, 0.1, atol=1e-9)
    heights = np.ravel([(level - 0.1, 0.1 - level) for level in (0.2, 0.4, 0.6, 0.8, 1.0)])
    np.testing.assert_allclose(history.steps_V[:10], heights, atol=1e-6)
    np.testing.assert_allclose(
        np.diff(history.times_s[:10])[1::2], 5e-3, atol=1e-8
    )  # 3 ms after one, 2 before the next
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 5, defbuffer1)"), np.linspace(0.2, 1.0, 5) / OHM, rtol=5e-3)


def test_no_pulse_without_an_output_that_is_on() -> None:
    # 2461 p. 6-207: "If the source output is not on ... a pulse is not generated."
    talk = Talk(Keithley2461)
    talk.ask("smu.source.pulse.level = 0.5 print(smu.source.pulse.level)")
    talk.ask("trigger.model.setblock(1, trigger.BLOCK_SOURCE_PULSE_OUTPUT, smu.ON)", "trigger.model.initiate()")
    assert not talk.device.meter.drive.spans
    talk.ask("smu.source.output = smu.ON delay(0.01) trigger.model.initiate() waitcomplete()")
    np.testing.assert_allclose(talk.device.meter.drive.spans[-1].history.steps_V, [0.5], atol=1e-5)
    assert not talk.errors()


def test_timers_pace_pulses_in_the_trigger_model() -> None:
    talk = Talk(Keithley2461)
    talk.ask("smu.source.ilimit.level = 1 smu.source.range = 2 smu.measure.nplc = 0.01 smu.measure.range = 1e-3")
    talk.ask('smu.source.configlist.create("p") smu.source.level = 0.5 smu.source.configlist.store("p")')
    talk.ask('smu.source.level = 0 smu.source.configlist.store("p")')
    talk.ask("trigger.timer[1].delay = 5e-3 trigger.timer[1].count = 3 trigger.timer[1].enable = trigger.ON")
    talk.ask("trigger.timer[1].start.stimulus = trigger.EVENT_NOTIFY1 trigger.timer[2].delay = 2e-3")
    talk.ask("trigger.timer[2].start.stimulus = trigger.EVENT_TIMER1 trigger.timer[2].enable = trigger.ON")
    for block in (
        "BUFFER_CLEAR, defbuffer1",
        "SOURCE_OUTPUT, smu.ON",
        "NOTIFY, trigger.EVENT_NOTIFY1",
        "WAIT, trigger.EVENT_TIMER1",
        'CONFIG_RECALL, "p", 1',
        "DELAY_CONSTANT, 1e-3",
        "MEASURE, defbuffer1",
        "WAIT, trigger.EVENT_TIMER2",
        'CONFIG_RECALL, "p", 2',
        "BRANCH_COUNTER, 3, 4",
        "SOURCE_OUTPUT, smu.OFF",
    ):
        talk.ask(f"n = (n or 0) + 1 trigger.model.setblock(n, trigger.BLOCK_{block})")
    talk.ask("trigger.model.initiate() waitcomplete()")
    assert not talk.errors()
    history = talk.device.meter.drive.spans[-1].history
    np.testing.assert_allclose(history.steps_V, [0.5, -0.5] * 3, atol=1e-9)
    np.testing.assert_allclose(np.diff(history.times_s), [2e-3, 3e-3, 2e-3, 3e-3, 2e-3], atol=1e-9)
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 3, defbuffer1)"), 0.5 / OHM, rtol=1e-2)


def test_a_measure_setting_of_a_function_that_is_not_the_active_one(talk: Talk) -> None:
    # As the maker's Pulse_10Aat100V.tsp uses it, and its package tm_devices names it.
    talk.ask("smu.measure.func = smu.FUNC_DC_CURRENT smu.measure.range = 1e-3")
    talk.ask("smu.measure.setattribute(smu.FUNC_DC_VOLTAGE, smu.ATTR_MEAS_RANGE, 15)")
    both = "smu.measure.range, smu.measure.getattribute(smu.FUNC_DC_VOLTAGE, smu.ATTR_MEAS_RANGE)"
    assert talk.numbers(f"print({both})") == [1e-3, 20.0]
    assert not talk.errors()


def test_the_familys_own_operators_bind_as_the_manual_says(talk: Talk) -> None:
    # 2461 p. 7-15, and the order of p. 7-17: shifts as *, bitwise operators as +, all to the left; ^^ is exclusive or.
    for text, value in (
        ("12 | 3", 15),
        ("12 & 10 | 1", 9),
        ("1 + 2 | 4 * 2", 11),
        ("6 ^^ 3 - 1", 4),
        ("1 << 3 + 1", 9),
        ("2 * 3 << 2", 24),
        ("200 >> 2 >> 1", 25),
        ("-1 + 9 & 12", 8),
        ("eventlog.SEV_WARN | eventlog.SEV_ERROR", 3),
        ('(1 != 2 and !false and "a | b != c" == "a | b != c") and 1 or 0', 1),
    ):
        assert talk.numbers(f"print({text}) -- | ! &") == [value], text
    assert not talk.errors()
    talk.ask("print(1 | nothing)")
    assert talk.errors() == [-286]


def test_pictures_of_an_application_are_taken_and_shown_nowhere(talk: Talk) -> None:
    talk.ask("loadscript app", "x = 7", "endscript", "loadimage icon app", "iVBORw0KGgo/+=", "end", "endimage")
    assert talk.numbers("app() print(x)") == [7.0]
    assert not talk.errors()


def test_what_is_not_there_is_an_error_of_the_script(talk: Talk) -> None:
    talk.ask("smu.source.nonsense = 1")
    assert talk.errors() == [-286]
    assert talk.numbers("print(eventlog.getcount(eventlog.SEV_ERROR))") == [1.0]
    talk.ask("eventlog.clear()")
    assert talk.numbers("print(tsplink.initialize())") == [1.0]
    assert talk.errors() == [1205]
    assert talk.numbers("eventlog.clear() print(tsplink.initialize(1))") == [1.0]
    assert not talk.errors()
