"""Verdicts on what a simulated instrument answers to a maker's script, by rules on its errors and the script's text.

A rule never names a script: it asks what the first error says and whether the text bears it out. Each holds for an
instrument of that model that stands alone on a bench: no second node, no drive, nobody at its keys. What no rule
explains is to be read, and counts as a fault of the simulation until somebody has read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

CLEAN, WAITS, REFUSED, TO_READ = "ends clean", "waits, as it says", "refused rightly", "to be read"
"""Verdicts."""

_WAITING = re.compile(
    r"wait(?:event|key)|trigger\.wait|display\.(?:input|prompt|menu|trigger)|\bwhile (?:true|1\b)"
    r"|get_gpio\b|hibernate\b"
)
"""What a script that goes on has in its text: it waits for an operator, an event or a pin, or means not to end."""
_MODELS = re.compile(r"(?<![\dA-Za-z.])(?:KE)?(24[5-7][0-9]|2[67][0-9]{2})(?![\d.])")
"""Models of instruments as they are named in texts and paths."""
_IMPORTED = re.compile(r"\bglobal `(\w+)'")


@dataclass(frozen=True)
class Outcome:
    """What became of a script on an instrument.

    Attributes
    ----------
    script : str
        Path below its folder.
    kind : str
        The instrument, as the catalogue names it.
    ends : bool
    printed : int
        Bytes.
    calls : int
        Of functions that its comments recommend.
    errors : list of str
    """

    script: str
    kind: str
    ends: bool
    printed: int
    calls: int
    errors: list[str]


@dataclass(frozen=True)
class Verdict:
    """A verdict and its reason, in words."""

    name: str
    reason: str = ""


def judged(outcome: Outcome, texts: Mapping[str, str]) -> Verdict:
    """Return the verdict on an outcome; `texts` are those of all scripts of the folder, by their paths."""
    text = texts[outcome.script]
    if not outcome.errors:
        if outcome.ends:
            return Verdict(CLEAN)
        return Verdict(WAITS, "for a key, an event or a pin") if _WAITING.search(text) else Verdict(TO_READ, "goes on")
    rules = _RULES_OF_SCRIPTS if outcome.kind.startswith("emstat") else _RULES_OF_TSP
    for rule in rules:
        reason = rule(outcome, texts)
        if reason:
            return Verdict(REFUSED, reason)
    return Verdict(TO_READ, outcome.errors[0])


def libraries(outcome: Outcome, texts: Mapping[str, str]) -> list[str]:
    """Return the scripts of the folder that define a name which the script calls and does not define."""
    found = [match[1] for error in outcome.errors for match in _IMPORTED.finditer(error)]
    return [
        path
        for name in dict.fromkeys(found)
        for path, text in texts.items()
        if path != outcome.script and re.search(rf"\bfunction\s+{name}\b|^\s*{name}\s*=\s*function", text, re.MULTILINE)
    ][:1]


def _another_node(outcome: Outcome, texts: Mapping[str, str]) -> str:
    text, first = texts[outcome.script], outcome.errors[0]
    lacks_node = "(a nil value)" in first and ("field `?'" in first or "global `node'" in first)
    if first.startswith("1205,") or (lacks_node and re.search(r"\bnode\[", text)):
        return "another node of a TSP-Link"
    return ""


def _pulser(outcome: Outcome, _: Mapping[str, str]) -> str:
    return "the pulser of a 2601B-PULSE" if "field `pulser'" in outcome.errors[0] else ""


def _drive(outcome: Outcome, _: Mapping[str, str]) -> str:
    return "a USB drive" if outcome.errors[0].startswith("2203,") else ""


def _setup(outcome: Outcome, _: Mapping[str, str]) -> str:
    return "a setup that nobody has saved" if outcome.errors[0].startswith("5007,") else ""


def _ranges(outcome: Outcome, texts: Mapping[str, str]) -> str:
    if not outcome.errors[0].startswith(("1101,", "-222,")):
        return ""
    named = set(_MODELS.findall(outcome.script + "\n" + texts[outcome.script][:4000])) - {"2600", "2700"}
    own = outcome.kind.removeprefix("keithley").rstrip("b")
    return f"ranges of a {', '.join(sorted(named))}" if named and own not in named else ""


def _own_name(outcome: Outcome, texts: Mapping[str, str]) -> str:
    match = _IMPORTED.search(outcome.errors[0])
    if match is None or libraries(outcome, texts):
        return ""
    users = [path for path, text in texts.items() if re.search(rf"\b{match[1]}\b", text)]
    return f"a name that nothing sets: {match[1]}" if users == [outcome.script] else ""


def _hardware(outcome: Outcome, _: Mapping[str, str]) -> str:
    return "hardware that this model has not (001B)" if "!001B" in outcome.errors[0] else ""


def _option(outcome: Outcome, _: Mapping[str, str]) -> str:
    return "an option of another model (4008)" if "!4008" in outcome.errors[0] else ""


def _fine_steps(outcome: Outcome, _: Mapping[str, str]) -> str:
    return "steps finer than its converter's (001C)" if "!001C" in outcome.errors[0] else ""


def _memory(outcome: Outcome, _: Mapping[str, str]) -> str:
    return "more array elements than it has (000B)" if "!000B" in outcome.errors[0] else ""


def _twice(outcome: Outcome, texts: Mapping[str, str]) -> str:
    """Name a variable that is declared twice, where the error points."""
    match = re.search(r"!4026: Line (\d+)", outcome.errors[0])
    if match is None:
        return ""
    lines = [line.strip() for line in texts[outcome.script].splitlines()]
    line = lines[int(match[1]) - 1]
    return f"a variable that it declares twice: {line.split()[-1]} (4026)" if lines.count(line) > 1 else ""


def _unset(outcome: Outcome, texts: Mapping[str, str]) -> str:
    """Name a variable that is declared and never written, where the error points."""
    match = re.search(r"!4207: Line (\d+)", outcome.errors[0])
    if match is None:
        return ""
    lines = texts[outcome.script].splitlines()
    words = re.findall(r"[a-z_]\w*", lines[int(match[1]) - 1]) if int(match[1]) <= len(lines) else []
    declared = [word for word in words if any(re.match(rf"\s*var {word}\b", line) for line in lines)]
    for name in declared:
        others = [line for line in lines if re.search(rf"\b{name}\b", line.partition("#")[0])]
        writes = [line for line in others if re.match(rf"\s*(?:store_var|get_\w+|timer_get|mean) {name}\b", line)]
        copies = [line for line in others if re.match(rf"\s*copy_var \S+ {name}\b", line)]
        if not writes and not copies:
            return f"a variable that its reader is to set: {name} (4207)"
    return ""


_Rule = Callable[[Outcome, Mapping[str, str]], str]
_RULES_OF_TSP: tuple[_Rule, ...] = (_another_node, _pulser, _drive, _setup, _ranges, _own_name)
_RULES_OF_SCRIPTS: tuple[_Rule, ...] = (_hardware, _option, _fine_steps, _memory, _unset, _twice)
