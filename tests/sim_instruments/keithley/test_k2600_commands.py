"""Do commands of the 2602B beside those of our driver do what its manual says? (2600BS-901-01 Rev. F; pages are its)"""

from __future__ import annotations

import numpy as np
import pytest

from sim_instruments.keithley.k2600.lua_dialect import translated
from tests.sim_instruments.keithley.tsp_client import Talk

OHM = 1e4


@pytest.fixture
def talk() -> Talk:
    return Talk()


# -- Lua 5.0 (Lua 5.0 Reference Manual, section 2.4.5) ----------------------------------------------------------------


def test_a_for_over_a_table_is_one_over_its_entries(talk: Talk) -> None:
    assert talk.numbers("s = 0 for i, v in {10, 20, 30} do s = s + i * v end print(s)") == [140.0]
    assert talk.numbers("n = 0 for k in smua.nvbuffer1 and {a = 1, b = 2} do n = n + 1 end print(n)") == [2.0]
    assert talk.numbers("s = 0 for i, v in ipairs({1, 2}) do for w in {[5] = 1} do s = s + v * w end end print(s)") == [
        15
    ]
    assert talk.numbers("s = 0 for w in string.gfind('in do end', '%a+') do s = s + 1 end print(s)") == [3.0]
    assert not talk.errors()


def test_what_is_no_for_is_left_alone() -> None:
    chunk = "-- for x in t do\nlocal s = 'in t do' .. [[for i in t do]] .. \"in\"\nfunction index() return 1 end"
    assert translated(chunk) == chunk
    assert translated("for i in f(function() for k in u do end end) do g() end").count("__iterator(") == 2


def test_a_tables_size_can_be_set(talk: Talk) -> None:
    assert talk.numbers(
        "t = {1, 2} table.setn(t, 5) print(table.getn(t), table.getn({7, 8}), table.getn({n = 4}))"
    ) == [
        5,
        2,
        4,
    ]


# -- the front panel --------------------------------------------------------------------------------------------------


def test_the_operator_answers_from_a_list_and_then_presses_enter(talk: Talk) -> None:
    talk.device.answers.extend(["volts", "2.5", "99", "EXIT"])
    assert talk.ask("print(display.menu('Source', 'amps volts'))") == "volts"
    assert talk.numbers("print(display.inputvalue('+0.00', 1, 0, 5))") == [2.5]
    assert talk.numbers("print(display.prompt('0.0', ' V', 'Level', 1, 0, 5))") == [5.0], "no more than the highest"
    assert talk.ask("print(display.menu('Source', 'amps volts'))") == "nil"
    assert talk.ask("print(display.menu('Source', 'amps volts'))") == "amps"
    assert talk.numbers("print(display.inputvalue('+0.00', 1, 0, 5))") == [1.0]
    assert not talk.errors()


def test_texts_go_where_the_cursor_is(talk: Talk) -> None:
    talk.send("display.clear() display.setcursor(1, 3) display.settext('Hello$NWorld')")
    assert talk.ask("print(display.gettext(false, 1, 1, 7))") == "  Hello"
    assert talk.ask("print(display.gettext(false, 2, 1, 5))") == "World"
    talk.send("display.setcursor(2, 33)")
    assert talk.errors() == [1101]


def test_the_trigger_key_starts_a_sweep(talk: Talk) -> None:
    talk.send(
        "smua.source.output = 1 smua.trigger.source.listv({1e-3, 2e-3}) smua.trigger.source.action = 1",
        "smua.trigger.count = 2 smua.trigger.arm.stimulus = display.trigger.EVENT_ID smua.trigger.initiate()",
    )
    talk.wait(1.0)
    assert talk.ask("print(status.operation.sweeping.condition)") != talk.ask("print(0)")
    talk.send("display.sendkey(display.KEY_TRIG)")
    talk.wait(1.0)
    assert talk.numbers("print(status.operation.sweeping.condition)") == [0.0]


# -- digital lines, setups, errors -------------------------------------------------------------------------------------


def test_lines_read_what_was_written_but_for_protected_ones(talk: Talk) -> None:
    assert talk.numbers("print(digio.readport())") == [16383.0]
    assert talk.numbers("digio.writeport(0) digio.writebit(3, 1) print(digio.readport(), digio.readbit(3))") == [
        4.0,
        1.0,
    ]
    # "If the output line is write-protected ..., the command is ignored" (Rev. C p. 7-64).
    assert talk.numbers("digio.writeprotect = 5 digio.writeport(2) digio.writebit(1, 1) print(digio.readport())") == [
        6.0
    ]
    assert talk.numbers("print(digio.trigger[2].wait(0) and 1 or 0)") == [0.0]


def test_the_nodes_of_a_link_are_counted_and_fewer_than_expected_are_an_error(talk: Talk) -> None:
    # 2600A 19-214: returns the number of nodes; "an expected node count of 1 will not generate any errors".
    assert talk.numbers("print(tsplink.reset())") == [1.0]
    assert talk.errors() == [1205]
    assert talk.ask("print(tsplink.state)") == "offline"
    assert talk.numbers("print(tsplink.reset(1))") == [1.0]
    assert not talk.errors()
    assert talk.ask("print(tsplink.state)") == "online"


def test_a_setup_is_kept_and_recalled(talk: Talk) -> None:
    talk.send("smua.source.limiti = 0.25 smua.measure.nplc = 0.1 setup.save(1) smua.reset()")
    assert talk.numbers("print(smua.source.limiti, smua.measure.nplc)") == [1.0, 1.0]
    assert talk.numbers("setup.recall(1) print(smua.source.limiti, smua.measure.nplc)") == [0.25, 0.1]
    assert talk.numbers("setup.recall(0) print(smua.source.limiti)") == [1.0]
    talk.send("setup.recall(4)")
    assert talk.errors() == [5007]


def test_errors_are_sent_when_they_are_to_be_shown(talk: Talk) -> None:
    answer = talk.ask("localnode.showerrors = 1", "smua.source.limiti = 1e3")
    assert answer.startswith("1.10100e+03\tParameter too big")
    assert not talk.errors()


# -- readings ----------------------------------------------------------------------------------------------------------


def test_a_repeating_filter_averages_conversions(talk: Talk) -> None:
    settings = "smua.measure.nplc = 0.01 smua.measure.rangei = 1e-3 smua.measure.count = 400 smua.source.output = 1"
    talk.send(settings, "smua.measure.i(smua.nvbuffer1)")
    plain = np.std(talk.numbers("printbuffer(1, 400, smua.nvbuffer1)"))
    seconds = talk.numbers("print(smua.nvbuffer1.timestamps[2])")[0]
    talk.send("smua.measure.filter.count = 25 smua.measure.filter.type = smua.FILTER_REPEAT_AVG")
    talk.send("smua.measure.filter.enable = smua.FILTER_ON smua.measure.i(smua.nvbuffer1)")
    # 25 conversions: five times as quiet, 25 times as slow.
    assert np.std(talk.numbers("printbuffer(1, 400, smua.nvbuffer1)")) == pytest.approx(plain / 5.0, rel=0.15)
    assert talk.numbers("print(smua.nvbuffer1.timestamps[2])")[0] == pytest.approx(25.0 * seconds, rel=1e-3)


def test_a_relative_offset_is_subtracted(talk: Talk) -> None:
    # The manual's example (p. 2-66): measure, take that as the offset, enable it.
    talk.send("smua.source.levelv = 10e-3 smua.source.output = 1 smua.measure.rangei = 1e-5")
    talk.send(
        "smua.measure.rel.leveli = smua.measure.i() smua.measure.rel.enablei = smua.REL_ON smua.source.levelv = 30e-3"
    )
    assert talk.numbers("print(smua.measure.i())")[0] == pytest.approx(20e-3 / OHM, abs=2e-7)
    assert talk.numbers("smua.measure.rel.enablei = smua.REL_OFF print(smua.measure.i())")[0] == pytest.approx(
        30e-3 / OHM, abs=2e-7
    )


def test_a_window_buffer_begins_again_at_its_first_place(talk: Talk) -> None:
    # p. 9-25: "New readings restart at index 1 after acquiring reading at index bufferVar.fillcount".
    talk.send(
        "smua.source.output = 1 smua.measure.rangev = 1 smua.measure.nplc = 1 b = smua.nvbuffer1 b.appendmode = 1"
    )
    talk.send("b.fillmode = smua.FILL_WINDOW b.fillcount = 3")
    for level in (0.1, 0.2, 0.3, 0.4):
        talk.raw(f"smua.source.levelv = {level} smua.measure.v(b)")
    assert talk.numbers("print(b.n)") == [3.0]
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 3, b)"), [0.4, 0.2, 0.3], atol=1e-4)


def test_a_sweep_has_a_limit_of_its_own(talk: Talk) -> None:
    # Rev. C p. 7-267: the sweep's limit holds from the source action to the end of the end pulse action.
    talk.send("smua.source.limiti = 1e-6 smua.source.rangev = 1 smua.measure.rangei = 1e-3 smua.measure.autozero = 0")
    talk.send("smua.source.output = 1 smua.trigger.source.listv({0.5}) smua.trigger.source.limiti = 1e-4")
    talk.send("smua.trigger.source.action = 1 smua.trigger.measure.i(smua.nvbuffer1) smua.trigger.measure.action = 1")
    talk.raw("smua.trigger.endpulse.action = smua.SOURCE_HOLD smua.trigger.initiate() waitcomplete()")
    assert talk.numbers("print(smua.nvbuffer1[1])")[0] == pytest.approx(0.5 / OHM, rel=0.02)
    talk.raw("smua.trigger.source.limiti = smua.LIMIT_AUTO smua.trigger.initiate() waitcomplete()")
    assert talk.numbers("print(smua.nvbuffer1[1])")[0] == pytest.approx(1e-6, abs=2e-7)


# -- factory scripts -------------------------------------------------------------------------------------------------


def test_the_manuals_linear_voltage_sweep(talk: Talk) -> None:
    # p. 9-363: SweepVLinMeasureI(smua, -1, 1, 1E-3, 1000), here with 11 points.
    talk.raw("SweepVLinMeasureI(smua, -1, 1, 1E-3, 11)")
    levels = np.linspace(-1, 1, 11)
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 11, smua.nvbuffer1.sourcevalues)"), levels, atol=1e-6)
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 11, smua.nvbuffer1)"), levels / OHM, atol=2e-7)
    assert talk.numbers("print(smua.source.output)") == [0.0]


def test_the_manuals_voltage_list_sweep(talk: Talk) -> None:
    # p. 9-364.
    talk.raw("myvlist = {-0.1, 0.1, -1, 1, -6, 6, -40, 40, 0, 0}", "SweepVListMeasureI(smua, myvlist, 500E-3, 10)")
    values = talk.numbers("printbuffer(1, 10, smua.nvbuffer1.sourcevalues)")
    np.testing.assert_allclose(values, [-0.1, 0.1, -1, 1, -6, 6, -40, 40, 0, 0], atol=5e-4)
    times = talk.numbers("printbuffer(1, 10, smua.nvbuffer1.timestamps)")
    assert min(np.diff(times)) > 0.5


def test_a_pulse_train_is_configured_and_played(talk: Talk) -> None:
    talk.send(
        "smua.source.autorangev = 0 smua.source.rangev = 1 smua.measure.autorangei = 0 smua.measure.rangei = 1e-3"
    )
    answer = talk.ask("print(ConfigPulseVMeasureI(smua, 0, 0.5, 1e-2, 1e-3, 4e-3, 3, smua.nvbuffer1, 1))")
    assert answer.startswith("false\t"), "nplc is too long"
    talk.send(
        "smua.measure.nplc = 0.01 smua.measure.autozero = smua.AUTOZERO_ONCE smua.nvbuffer1.collectsourcevalues = 1"
    )
    assert talk.ask("print(ConfigPulseVMeasureI(smua, 0, 0.5, 1e-2, 1e-3, 4e-3, 3, smua.nvbuffer1, 1))").startswith(
        "true"
    )
    assert talk.ask("print(InitiatePulseTest(1))").startswith("false"), "the output is off"
    assert talk.ask("smua.source.output = 1 print(InitiatePulseTest(1))").startswith("true")
    np.testing.assert_allclose(talk.numbers("printbuffer(1, 3, smua.nvbuffer1)"), 0.5 / OHM, atol=4e-6)
    np.testing.assert_allclose(np.diff(talk.numbers("printbuffer(1, 3, smua.nvbuffer1.timestamps)")), 5e-3, atol=1e-6)
    drive = talk.device.channels["smua"].drive
    assert drive is not None
    history = drive.spans[-1].history
    np.testing.assert_allclose(history.steps_V, [0.5, -0.5] * 3, atol=1e-4)
    np.testing.assert_allclose(np.diff(history.times_s)[::2], 1e-3, atol=1e-9)
    assert talk.numbers("print(QueryPulseConfig(1).points)") == [3.0]


def test_a_blender_remembers_its_event_until_it_is_cleared_or_waited_for() -> None:
    # 2600A (2600AS-901-01 Rev. B), pp. 19-205 and 19-206: clear, overrun, wait.
    talk = Talk()
    talk.ask("b = trigger.blender[1] b.orenable = true b.stimulus[1] = trigger.generator[1].EVENT_ID")
    talk.ask("trigger.generator[1].assert() trigger.generator[1].assert()")
    assert talk.ask("print(b.overrun, b.wait(0.1), b.wait(0.1), b.overrun)") == "true\ttrue\tfalse\tfalse"
    assert talk.ask("trigger.generator[1].assert() b.clear() print(b.wait(0.1))") == "false"
    assert talk.ask("b.reset() print(b.orenable, b.stimulus[1])").split("\t")[0] == "false"
    assert talk.errors() == []
