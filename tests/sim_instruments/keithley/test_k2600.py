"""Does the simulated 2602B do what its manual says, whoever asks? (2600BS-901-01 Rev. F; pages are its)"""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_instruments.keithley.k2600.instrument import TspInstrument
from sim_instruments.sample.cell import load_cell
from tests.sim_instruments.keithley.tsp_client import Talk

# 4e-4 of the range at 1 us, and a 24-bit converter.
NOISE_10uA_1PLC = 5 * 10e-6 * 4e-4 * np.sqrt(1e-6 * 60)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_print_separates_by_tabs_and_shows_six_digits(talk: Talk) -> None:
    # The manual's example of errorqueue.next() prints the empty queue as "0.00000e+00 Queue Is Empty".
    assert talk.ask("print(errorqueue.next())").startswith("0.00000e+00\tQueue Is Empty")
    assert talk.ask("print(1, 'a', true, nil)") == "1.00000e+00\ta\ttrue\tnil"
    assert talk.ask("format.asciiprecision = 10 print(math.pi)") == "3.141592654e+00"
    assert talk.ask("print(type(smua), type(print))") == "table\tfunction"


def test_common_commands_stand_for_tsp_code(talk: Talk) -> None:
    assert talk.ask("*IDN?").startswith("Keithley Instruments Inc., Model 2602B, ")
    assert talk.ask("*idn?").split(", ")[1] == "Model 2602B"
    assert talk.ask("*TST?") == "0"
    talk.send("smua.source.levelv = 1", "*RST")
    assert talk.numbers("print(smua.source.levelv)") == [0.0]
    assert talk.ask("*ESE 32", "*ESE?") == "32"
    assert talk.errors() == []


def test_the_standard_event_register_tells_kinds_of_errors(talk: Talk) -> None:
    assert int(float(talk.ask("*ESR?"))) == 128  # power on
    assert int(float(talk.ask("x = = 1", "*ESR?"))) == 32
    assert int(float(talk.ask("smua.source.levelv = 1000", "*ESR?"))) == 16
    assert int(float(talk.ask("*ESE 16", "smua.source.levelv = 1000", "*STB?"))) & 36 == 36
    talk.send("*CLS")
    assert float(talk.ask("*STB?")) == 0


@pytest.mark.parametrize(
    ("line", "number", "says"),
    [
        ("x = = 1", -285, "unexpected symbol near `='"),
        ("nosuch.thing = 1", -286, "attempt to index global `nosuch' (a nil value)"),
        ("error('mine')", -286, "mine"),
        ("smua.source.levelv = 41", 1101, "too big"),
        ("smua.source.limiti = 1e-12", 1102, "too small"),
        ("smua.source.levelv = 'high'", -104, "type"),
        ("smua.source.func = 7", 1401, "invalid"),
        ("smua.source.levelx = 7", -286, "no attribute levelx"),
        ("smua.source.compliance = 7", -286, "read-only"),
        ("smua.trigger.source.action = 1 smua.trigger.initiate()", 5046, "source action"),
        ("printbuffer(1, 2)", -109, "Missing"),
        ("*FOO?", -285, "Syntax"),
    ],
)
def test_mistakes_are_queued_with_number_severity_and_node(talk: Talk, line: str, number: int, says: str) -> None:
    talk.send(line)
    code, text, severity, node = talk.ask("print(errorqueue.next())").split("\t")
    assert float(code) == number
    assert says in text
    assert (float(severity), float(node)) == (20, 1)
    assert talk.errors() == []


def test_an_error_does_not_end_a_script_but_a_run_time_error_does(talk: Talk) -> None:
    # Rev. C p. 8-2: "Most errors will not abort a running script".
    assert talk.numbers("smua.source.levelv = 1000 print(1)") == [1.0]
    assert talk.ask("nosuch.thing = 1 print(2)") == ""
    assert talk.errors() == [1101, -286]


def test_nothing_of_the_host_can_be_reached(talk: Talk) -> None:
    assert talk.ask("print(io, os.execute, os.getenv, os.remove, require, dofile, loadfile, debug)") == "\t".join(
        ["nil"] * 8
    )
    assert talk.ask("print(python, package)") == "nil\tnil"
    talk.send("print(smua.reset.__globals__)", "print(getmetatable(smua.source).Getters.levelv.__self__)")
    assert talk.errors() == [-286, -286]


def test_the_functions_of_lua_5_0_are_there(talk: Talk) -> None:
    assert talk.numbers("print(table.getn({5, 6, 7}), math.mod(7, 4), bit.bitand(12, 10))") == [3, 3, 8]
    assert talk.ask("print(bit.test(8, 4), bit.test(8, 3))") == "true\tfalse"


def test_a_script_without_end_is_ended_by_abort(talk: Talk) -> None:
    for endless in ("while true do end", "while true do pcall(function() delay(1e-3) end) end", "delay(1e4)"):
        talk.send(endless)
        talk.wait(1.0)
        assert talk.device.scripting
        talk.send("abort")
        ended = not talk.device.scripting
        assert ended
        assert talk.numbers("print(7)") == [7.0]
    assert talk.errors() == []


def test_memory_has_an_end(talk: Talk) -> None:
    talk.raw("t = {} while true do table.insert(t, string.rep('x', 1e6) .. table.getn(t)) end")
    assert talk.errors() == [-225]


def test_scripts_are_kept_and_called_by_name(talk: Talk) -> None:
    talk.raw("loadscript count", "function upto(n)", "for i = 1, n do print(i) end", "end", "upto(2)", "endscript")
    assert talk.raw("count()").split() == [b"1.00000e+00", b"2.00000e+00"]
    assert talk.raw("count.run()").split() == [b"1.00000e+00", b"2.00000e+00"]
    assert talk.ask("loadandrunscript", "print('now')", "endscript") == "now"
    talk.send("loadscript", "x = = 1", "endscript")
    assert talk.errors() == [-285]


def test_delays_are_kept_to_the_microsecond_whoever_polls(talk: Talk) -> None:
    talk.send("timer.reset() for i = 1, 10 do delay(0.0125) end print(timer.measure.t())")
    for _ in range(50):
        talk.wait(0.0037)
    assert float(talk.take()) == pytest.approx(0.125, abs=2e-3)  # and the loop's own instructions


def test_ohms_law_on_a_resistor(talk: Talk) -> None:
    talk.send("smua.source.levelv = 0.01", "smua.source.output = smua.OUTPUT_ON", "smua.measure.rangei = 1e-5")
    current, voltage = talk.numbers("print(smua.measure.iv())")
    assert current == pytest.approx(1e-6, abs=NOISE_10uA_1PLC)
    assert voltage == pytest.approx(0.01, abs=1e-5)
    assert talk.numbers("print(smua.measure.r())")[0] == pytest.approx(1e4, rel=0.02)
    assert talk.errors() == []


def test_a_current_source_drives_its_current_through_a_resistor(talk: Talk) -> None:
    talk.send("smua.source.func = smua.OUTPUT_DCAMPS", "smua.source.limitv = 0.5", "smua.source.leveli = 2e-5")
    talk.send("smua.source.output = 1")
    assert talk.numbers("print(smua.measure.v())")[0] == pytest.approx(0.2, rel=1e-3)
    talk.send("smua.source.leveli = 1e-3")
    assert talk.ask("print(smua.source.compliance)") == "true"
    assert talk.numbers("print(smua.measure.v())")[0] == pytest.approx(0.5, rel=1e-3)


def test_the_limit_holds_the_current_and_marks_the_reading(talk: Talk) -> None:
    talk.send("smua.source.limiti = 1e-6 smua.source.levelv = 0.02 smua.measure.rangei = 1e-5")
    talk.send("smua.source.output = 1")
    assert talk.ask("print(smua.source.compliance)") == "true"
    assert talk.numbers("print(smua.measure.i(smua.nvbuffer1))")[0] == pytest.approx(1e-6, abs=NOISE_10uA_1PLC)
    assert int(talk.numbers("print(smua.nvbuffer1.statuses[1])")[0]) & 0x40  # p. 9-34


def test_a_current_beyond_a_fixed_range_reads_9_91e37(talk: Talk) -> None:
    talk.send("smua.measure.rangei = 1e-6 smua.source.levelv = 0.1 smua.source.output = 1")
    assert talk.numbers("print(smua.measure.i())") == [9.91e37]


@pytest.mark.parametrize(("mode", "connected"), [("OUTPUT_HIGH_Z", False), ("OUTPUT_NORMAL", True)])
def test_only_the_high_impedance_off_mode_opens_the_relay(mode: str, *, connected: bool) -> None:
    talk = Talk("rc")
    talk.send(f"smua.source.offmode = smua.{mode}", "smua.source.output = 1")
    talk.wait(0.1)
    talk.send("smua.source.levelv = 0.1")
    talk.wait(0.1)
    off = talk.clock.now()
    talk.send("smua.source.output = 0")
    drive = talk.device.channels["smua"].drive
    assert drive is not None
    after = drive.readings(off + 1e-3, 1e-4, 0, 1, 1e-5)[0]
    # The charged capacitor of 1 uF sends 0.1 V / 10 kohm back through a source that stands at 0 V.
    assert after == pytest.approx(-1e-5 * np.exp(-1e-3 / 1e-2) if connected else 0.0, rel=1e-2)


def test_buffers_collect_what_they_are_told_to(talk: Talk) -> None:
    talk.send("b = smua.makebuffer(3)", "b.collectsourcevalues = 1", "smua.source.levelv = 0.01")
    talk.send("smua.source.output = 1", "smua.measure.count = 3", "smua.measure.nplc = 0.01", "smua.measure.i(b)")
    assert talk.numbers("print(b.n, b.capacity, b.sourcevalues[3], b.timestamps[1])") == [3, 3, 0.01, 0]
    assert talk.ask("print(b[4], b.measurefunctions[1], b.sourceoutputstates[1])") == "nil\tCurrent\tOn"
    talk.send("b.collecttimestamps = 0")
    assert talk.errors() == [-221]  # only with an empty buffer
    talk.send("b.clear()", "b.collecttimestamps = 0", "smua.measure.i(b)", "printbuffer(1, 1, b.timestamps)")
    assert len(talk.errors()) == 1


def test_blocks_are_little_endian_with_an_open_length(talk: Talk) -> None:
    talk.send("smua.source.levelv = 0.01", "smua.source.output = 1", "smua.measure.i(smua.nvbuffer1)")
    text = talk.numbers("format.asciiprecision = 16 printbuffer(1, 1, smua.nvbuffer1)")[0]
    for kind, code in (("REAL64", "d"), ("REAL32", "f")):
        for order, sign in (("LITTLEENDIAN", "<"), ("BIGENDIAN", ">")):
            block = talk.raw(f"format.data = format.{kind} format.byteorder = format.{order}", "printnumber(1, 2)")
            assert block == b"#0" + struct.pack(f"{sign}2{code}", 1, 2) + b"\n"
    talk.send("format.data = format.REAL64 format.byteorder = format.LITTLEENDIAN")
    block = talk.raw("printbuffer(1, 9, smua.nvbuffer1.readings)")
    assert (block[:2], block[-1:], len(block)) == (b"#0", b"\n", 11)
    assert struct.unpack("<d", block[2:10])[0] == pytest.approx(text, rel=1e-15)


def pulse(talk: Talk) -> None:
    """Set up a pulsed list sweep with three timers, as vendor scripts do: period, measure delay, width."""
    talk.send(
        "smua.source.rangev = 1 smua.measure.rangei = 1e-5 smua.measure.nplc = 0.001 smua.measure.autozero = 0",
        "smua.trigger.source.listv({0.01, 0.02, 0.03}) smua.trigger.source.action = 1",
        "smua.trigger.measure.i(smua.nvbuffer1) smua.trigger.measure.action = 1",
        "smua.trigger.endpulse.action = smua.SOURCE_IDLE smua.trigger.endsweep.action = smua.SOURCE_IDLE",
        "smua.trigger.count = 3 smua.nvbuffer1.collectsourcevalues = 1",
        "trigger.timer[1].delay = 10e-3 trigger.timer[1].count = 2 trigger.timer[1].passthrough = true",
        "trigger.timer[1].stimulus = smua.trigger.ARMED_EVENT_ID",
        "trigger.timer[2].delay = 1e-3 trigger.timer[2].stimulus = smua.trigger.SOURCE_COMPLETE_EVENT_ID",
        "trigger.timer[3].delay = 2e-3 trigger.timer[3].stimulus = smua.trigger.SOURCE_COMPLETE_EVENT_ID",
        "smua.trigger.source.stimulus = trigger.timer[1].EVENT_ID",
        "smua.trigger.measure.stimulus = trigger.timer[2].EVENT_ID",
        "smua.trigger.endpulse.stimulus = trigger.timer[3].EVENT_ID",
        "smua.source.output = 1",
    )


def test_a_pulsed_list_sweep_takes_its_times_from_three_timers(talk: Talk) -> None:
    pulse(talk)
    talk.wait(0.01)
    talk.raw("smua.trigger.initiate()", "waitcomplete()")
    assert talk.errors() == []
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 3, smua.nvbuffer1.timestamps)"), [0, 10e-3, 20e-3])
    assert talk.numbers("printbuffer(1, 3, smua.nvbuffer1.sourcevalues)") == [0.01, 0.02, 0.03]
    drive = talk.device.channels["smua"].drive
    assert drive is not None
    edges = np.array(drive.spans[-1].history.times_s)
    np.testing.assert_allclose(edges - edges[0], [0, 2e-3, 10e-3, 12e-3, 20e-3, 22e-3], atol=1e-9)


def test_printbuffer_delivers_while_the_sweep_runs(talk: Talk) -> None:
    pulse(talk)
    talk.send("smua.trigger.initiate()", "printbuffer(1, 3, smua.nvbuffer1)")
    counts = []
    for _ in range(40):
        talk.wait(0.001)
        counts.append(len([text for text in bytes(talk.talk.output).split(b",") if text.strip()]))
    assert {1, 2, 3} <= set(counts)
    assert talk.take().endswith(b"\n")


def test_the_sweeping_bit_tells_whether_a_sweep_runs(talk: Talk) -> None:
    bits = "print(status.operation.instrument.smua.condition, status.operation.sweeping.condition)"
    pulse(talk)
    talk.send("smua.trigger.initiate()")
    assert talk.numbers(bits) == [8, 2]
    talk.raw("waitcomplete()")
    assert talk.numbers(bits) == [0, 0]


def test_a_delay_list_is_used_round_and_round(talk: Talk) -> None:
    talk.send("trigger.timer[1].delaylist = {1e-3, 2e-3} trigger.timer[1].count = 5")
    talk.send("trigger.timer[1].stimulus = trigger.generator[1].EVENT_ID", "trigger.timer[1].clear()")
    talk.send("timer.reset() trigger.generator[1].assert()")
    talk.send("for i = 1, 5 do trigger.timer[1].wait(1) print(timer.measure.t()) end")
    talk.wait(0.02)
    times = [float(text) for text in talk.take().split()]
    np.testing.assert_allclose(times, [1e-3, 3e-3, 4e-3, 6e-3, 7e-3], atol=1.1e-3)
    talk.send("trigger.timer[1].delaylist = {1e-5, 2e-5}")  # the mean must be 50 us
    assert talk.errors() == [1102]


def test_asynchronous_measurement_needs_fixed_range_and_zero(talk: Talk) -> None:
    # p. 9-264: "the smuX.trigger.initiate() function generates an error".
    talk.send("smua.trigger.measure.i(smua.nvbuffer1) smua.trigger.measure.action = smua.ASYNC")
    talk.send("smua.trigger.initiate()")
    assert len(talk.errors()) == 1


def test_a_script_waits_for_a_command_trigger(talk: Talk) -> None:
    talk.send("print(trigger.wait(10))")
    talk.wait(1.0)
    assert talk.take() == b""
    talk.send("*TRG")
    assert talk.take() == b"true\n"
    assert talk.ask("print(trigger.wait(0.5))") == "false"


def test_a_second_client_waits_for_its_turn_but_its_abort_does_not(talk: Talk) -> None:
    other = talk.device.client_session()
    talk.send("delay(100)")
    other.receive(b"print(1)\n")
    assert not other.output
    other.receive(b"abort\n")
    other.receive(b"print(2)\n")
    assert bytes(other.output) == b"2.00000e+00\n"


@pytest.mark.parametrize(
    ("fault", "line", "answer"),
    [
        ("interlock-open", "print(smua.source.output)", "0.00000e+00"),
        ("overtemperature", "print(smua.source.output)", "0.00000e+00"),
        ("compliance", "print(smua.source.compliance)", "true"),
        ("reboot", "print(smua.source.output, x)", "0.00000e+00\tnil"),
    ],
)
def test_faults_of_the_instrument(talk: Talk, fault: str, line: str, answer: str) -> None:
    talk.send("x = 1", "smua.source.levelv = 0.01", "smua.source.output = 1")
    talk.wait(0.1)
    talk.device.inject(fault)
    assert talk.ask(line) == answer


def test_a_loose_clip_reads_no_current(talk: Talk) -> None:
    talk = Talk("rc")  # a cell of its own: what befalls it stays
    talk.device = TspInstrument(talk.clock, load_cell("resistor"), 1)
    talk.talk = talk.device.client_session()
    talk.send("smua.source.levelv = 0.01", "smua.source.output = 1", "smua.measure.rangei = 1e-5")
    talk.device.inject("cell-open")
    assert talk.numbers("print(smua.measure.i())")[0] == pytest.approx(0.0, abs=NOISE_10uA_1PLC)


def test_an_error_storm_overflows_the_queue(talk: Talk) -> None:
    talk.device.inject("error-storm")
    assert talk.numbers("print(errorqueue.count)") == [100]
    assert talk.errors()[-1] == -350


@given(st.lists(st.text(st.characters(max_codepoint=0xFF, exclude_characters="\n"), max_size=60), max_size=4))
def test_no_line_whatever_stops_the_instrument(lines: list[str]) -> None:
    talk = Talk()
    for line in lines:
        talk.talk.receive(line.encode("latin-1") + b"\n")
    talk.send("abort")
    talk.talk.receive(b"endscript\n")
    talk.take()
    assert talk.numbers("print(7)") == [7.0]


def test_automatic_ranging_settles_before_it_reads(talk: Talk) -> None:
    # One chunk, so that no time passes between the step and the reading.
    talk.send("smua.reset() smua.source.output = 1")
    assert (
        abs(
            talk.numbers("smua.source.levelv = 0 smua.measure.i() smua.source.levelv = 2e-3 print(smua.measure.i())")[0]
        )
        < 1e-6
    )
    rng = np.random.default_rng(2)
    for level in (2e-3, *rng.uniform(-30, 30, 20), *(10.0 ** rng.uniform(-4, 1, 80))):
        current, rangei = talk.numbers(
            f"smua.source.levelv = 0 smua.measure.i() smua.source.levelv = {float(level)!r}"
            " print(smua.measure.i(), smua.measure.rangei)"
        )
        assert current == pytest.approx(level / 1e4, abs=1e-3 * rangei + 5e-8)
        assert abs(level / 1e4) <= rangei * 1.01


def test_automatic_ranging_measures_the_voltage_that_a_current_makes(talk: Talk) -> None:
    talk.send("smua.reset() smua.source.func = smua.OUTPUT_DCAMPS smua.source.leveli = 1e-4 smua.source.output = 1")
    volts, rangev = talk.numbers("print(smua.measure.v(), smua.measure.rangev)")
    assert volts == pytest.approx(1.0, abs=1e-3)
    assert rangev == 1.0
