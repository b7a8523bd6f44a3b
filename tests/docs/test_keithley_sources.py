"""Are the Keithleys' pages under docs/reference/sources complete: sent, answered, assumed, counted?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from drivers import Keithley2450, Keithley2460, Potentiostat, driver_named
from drivers.keithley.k2461 import Keithley2461
from drivers.keithley.k2600 import Keithley2602B
from protocols import Limits, Protocol, PulseSequence, Sampling
from sim_instruments.keithley.k2450 import models
from tests.docs.snippets import PROJECT
from tests.sim_instruments.keithley.test_k2450_commands import Talk
from tests.sim_instruments.keithley.tsp_client import Talk as TspTalk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers import VisaSession
    from sim_instruments.scpi.parser import CommandTree

SOURCES = PROJECT / "docs" / "reference" / "sources"
TSP = (SOURCES / "keithley-2600b.md").read_text(encoding="utf-8")
TOUCH = (SOURCES / "keithley-2400-touch.md").read_text(encoding="utf-8")
SLOW = Protocol(
    "slow", PulseSequence.train(0.02, 0.2, 0.4, 2, before=0.2), Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5)
)


ONLY_SOMETIMES = {":SYST:ERR?", ":OUTP:INT:TRIP?"}
"""After an error; above 20 V."""
OF_LUA = {"ipairs", "math.min", "string.format", "table.getn", "table.insert"}
"""What is the language's own."""
OF_THE_LANGUAGE = set(
    re.findall(
        r"\w+",
        "_G _VERSION __iterator __and __or __xor __shift_left __shift_right"
        " coroutine math string table assert collectgarbage error gcinfo getfenv getmetatable"
        " ipairs loadstring next pairs pcall rawequal rawget rawset select setfenv setmetatable tonumber tostring"
        " type unpack xpcall",
    )
)
"""What Lua has beside a command tree."""


def line_of(page: str) -> str:
    """The counts of a page in the index."""
    index = (SOURCES / "index.md").read_text(encoding="utf-8")
    return next(line for line in index.splitlines() if f"]({page}.md)" in line)


def tokens(section: str) -> list[str]:
    """What stands between backquotes in the first cells of a section's table."""
    rows = re.findall(r"^\| (`.+?) \| ", section, re.MULTILINE)
    return [token for row in rows for token in re.findall(r"`([^`]+)`", row)]


def forms(command: str) -> list[str]:
    """The command that sets and the query of an entry like ``:OUTP(?)``; without its parameters."""
    header = command.split(maxsplit=1)[0]
    return [header[:-3], header[:-3] + "?"] if header.endswith("(?)") else [header]


class Link(Talk):
    """A simulated instrument without a link, which keeps what it was sent."""

    resource = "simulated"

    def __init__(self, model: type) -> None:
        super().__init__(model)
        self.sent: list[str] = []
        self.idn = self.query("*IDN?")

    def write(self, message: str) -> None:
        self.sent += [part.split()[0] for part in message.split(";")]
        assert self.ask(message) == ""

    def query(self, message: str) -> str:
        self.sent += [part.split()[0] for part in message.split(";")]
        return self.ask(message)

    def query_block(self, message: str, count: int, dtype: str) -> np.ndarray:
        self.sent.append(message.split(maxsplit=1)[0])
        self.session.receive(message.encode() + b"\n")
        while len(self.session.output) < 8 * count:
            self.clock.advance(1e-3)
            self.session.run()
        answer = bytes(self.session.output)
        self.session.output.clear()
        return np.frombuffer(answer[answer.index(b"0") + 1 :][: 8 * count], dtype=dtype)


def played(kind: type[Potentiostat], model: type) -> set[str]:
    """What a driver sends for a run to its end, and for one that is stopped."""
    link = Link(model)
    driver = kind(cast("VisaSession", link))
    driver.identify()
    for stopped in (False, True):
        driver.arm(kind.plan(SLOW.stretched(10.0)))
        driver.start()
        while not stopped and driver.read() is not None:
            link.clock.advance(0.05)
        driver.abort()
        assert driver.safe_state().off
    return set(link.sent)


def commands_under(tree: CommandTree, token: str) -> set[int]:
    """The commands that an entry of the page stands for; ``...`` is all below, ``<...>`` any name or number."""
    header = token.split(maxsplit=1)[0]
    nodes, everything = [tree.root], header.endswith("...")
    for name in [one for one in header.removesuffix("...").removesuffix("?").strip(":").split(":") if one]:
        plain = re.sub(r"<\d-\d+>$", "", name)
        any_name = re.fullmatch(r"<[a-z ]+>", plain) is not None
        nodes = [child for node in nodes for key, child in node.children.items() if any_name or key == plain.upper()]
    found: set[int] = set()
    while nodes:
        node = nodes.pop()
        found |= {id(one) for query, one in node.commands.items() if everything or query == header.endswith("?")}
        nodes += node.children.values() if everything else []
    return found


def every_command(tree: CommandTree) -> Iterator[tuple[str, int]]:
    stack = [("", tree.root)]
    while stack:
        path, node = stack.pop()
        yield from ((path + "?" * query, id(one)) for query, one in node.commands.items())
        stack += [(f"{path}:{name}", child) for name, child in node.children.items()]


def test_each_command_that_the_drivers_send_is_on_the_page_and_no_other() -> None:
    described = {form for token in tokens(TOUCH.partition("## What else")[0]) for form in forms(token)}
    sent = played(Keithley2450, models.Keithley2450) | played(Keithley2460, models.Keithley2460)
    sent |= played(Keithley2461, models.Keithley2461)
    assert described == sent | ONLY_SOMETIMES
    assert f"| {len(described)} | " in line_of("keithley-2400-touch")


def test_each_command_that_the_simulator_answers_is_on_the_page() -> None:
    tree = Link(models.Keithley2461).device.tree
    scpi = TOUCH.partition("## The TSP command set")[0]
    told: set[int] = set()
    for token in (form for one in tokens(scpi) for form in forms(one)):
        found = commands_under(tree, token)
        told |= found
    missing = sorted({path for path, command in every_command(tree) if command not in told}, key=len)
    assert not missing
    assert f"| {len({command for _, command in every_command(tree)})} | " in line_of("keithley-2400-touch")


class TspLink(TspTalk):
    """A simulated 2602B without a link, which keeps what it was sent."""

    resource = "simulated"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.idn = self.query("*IDN?")

    def write(self, message: str) -> None:
        self.sent.append(message)
        self.send(message)
        self.wait(1e-3)

    def _answer(self, message: str, least: int) -> bytes:
        self.sent.append(message)
        self.send(message)
        for _ in range(5000):
            if len(self.talk.output) >= least and (least > 1 or b"\n" in self.talk.output):
                break
            self.wait(1e-3)
        return self.take()

    def query(self, message: str) -> str:
        return self._answer(message, 1).decode().removesuffix("\n")

    def query_block(self, message: str, count: int, dtype: str) -> np.ndarray:
        return np.frombuffer(self._answer(message, 8 * count + 2)[2 : 2 + 8 * count], dtype=dtype)


def names_in(lines: list[str]) -> set[str]:
    """The commands, functions and attributes that lines of TSP name, but those of their own and of Lua."""
    text = re.sub(r'"[^"]*"', "", "\n".join(lines))
    own = {name.strip() for group in re.findall(r"local ([\w, ]+?) =", text) for name in group.split(",")}
    own |= {"echo_run", "settle", "longest", "silence", "look", "value", "_", *_KEYWORDS}
    text = re.sub(r"\b(?:echo_buffer|b)\.", "bufferVar.", text)
    text = re.sub(r"\[\d\]\.", "[N].", text)
    found = set(re.findall(r"(?<![\w.\[\]])([a-zA-Z_*]\w*\??(?:\[N\])?(?:\.\w+(?:\[N\])?)*)", text))
    return {name for name in found if name not in own and not name.startswith("echo_")} - OF_LUA


_KEYWORDS = set(
    re.findall(
        r"\w+",
        "and break do else elseif end false for function if in local nil not or repeat return then true until while",
    )
)


def plain(token: str) -> str:
    return token.split(maxsplit=1)[0].removesuffix("()")


def test_a_2600b_is_sent_what_its_page_says_and_no_other() -> None:
    link = TspLink()
    driver = Keithley2602B(cast("VisaSession", link))
    driver.identify()
    driver.arm(Keithley2602B.plan(SLOW))
    driver.start()
    while driver.read() is not None:
        link.wait(0.05)
    driver.abort()
    assert driver.safe_state().off
    described = {plain(token) for token in tokens(TSP.partition("## What else")[0])}
    assert described == names_in(link.sent) | {"errorqueue.next"}  # after an error
    assert f"| {len(described)} | " in line_of("keithley-2600b")


def test_whatever_a_script_finds_in_a_simulated_2602b_is_on_its_page() -> None:
    link = TspLink()
    found = set(link.ask("for name in pairs(_G) do if type(name) == 'string' then print(name) end end").split())
    told = set(re.findall(r"\b[a-zA-Z]\w*", " ".join(tokens(TSP)).replace("smuX", "smua smub")))
    assert found - OF_THE_LANGUAGE - told == set()


@pytest.mark.parametrize(
    ("page", "kinds"),
    [
        ("keithley-2600b", ("keithley2602b",)),
        ("keithley-2400-touch", ("keithley2450", "keithley2460", "keithley2461")),
    ],
)
def test_what_plans_assume_is_listed_word_for_word_and_counted(page: str, kinds: tuple[str, ...]) -> None:
    text = {"keithley-2600b": TSP, "keithley-2400-touch": TOUCH}[page]
    by_driver, _, by_simulator = text.partition("## Assumed by the driver")[2].partition("## Assumed by the simulator")
    items = {f"{concern}: {one}" for concern, one in re.findall(r"^\d+\. \*(\w+)\*: (.+)\.$", by_driver, re.MULTILINE)}
    plans = [driver_named(kind).plan(SLOW.stretched(10.0)) for kind in kinds]
    assert items == {str(one) for plan in plans for one in plan.assumed}
    counted = [len(re.findall(r"^\d+\. ", part, re.MULTILINE)) for part in (by_driver, by_simulator)]
    assert line_of(page).endswith(f"| {counted[0]} | {counted[1]} |")
