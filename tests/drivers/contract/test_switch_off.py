"""Does every driver say "off" only when its instrument does, and in every other case that the output may be on?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from drivers import (
    Keithley2450,
    Keithley2461,
    Keithley2602B,
    OffSwitch,
    Potentiostat,
    TemperatureController,
    VisaSession,
    switch_off,
)
from drivers.keysight.driver import B2901
from drivers.lakeshore.driver import LakeShore336
from drivers.palmsens.driver import EmStatPico
from drivers.srs.driver import EC301
from drivers.zahner.driver import Zahner
from protocols import ConnectionLost, InstrumentError, OutputStateUnknown

pytestmark = pytest.mark.waits

Driver = type[Potentiostat] | type[TemperatureController]
RESOURCE = "TCPIP::192.0.2.1::5025::SOCKET"


@dataclass
class ScriptedSession:
    """A session whose instrument is a few lines: what it answers to which message, and which exchange fails.

    Attributes
    ----------
    answers : callable
        Gives the lines with which a message is answered.
    fails_at : int or None
        Index of the message at which an error is raised, and ever after.
    """

    answers: Callable[[str], list[str]]
    fails_at: int | None = None
    error: Exception = field(default_factory=lambda: ConnectionLost("the cable was pulled"))
    sent: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    resource: str = RESOURCE
    timeout_s: float = 0.05
    idn: str = "tespico1600#x"

    def write(self, message: str) -> None:
        if self.fails_at is not None and len(self.sent) >= self.fails_at:
            raise self.error
        self.sent.append(message)
        self.lines += self.answers(message)

    def read_line(self) -> str:
        if not self.lines:
            raise ConnectionLost("no answer within 0.05 s")
        return self.lines.pop(0)

    def poll_line(self) -> str | None:
        return self.lines.pop(0) if self.lines else None

    def query(self, message: str) -> str:
        self.write(message)
        return self.read_line()

    def clear(self) -> None:
        self.lines.clear()


def echoed(state: str) -> Callable[[str], list[str]]:
    """What a 2600B prints: the mark that it was given, and the state of its output."""
    return lambda message: [f"{message.split(chr(34))[1]}\t{state}"] if message.startswith("print(") else []


def after(query: str, state: str, otherwise: str | None = None) -> Callable[[str], list[str]]:
    """Answer messages that end in a query with a state; all others with the same line, or with nothing."""
    return lambda message: [state] if message.endswith(query) else ([] if otherwise is None else [otherwise])


def scripted(last_lines: list[str]) -> Callable[[str], list[str]]:
    """What an EmStat answers: it knows no script that runs, and its script for switching off prints some lines."""
    heard: list[str] = []

    def answer(message: str) -> list[str]:
        heard.append(message)
        if message == "Z":
            return ["Z!0006"]
        loaded = message == "" and heard.count("e") > 0 and heard[-2] != "e"
        return ["e", *last_lines] if loaded else []

    return answer


@dataclass(frozen=True)
class Case:
    """A driver, and how its instrument says "off" and "on"."""

    driver: Driver
    off: Callable[[], Callable[[str], list[str]]]
    on: Callable[[], Callable[[str], list[str]]]
    command: str  # what switches off
    level: str  # what sets the level to 0 afterwards; empty where nothing does
    key: str


CASES = [
    *(
        Case(one, lambda: after(":OUTP?", "0"), lambda: after(":OUTP?", "1"), ":OUTP OFF", ":SOUR:VOLT 0", "OUTPUT key")
        for one in (Keithley2450, Keithley2461)
    ),
    Case(Keithley2602B, lambda: echoed("0.0"), lambda: echoed("1.0"), "OUTPUT_OFF", "levelv = 0", "OUTPUT ON/OFF key"),
    Case(B2901, lambda: after(":OUTP1?", "0"), lambda: after(":OUTP1?", "1"), ":OUTP1 OFF", "VOLT 0", "On/Off key"),
    Case(EC301, lambda: after("cellon?", "0"), lambda: after("cellon?", "1"), "ceenab 0", "", "CELL switch"),
    Case(
        Zahner,
        lambda: after(":SESO:STAT?", "0", "ok"),
        lambda: after(":SESO:STAT?", "1", "ok"),
        ":SESO:STAT OFF",
        "",
        "Unplug the cell",
    ),
    Case(
        EmStatPico,
        lambda: scripted(["M000B", "*", "Tcell is off", ""]),
        lambda: scripted(["!0014: Line 5, Col 1"]),
        "cell_off",
        "",
        "Unplug the cell",
    ),
    Case(
        LakeShore336,
        lambda: after("RANGE? 4", "0;0;0;0"),
        lambda: after("RANGE? 4", "0;0;0;1"),
        "RANGE 1,0",
        "",
        "ALL OFF",
    ),
]
every_driver = pytest.mark.parametrize("case", CASES, ids=lambda case: case.driver.__name__)


def driver_on(case: Case, session: ScriptedSession) -> Potentiostat | TemperatureController:
    session.lines.append("second line of a greeting")
    driver = case.driver(cast("VisaSession", session))
    session.lines.clear()
    return driver


@every_driver
def test_off_is_what_the_instrument_says_and_the_level_is_set_only_then(case: Case) -> None:
    session = ScriptedSession(case.off())
    assert driver_on(case, session).safe_state().off
    told = "\n".join(session.sent)
    assert case.command in told
    if case.level:
        assert told.index(case.command) < told.index(case.level)


@every_driver
def test_an_instrument_that_says_on_is_an_error_with_its_answer_and_a_remedy(case: Case) -> None:
    session = ScriptedSession(case.on())
    with pytest.raises(OutputStateUnknown, match=case.key) as caught:
        driver_on(case, session).safe_state()
    assert RESOURCE in str(caught.value)
    assert "may still be ON" in str(caught.value)
    assert not case.level or not any(case.level in message for message in session.sent)


@every_driver
@pytest.mark.parametrize("answer", ["", "garbage", "00", "off", "-0", "0;0;0", "\x00", "0\t0"])
def test_no_other_answer_counts_as_off(case: Case, answer: str) -> None:
    session = ScriptedSession(lambda message: [answer] if message else [])
    with pytest.raises(OutputStateUnknown, match=case.key):
        driver_on(case, session).safe_state()


@every_driver
@pytest.mark.parametrize(
    "error",
    [ConnectionLost("the cable was pulled"), InstrumentError("refused"), OSError("no such device"), KeyError("a bug")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_at_any_exchange_means_that_the_output_may_be_on(case: Case, error: Exception) -> None:
    whole = ScriptedSession(case.off())
    driver_on(case, whole).safe_state()
    n_before_off = len(whole.sent) - bool(case.level)
    for place in range(n_before_off):
        session = ScriptedSession(case.off(), fails_at=place, error=error)
        with pytest.raises(OutputStateUnknown, match=case.key) as caught:
            driver_on(case, session).safe_state()
        assert caught.value.__cause__ is error


@every_driver
def test_it_may_be_called_any_number_of_times(case: Case) -> None:
    driver = driver_on(case, ScriptedSession(case.off()))
    assert [driver.safe_state().off for _ in range(3)] == [True] * 3


@pytest.mark.parametrize("case", [case for case in CASES if case.level], ids=lambda case: case.driver.__name__)
def test_a_link_that_is_lost_after_the_read_back_is_said_to_be_lost(case: Case) -> None:
    whole = ScriptedSession(case.off())
    driver_on(case, whole).safe_state()
    session = ScriptedSession(case.off(), fails_at=len(whole.sent) - 1)
    with pytest.raises(ConnectionLost):
        driver_on(case, session).safe_state()


def test_a_wrong_answer_is_not_asked_for_again_over_the_same_link() -> None:
    answers = iter(["1", "0"])
    with pytest.raises(OutputStateUnknown):
        switch_off(OffSwitch("the output", "Press it."), "smu", lambda: next(answers), lambda answer: answer == "0")
    assert next(answers) == "0"


def test_stopping_the_program_by_hand_is_not_swallowed() -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    def is_off(_: Any) -> bool:
        return True

    with pytest.raises(KeyboardInterrupt):
        switch_off(OffSwitch("the output", "Press it."), "smu", interrupted, is_off)


@pytest.mark.parametrize("error", [ValueError("no number"), KeyError("a bug of the driver")])
def test_an_answer_that_cannot_be_read_is_not_off(error: Exception) -> None:
    def is_off(_: str) -> bool:
        raise error

    with pytest.raises(OutputStateUnknown, match=r"smu may still be ON.*answers 'x'.*Press it\."):
        switch_off(OffSwitch("the output", "Press it."), "smu", lambda: "x", is_off)
