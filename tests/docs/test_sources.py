"""Is the page of an instrument under docs/reference/sources complete: sent, answered, assumed?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import pytest

from drivers.srs.driver import EC301
from protocols import Limits, Protocol, PulseSequence, Sampling
from tests.docs.snippets import PROJECT
from tests.drivers.conformance import SHORT_PROTOCOLS
from tests.drivers.srs.direct import DirectSession

if TYPE_CHECKING:
    from drivers import VisaSession

SOURCES = PROJECT / "docs" / "reference" / "sources"
PAGE = (SOURCES / "srs-ec301.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (\d+) \| ([^|]+) \| (set|query|both|–) \|", PAGE, re.MULTILINE)
OF_THE_SESSION = {"*idn?", "ifcclr", "getbda", "polbda?"}
"""Commands that a client's session answers itself: they are about its own link."""
ONLY_SOMETIMES = {"errlst?", "errdcd?", "bstren"}
"""After an error; if a booster is in use."""


def forms(command: str) -> list[str]:
    """The command that sets and the query of an entry like ``irange(?)``."""
    plain = command.lower()
    return [plain.removesuffix("(?)"), plain.removesuffix("(?)") + "?"] if plain.endswith("(?)") else [plain]


@pytest.fixture(scope="module")
def session() -> DirectSession:
    return DirectSession()


def test_each_command_that_the_simulator_answers_has_its_page_and_meaning(session: DirectSession) -> None:
    described = [form for command, *_ in ROWS for form in forms(command)]
    assert sorted(described) == sorted({*session.device.table, *OF_THE_SESSION})
    assert all(76 <= int(page) <= 128 and meaning.strip() for _, page, meaning, _ in ROWS)


def test_each_command_that_the_driver_sends_is_marked_and_no_other(session: DirectSession) -> None:
    driver = EC301(cast("VisaSession", session))
    pulse = PulseSequence.pulse(0.02, 0.01, before=0.01, after=0.01)
    stairs = PulseSequence.staircase(0.01, 0.08, 8, 0.01, before=0.01, after=0.02)
    twice = PulseSequence.train(0.02, 80.0, 160.0, 3, before=0.01)
    for sequence in (pulse, stairs, twice):
        driver.arm(EC301.plan(Protocol("x", sequence, Sampling(1e-4), Limits(voltage_V=0.1, current_A=1e-5))))
        driver.start()
        driver.read()
        driver.abort()
        assert driver.safe_state().off
    sent = {one.split()[0].lower() for line in session.sent for one in line.split(";")} | ONLY_SOMETIMES
    marked = set()
    for command, _, _, mark in ROWS:
        both = forms(command)
        marked |= set({"both": both, "set": both[:1], "query": both[-1:], "–": []}[mark])
    assert marked == sent


def assumed() -> set[str]:
    """What the plans of all kinds of programs assume."""
    staircase = PulseSequence.staircase(0.01, 0.08, 8, 0.01, before=2.01, after=0.02)
    delayed = Protocol("delayed", staircase, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5))
    hour = PulseSequence.pulse(0.01, 3600.0, before=1.0, after=1.0)
    long = Protocol("long", hour, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5))
    plans = [EC301.plan(protocol) for protocol in (*map(Protocol.load, SHORT_PROTOCOLS), delayed, long)]
    return {str(one) for plan in plans for one in plan.assumed}


def test_what_the_driver_assumes_is_listed_word_for_word_and_counted() -> None:
    listed = PAGE.partition("## Assumed by the driver")[2].partition("## Assumed by the simulator")[0]
    items = re.findall(r"^\d+\. \*(\w+)\*: (.+)\.$", listed, re.MULTILINE)
    assert {f"{concern}: {text}" for concern, text in items} == assumed()
    of_simulator = re.findall(r"^\d+\. ", PAGE.partition("## Assumed by the simulator")[2], re.MULTILINE)
    sent = sum({"both": 2, "set": 1, "query": 1, "–": 0}[mark] for *_, mark in ROWS)
    answered = sum(len(forms(command)) for command, *_ in ROWS)
    counts = f"| {sent} | {answered} | {len(items)} | {len(of_simulator)} |"
    assert counts in (SOURCES / "index.md").read_text(encoding="utf-8")
