"""Do all SCPI instruments keep to IEEE 488.2 and SCPI-99 in errors, status, headers; and survive any line?"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim_instruments.core.clock import ManualClock
from sim_instruments.keithley.k2400.instrument import Keithley2400
from sim_instruments.keithley.k2450.models import Keithley2450, Keithley2460, Keithley2461
from sim_instruments.keysight.b2900.instrument import B2912A
from sim_instruments.sample.cell import load_cell
from sim_instruments.scpi import message_exchange as exchange_module
from tests.alphabets import CHARACTERS
from tests.properties import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.scpi.parser import CommandTree
    from tests.sim_instruments.conftest import Talk

MODELS: dict[str, Callable[..., Any]] = {
    "b2912a": B2912A,
    "keithley2400": Keithley2400,
    "keithley2450": Keithley2450,
    "keithley2460": Keithley2460,
    "keithley2461": Keithley2461,
}
COMMAND, EXECUTION, DEVICE, QUERY = 32, 16, 8, 4  # bits of the standard event status register, IEEE 488.2, 11.5.1
FUZZ_EXAMPLES = int(os.environ.get("IONECHO_FUZZ", examples(60)))
"""Random conversations a model, others at each run; each has up to twelve lines, and three models are one program.
`just fuzz` sets more."""

# SCPI-99 volume 2, 21.8. -200 is for devices that know no better (21.8.10): these do.
SAME_FOR_ALL = [
    (-102, COMMAND, ":SOUR:VOLT:"),
    (-103, COMMAND, ":SOUR:LIST:VOLT 1,,2"),
    (-108, COMMAND, "*CLS 1"),
    (-108, COMMAND, "*ESE 1,2"),
    (-109, COMMAND, "*ESE"),
    (-112, COMMAND, ":SYSTEMSYSTEMSYSTEM:ERR?"),
    (-113, COMMAND, ":FOO:BAR 1"),
    (-113, COMMAND, "*FOO"),
    (-114, COMMAND, ":SOUR9:VOLT 1"),
    (-121, COMMAND, "*ESE 1..2"),
    (-121, COMMAND, "*ESE #Q8"),
    (-131, COMMAND, ":SOUR:VOLT 1 A"),
    (-138, COMMAND, "*ESE 1 V"),
    (-141, COMMAND, ":FORM 7"),
    (-151, COMMAND, ":SENS:FUNC 'CURR"),
    (-161, COMMAND, ":SOUR:VOLT #15ab"),
    (-168, COMMAND, ":SOUR:VOLT #12ab"),
    (-178, COMMAND, ":SOUR:VOLT (1)"),
    (-211, EXECUTION, "*TRG"),
    (-222, EXECUTION, "*ESE 256"),
    (-223, EXECUTION, ":SOUR:LIST:VOLT " + ",".join(["0"] * 3000)),
    (-224, EXECUTION, ":OUTP MAYBE"),
    (-230, EXECUTION, ":FETC?"),
]
OF_ITS_OWN = {
    "b2912a": [
        (-213, ":ARM:ACQ:DEL 10;:INIT (@1);:INIT (@1)"),
        (-221, ":TRAC1:FEED:CONT NEXT;:TRAC1:POIN 10"),
    ],
    "keithley2400": [
        (-213, ":OUTP ON;:TRIG:COUN 100;:INIT;:INIT"),
        (-221, ":ARM:COUN 2000;:TRIG:COUN 2000"),
    ],
    "keithley2450": [
        (-213, ":TRIG:BLOC:DEL:CONS 1,10;:INIT;:INIT"),
        (-221, ':SOUR:CONF:LIST:CRE "x";:TRIG:BLOC:CONF:NEXT 1,"x";:INIT'),
    ],
}
OF_ITS_OWN["keithley2460"] = OF_ITS_OWN["keithley2461"] = OF_ITS_OWN["keithley2450"]


@pytest.fixture(params=sorted(MODELS))
def model(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def any_talk(model: str, new_talk: Callable[..., Talk]) -> Talk:
    return new_talk(make=MODELS[model])


def provoked(talk: Talk, line: str) -> tuple[int, int]:
    """Return error number and event bits of a line, with the answer forgotten and nothing else in the queue."""
    talk.write("*CLS", line)
    talk.raw()
    bits = int(talk.ask("*ESR?"))
    number = talk.error()
    assert talk.error() == 0
    return number, bits


@pytest.mark.parametrize(("number", "bit", "line"), SAME_FOR_ALL, ids=lambda value: str(value)[:24])
def test_each_error_has_its_number_and_its_bit_on_all(any_talk: Talk, number: int, bit: int, line: str) -> None:
    assert provoked(any_talk, line) == (number, bit)
    assert any_talk.ask("*OPC?") == "1"


def test_each_error_of_state_has_its_number_and_its_bit(model: str, new_talk: Callable[..., Talk]) -> None:
    for number, line in OF_ITS_OWN[model]:
        assert provoked(new_talk(make=MODELS[model]), line) == (number, EXECUTION)


def test_system_errors_fill_the_queue_and_the_last_entry_becomes_an_overflow(any_talk: Talk) -> None:
    any_talk.write("*CLS")
    any_talk.device.inject("error-storm")
    count = int(any_talk.ask(":SYST:ERR:COUN?"))
    numbers = [any_talk.error() for _ in range(count)]
    assert numbers[-1] == -350
    assert set(numbers[:-1]) == {-310}
    assert any_talk.ask(":SYST:ERR?").lower().lstrip("+") == '0,"no error"'
    assert int(any_talk.ask("*ESR?")) & DEVICE


def test_a_line_without_an_end_is_an_input_overrun(any_talk: Talk) -> None:
    any_talk.write("*CLS", "x" * (exchange_module.MAX_MESSAGE + 1))
    assert (int(any_talk.ask("*ESR?")), any_talk.error()) == (DEVICE, -363)


# -- messages that end: HiSLIP and VXI-11 (IEEE 488.2 section 6.3) ---------------------------------------------------


def reply_to(talk: Talk, message: str) -> str:
    talk.exchange.message(message.encode(), end=True)
    return talk.raw().decode().removesuffix("\n")


def test_a_message_before_the_answer_is_read_interrupts(any_talk: Talk) -> None:
    reply_to(any_talk, "*CLS")
    any_talk.exchange.message(b"*OPC?", end=True)
    any_talk.exchange.interrupted()
    assert reply_to(any_talk, "*ESE 1") == ""
    assert (reply_to(any_talk, "*ESR?"), reply_to(any_talk, ":SYST:ERR?")[:4]) == (str(QUERY), "-410")


def test_a_second_line_of_a_message_interrupts_the_answer_to_the_first(any_talk: Talk) -> None:
    reply_to(any_talk, "*CLS")
    assert reply_to(any_talk, "*OPC?\n*ESE?") == "0"
    assert reply_to(any_talk, ":SYST:ERR?")[:4] == "-410"


def test_reading_with_nothing_to_say_is_unterminated(any_talk: Talk) -> None:
    reply_to(any_talk, "*CLS")
    any_talk.exchange.unterminated()
    assert (reply_to(any_talk, "*ESR?"), reply_to(any_talk, ":SYST:ERR?")[:4]) == (str(QUERY), "-420")


def test_reading_in_mid_message_is_unterminated_and_forgets_it(any_talk: Talk) -> None:
    reply_to(any_talk, "*CLS;*ESE 0")
    any_talk.exchange.message(b"*ESE 7", end=False)
    any_talk.exchange.unterminated()
    assert (reply_to(any_talk, "*ESE?"), reply_to(any_talk, ":SYST:ERR?")[:4]) == ("0", "-420")


def test_an_answer_that_nothing_can_hold_is_a_deadlock(any_talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    reply_to(any_talk, "*CLS")
    with monkeypatch.context() as small:
        small.setattr(exchange_module, "MAX_ANSWER", 20)
        assert reply_to(any_talk, ";".join(["*ESE?"] * 20)) == ""
    assert (reply_to(any_talk, "*ESR?"), reply_to(any_talk, ":SYST:ERR?")[:4]) == (str(QUERY), "-430")


def test_a_query_after_an_indefinite_answer_is_refused(any_talk: Talk) -> None:
    reply_to(any_talk, "*CLS")
    assert reply_to(any_talk, "*IDN?;*ESE?") == ""
    assert (reply_to(any_talk, "*ESR?"), reply_to(any_talk, ":SYST:ERR?")[:4]) == (str(QUERY), "-440")
    assert reply_to(any_talk, "*ESE?;*IDN?").startswith("0;")


def test_device_clear_forgets_input_and_output_but_no_setting(any_talk: Talk) -> None:
    reply_to(any_talk, "*CLS;*ESE 4")
    any_talk.exchange.message(b"*ESE 8;*ESE?", end=False)
    any_talk.exchange.clear()
    any_talk.exchange.message(b"*ESE?", end=True)
    any_talk.exchange.clear()
    assert reply_to(any_talk, "*ESE?;:SYST:ERR:COUN?") == "4;0"


def test_serial_poll_and_stb_query_agree_and_sum_up(any_talk: Talk) -> None:
    reply_to(any_talk, "*CLS;*ESE 32;*SRE 32")
    assert any_talk.exchange.status_byte(message_available=False) == 0
    reply_to(any_talk, ":NONSENSE")
    polled = any_talk.exchange.status_byte(message_available=False)
    assert polled & (64 + 32) == 64 + 32
    assert reply_to(any_talk, "*STB?") == str(polled)
    any_talk.exchange.message(b"*ESE?", end=True)
    assert any_talk.exchange.status_byte(message_available=False) == polled | 16


# -- common commands, headers, numbers --------------------------------------------------------------------------------


def test_common_commands_are_all_there(any_talk: Talk) -> None:
    assert any_talk.ask("*ESR?") == "128"  # power on
    assert any_talk.ask("*IDN?").count(",") == 3
    assert any_talk.ask("*ESE 255;*SRE 255;*ESE?;*SRE?") == "255;191"  # bit 6 cannot be enabled (11.3.2)
    assert any_talk.ask("*TST?;*OPC?") == "0;1"
    any_talk.write("*WAI;*RST;*CLS")
    assert any_talk.ask("*OPC;*ESR?") == "1"
    assert any_talk.ask(":STAT:OPER:ENAB 7;:STAT:QUES:ENAB 7;:STAT:PRES;:STAT:OPER:ENAB?;:STAT:QUES:ENAB?") == "0;0"
    assert any_talk.error() == 0


@pytest.mark.parametrize(
    "line",
    [
        ":SOUR:VOLT 0.05",
        ":sour:volt 50e-3",
        "SOURCE:VOLTAGE:LEVEL 50 mV",
        ":SOUR1:VOLT:LEV:IMM:AMPL +.05",
        "*ESE 0;:SOUR:FUNC:MODE VOLT;*ESE 0;:SOUR:VOLT 5.0 E-2",
        "  :SOUR:VOLT\t0.05 ; ;",
        ":SOUR:VOLT:LEV 0;LEV 0.05",
        ":SOUR:VOLT 0;*ESE 0;VOLT 0.05V\r",
    ],
)
def test_one_level_many_spellings(any_talk: Talk, line: str) -> None:
    any_talk.write("*CLS", line)
    assert float(any_talk.ask(":SOUR:VOLT?")) == 0.05
    assert any_talk.error() == 0


@pytest.mark.parametrize("line", [":SOURC:VOLT 1", ":SOU:VOLT 1", ":SOUR:VOLTA 1", ":SOUR :VOLT 1", ":SOURCEVOLT 1"])
def test_neither_short_nor_long_is_no_header(any_talk: Talk, line: str) -> None:
    number, bit = provoked(any_talk, line)
    assert number in {-113, -102}
    assert bit == COMMAND


@pytest.mark.parametrize("number", ["#H20", "#q40", "#B100000", "32", "3.2E1", "32.4"])
def test_numbers_of_any_base_and_rounded(any_talk: Talk, number: str) -> None:
    assert any_talk.ask(f"*ESE {number};*ESE?") == "32"


# -- anything at all --------------------------------------------------------------------------------------------------


def headers(tree: CommandTree) -> list[str]:
    """Return every header that an instrument knows, in its short form."""
    found: set[str] = set()

    def walk(node: object, path: str) -> None:
        for query in node.commands:  # type: ignore[attr-defined]
            found.add(path + "?" * query)
        for name, child in node.children.items():  # type: ignore[attr-defined]
            if name == min((other for other, its in node.children.items() if its is child), key=len):  # type: ignore[attr-defined]
                walk(child, f"{path}:{name}" if not name.startswith("*") else name)

    walk(tree.root, "")
    return sorted(found)


_PARAMETERS = st.lists(
    st.sampled_from(
        ["0", "1", "2", "-1", "0.1", "10", "1e-3", "1e999", "9.9e37", "10 mV", "1 A", "MIN", "MAX", "DEF", "INF", "ON",
         "OFF", "VOLT", "CURR", '"CURR"', '"defbuffer1"', '"a"', "'", "#0", "#12ab", "#HFF", "(@1)", "(@1,2)", "(",
         "REAL", "READ", "NEXT", "NEV", "TIM", "BUS", "LIST", "", "9" * 400]
    )
    | st.floats(-1e3, 1e3).map(str)
    | st.text(CHARACTERS, max_size=5),
    max_size=5,
).map(",".join)  # fmt: skip


@cache
def conversations(model: str) -> st.SearchStrategy[list[str]]:
    """Return lines of known, damaged and free commands; the same strategy at each call, which is checked once."""
    header = st.sampled_from(headers(MODELS[model](ManualClock(), load_cell("resistor"), 1).tree))
    damaged = st.tuples(header, st.integers(0, 30), st.characters()).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :])
    unit = st.tuples(header | damaged, _PARAMETERS).map(" ".join) | st.text(CHARACTERS, max_size=20)
    line = st.lists(unit, min_size=1, max_size=4).map(";".join)
    return st.lists(line, min_size=1, max_size=12)


_BREAKS_S = st.sampled_from([0.0, 1e-4, 0.02])


@settings(max_examples=FUZZ_EXAMPLES, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_conversation_whatever_crashes_it_or_puts_answers_out_of_step(
    model: str, new_talk: Callable[..., Talk], data: st.DataObject
) -> None:
    talk = new_talk(make=MODELS[model])
    in_messages = data.draw(st.booleans())
    for line in data.draw(conversations(model)):
        data_bytes = line.encode("utf-8", "replace")
        if in_messages:
            if talk.exchange.output:
                talk.exchange.interrupted()
            talk.exchange.message(data_bytes, end=True)
        else:
            talk.exchange.receive(data_bytes + b"\n")
        talk.wait(data.draw(_BREAKS_S))
        in_step(talk, in_messages=in_messages)


def in_step(talk: Talk, *, in_messages: bool) -> None:
    """Check that answers come to what was asked, once what goes on has been ended by another client."""
    for _ in range(50):
        other = type(talk.exchange)(talk.device)
        other.receive(b":ABOR\n")
        talk.wait(0.0)
        if not talk.exchange.waiting:
            break
        talk.wait(1.0)  # a reading that cannot be ended takes its time
    talk.raw()
    if in_messages:
        assert reply_to(talk, "*CLS") == ""
        assert reply_to(talk, "*IDN?") == talk.device.identity
    else:
        talk.write("*CLS")
        assert talk.ask("*IDN?") == talk.device.identity
        assert talk.error() == 0
