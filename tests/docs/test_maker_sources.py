"""Are the pages of four makers under docs/reference/sources complete: answered, sent, assumed, counted?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from drivers import driver_named
from drivers.keysight.driver import B2911
from drivers.lakeshore.driver import LakeShore336
from drivers.palmsens.driver import EmStat4
from drivers.zahner.driver import Zahner
from protocols import Limits, Protocol, PulseSequence, Sampling
from protocols.sequence import SequenceSpec
from sim_instruments.core.clock import ManualClock
from sim_instruments.keysight.b2900.instrument import B2912A
from sim_instruments.lakeshore.instrument import LakeShore336 as SimulatedLakeShore
from sim_instruments.palmsens.commands import SIGNATURES
from sim_instruments.sample.cell import load_cell
from tests.docs.snippets import PROJECT
from tests.drivers.zahner.test_driver import InTime
from tests.sim_instruments.keysight.b2900_client import Talk

if TYPE_CHECKING:
    from drivers import VisaSession

SOURCES = PROJECT / "docs" / "reference" / "sources"
DRIVERS = {"keysight-b2900": "b2911", "palmsens-methodscript": "emstat4", "zahner": "zahner-pp212"}
PAGES = [*DRIVERS, "lakeshore-336"]
SLOW = Protocol(
    "slow", PulseSequence.train(0.02, 2.0, 4.0, 2, before=2.0), Sampling(0.5), Limits(voltage_V=0.1, current_A=1e-5)
)

_LEVEL, _LOG = {"kind": "hold", "level": "20 mV", "duration": "2 s"}, {"kind": "log"}
BY_STEP = replace(SLOW, sequence=SequenceSpec("").read({"kind": "steps", "steps": [_LEVEL | {"sampling": _LOG}]}))
OF_CONTROL = replace(
    SLOW,
    sequence=SequenceSpec("").read(
        {
            "kind": "steps",
            "steps": [
                {"kind": "open_circuit", "duration": "2 s"},
                _LEVEL | {"vs": "open circuit", "until": {"over": "1 s", "current_slope": "1 nA/s"}},
                {"kind": "ramp", "start": "0 V", "level": "20 mV", "duration": "2 s"},
                {"kind": "current", "current": "1 uA", "duration": "2 s"},
            ],
        }
    ),
)


def page(name: str) -> str:
    return (SOURCES / f"{name}.md").read_text(encoding="utf-8")


def rows(name: str) -> list[tuple[str, str, str]]:
    """Command, source and mark of each row."""
    found = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| [^|]*\| (set|query|both|sent|–) \|", page(name), re.MULTILINE)
    assert len(found) == len(re.findall(r"^\| `[^`]+` \| [^|]+ \| [^|]*\|[^|]*\|[^|]*\|$", page(name), re.MULTILINE))
    return found


def forms(command: str) -> list[str]:
    """The command that sets and the query of an entry like ``RANGE(?)``."""
    return [command[:-3], command[:-3] + "?"] if command.endswith("(?)") else [command]


def marked(name: str) -> set[str]:
    """What the page says that the driver sends."""
    kinds = {"both": slice(None), "set": slice(1), "query": slice(-1, None), "sent": slice(None), "–": slice(0)}
    return {form for command, _, mark in rows(name) for form in forms(command)[kinds[mark]]}


def headers(lines: list[str]) -> set[str]:
    return {part.split()[0] for line in lines for part in line.split(";") if part.strip()}


@pytest.mark.parametrize("name", PAGES)
def test_the_counts_of_the_index_are_those_of_the_page(name: str) -> None:
    text = page(name)
    by_driver, _, by_simulator = text.partition("## Assumed by the driver")[2].partition("## Assumed by the simulator")
    assumed = [len(re.findall(r"^\d+\. ", part, re.MULTILINE)) for part in (by_driver, by_simulator)]
    answered = sum(len(forms(command)) for command, *_ in rows(name))
    counts = f"| {len(marked(name))} | {answered} | {assumed[0]} | {assumed[1]} |"
    line = next(line for line in (SOURCES / "index.md").read_text("utf-8").splitlines() if f"]({name}.md)" in line)
    assert line.endswith(counts)


@pytest.mark.parametrize("name", DRIVERS)
def test_what_plans_assume_is_listed_word_for_word(name: str) -> None:
    listed = page(name).partition("## Assumed by the driver")[2].partition("## Assumed by the simulator")[0]
    items = {f"{concern}: {text}" for concern, text in re.findall(r"^\d+\. \*(\w+)\*: (.+)\.$", listed, re.MULTILINE)}
    plan = driver_named(DRIVERS[name]).plan
    protocols = [SLOW, replace(SLOW, repeats=3), *([BY_STEP, OF_CONTROL] if name == "palmsens-methodscript" else [])]
    assert items == {str(one) for protocol in protocols for one in plan(protocol).assumed}


class Controller:
    """A simulated Lake Shore without a link, which keeps what it was sent."""

    resource = "simulated"

    def __init__(self) -> None:
        self.device = SimulatedLakeShore(ManualClock(), load_cell("thermal"), 1)
        self.sent: list[str] = []

    def query(self, message: str) -> str:
        self.sent.append(message)
        return ";".join(self.device.answers(message))

    write = query


def test_a_lake_shore_is_sent_and_answers_what_its_page_says() -> None:
    session = Controller()
    described = [form for command, *_ in rows("lakeshore-336") for form in forms(command)]
    assert sorted(described) == sorted(session.device.commands)
    driver = LakeShore336(cast("VisaSession", session))
    driver.identify()
    driver.set_setpoint(310.0)
    driver.read()
    assert driver.safe_state().off
    assert marked("lakeshore-336") == headers(session.sent)


class Recorded(InTime):
    """A Zahner without a link, which keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = ["*IDN?"]  # the session asks for it

    def query(self, message: str) -> str:
        self.sent.append(message)
        return super().query(message)


def test_a_zahner_is_sent_and_answers_what_its_page_says() -> None:
    session = Recorded()
    driver = Zahner(cast("VisaSession", session), session)
    driver.arm(Zahner.plan(SLOW))
    driver.start()
    driver.read()
    assert driver.safe_state().off
    assert marked("zahner") == headers(session.sent)
    for form in (form for command, *_ in rows("zahner") for form in forms(command)):
        answer = InTime().query(f"{form} pot" if form == ":SESO:COUP" else form)
        assert answer not in {"error 27", "error 1000"}, form


def test_a_methodscript_has_the_commands_that_its_page_says() -> None:
    described = {command: mark for command, _, mark in rows("palmsens-methodscript")}
    assert described.keys() == SIGNATURES.keys()
    plans = [EmStat4.plan(protocol) for protocol in (SLOW, BY_STEP, OF_CONTROL)]
    words = {line.split()[0] for plan in plans for line in EmStat4.planner.script(plan)}
    assert marked("palmsens-methodscript") == words


class Meter(Talk):
    """A B2912A without a link, which keeps what it was sent."""

    resource = "simulated"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def write(self, *lines: str) -> None:
        self.sent += lines
        super().write(*lines)

    def query(self, message: str) -> str:
        return self.ask(message)


def entries(device: B2912A, header: str) -> set[int]:
    """The entries of the tree that a row or a message stands for."""
    query, header = header.endswith("?"), header.removesuffix("?")
    plain = re.sub(r"\[[^\]]*\]", "", header)
    options = [[]] if not (choice := re.search(r"<([^>]+)>", plain)) else [choice[1].split("/")]
    spelled = [plain.replace(f"<{choice[1]}>", one) for one in options[0]] if choice else [plain]
    found = set()
    for one in spelled:
        if "<" in one:
            found |= entries(device, one + ("?" if query else ""))
        else:
            path = [node for node in one.split(":") if node]
            path = ["".join(c for c in node if c.isupper() or c in "*0123456789") or node for node in path]
            found.add(id(device.tree.find(path, query=query)[0]))
    return found


def test_a_b2900_is_sent_and_answers_what_its_page_says() -> None:
    session = Meter()
    driver = B2911(cast("VisaSession", session))
    driver.identify()
    driver.arm(B2911.plan(SLOW))
    driver.start()
    driver.abort()
    assert driver.safe_state().off
    device = session.device
    layers = {f":{layer}:" for layer in ("ARM", "TRIG")}
    sent = {one for one in headers(session.sent) if not any(re.match(rf":{layer[1:-1]}\d", one) for layer in layers)}
    sent |= {":STAT:OPER:COND?", ":TRAC1:POIN:ACT?", ":TRAC1:DATA?"}  # while it runs
    described = [form for form in marked("keysight-b2900") if "…" not in form]
    known = set().union(*(entries(device, one) for one in described))
    assert not [one for one in sent if not entries(device, one) <= known]
    for form in (form for command, *_ in rows("keysight-b2900") for form in forms(command) if "…" not in form):
        assert entries(device, form), form
