"""Cases of the campaign of kills: which processes of a run are killed or frozen, on which instrument, and when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations, product
from itertools import count as count_from
from typing import TYPE_CHECKING, Literal, TypeVar

from benchmarks.campaigns.attempts import DRIVERS
from daq.state import Phase
from sim_instruments.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable

Process = Literal["runner", "guardian", "front end"]
Action = Literal["kill", "freeze"]
Ending = Literal["program", "stop"]

_Item = TypeVar("_Item")

PROCESSES: tuple[Process, ...] = ("runner", "guardian", "front end")
PHASES = (Phase.CONNECTING, Phase.PLANNING, Phase.ARMING, Phase.RUNNING, Phase.SWITCHING_OFF, Phase.CLOSING)
# Every instrument that can play a protocol, over each of its links.
LINKS = tuple((kind, transport) for kind in DRIVERS for transport in CATALOGUE[kind].transports)
# Cases of a campaign: all that may happen, in each phase, and as many more while the output is on.
USUAL_COUNT = 300
# How long (s) a process is frozen. Short: no limit of silence (2 to 4 s) is reached, and nothing may go wrong. Long:
# all of them are.
_SHORT_FREEZE_S, _LONG_FREEZE_S = (0.8, 1.5), (6.0, 8.0)
# Share of the short ones: that a long one is noticed is the harder promise.
_SHARE_OF_SHORT = 0.2


@dataclass(frozen=True)
class Case:
    """One run, and what happens to its processes.

    Attributes
    ----------
    number : int
        Within its campaign.
    kind, transport : str
    phase : Phase
        In which the processes are hit. Here `Phase.SWITCHING_OFF` means that the run comes to its end, whoever
        switches off.
    hits : tuple of (process, action)
        In this order, at once.
    moment : float
        From 0 to 1: when within the phase.
    frozen_s : float
        When frozen processes wake up.
    ending : str
        How a run comes to its end whose last phases are hit: its program ends, or somebody stops it.
    """

    number: int
    kind: str
    transport: str
    phase: Phase
    hits: tuple[tuple[Process, Action], ...]
    moment: float
    frozen_s: float
    ending: Ending

    def __str__(self) -> str:
        hits = ", ".join(f"{action} {process}" for process, action in self.hits)
        freeze = f" for {self.frozen_s:.1f} s" if "freeze" in dict(self.hits).values() else ""
        late = self.phase in {Phase.SWITCHING_OFF, Phase.CLOSING}
        ending = f" (by {self.ending})" if late else ""
        return f"{self.number:03d} {self.kind}/{self.transport} {self.phase}{ending} {self.moment:.2f}: {hits}{freeze}"

    @property
    def fate(self) -> dict[Process, Action]:
        """What happens to each process that is hit."""
        return dict(self.hits)

    @property
    def is_short_freeze(self) -> bool:
        """Whether frozen processes wake before anybody may have noticed."""
        return self.frozen_s <= _SHORT_FREEZE_S[1]

    def is_meant_by(self, word: str) -> bool:
        """Whether a word of the command line means this case: its number, or a part of its description."""
        return int(word) == self.number if word.isdecimal() else word.lower() in str(self).lower()


def _hits() -> list[tuple[tuple[Process, Action], ...]]:
    """Return all that may happen: each set of processes killed, frozen, or some killed and some frozen."""
    actions: tuple[Action, ...] = ("kill", "freeze")
    sets = [chosen for n in (1, 2, 3) for chosen in combinations(PROCESSES, n)]
    return [
        tuple(zip(chosen, combination, strict=True))
        for chosen in sets
        for combination in product(actions, repeat=len(chosen))
    ]


def _repeated(items: Iterable[_Item], count: int, chance: random.Random) -> list[_Item]:
    """Return so many items: each as often as any other, but for one, in an order of chance."""
    once = list(items)
    drawn: list[_Item] = []
    while len(drawn) < count:
        drawn += chance.sample(once, len(once))
    return drawn[:count]


def _phases_and_hits(chance: random.Random) -> list[tuple[Phase, tuple[tuple[Process, Action], ...]]]:
    """Return what happens in each case of a campaign's usual length, in an order of chance.

    All that may happen comes once in each phase. The rest is what the output is in danger of: whatever happens while it
    is on, and kills that leave somebody to switch it off, whose times are the figures of a campaign.
    """
    drawn = list(product(PHASES, _hits()))
    killed = [one for one in _hits() if {action for _, action in one} == {"kill"} and len(one) < len(PROCESSES)]
    timed = [one for one in killed if one[0][0] != "front end"]
    dangers = [*product([Phase.RUNNING], _hits()), *product([Phase.RUNNING, Phase.SWITCHING_OFF], 2 * timed)]
    drawn += _repeated(dangers, USUAL_COUNT - len(drawn), chance)
    return chance.sample(drawn, len(drawn))


def cases_of(seed: int, count: int) -> list[Case]:
    """Return the cases of a campaign; equal seeds give equal cases, and more of them begin with the same ones."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    drawn: list[Case] = []
    while len(drawn) < count:
        hits = _phases_and_hits(chance)
        links = _repeated(LINKS, len(hits), chance)
        for (phase, one), (kind, transport) in zip(hits, links, strict=True):
            span = _SHORT_FREEZE_S if chance.random() < _SHARE_OF_SHORT else _LONG_FREEZE_S
            ending: Ending = "stop" if chance.random() < 0.5 else "program"
            ordered = tuple(chance.sample(one, len(one)))
            moment, frozen_s = chance.random(), chance.uniform(*span)
            drawn.append(Case(len(drawn) + 1, kind, transport, phase, ordered, moment, frozen_s, ending))
    return drawn[:count]


# Numbers of the cases of the suite: beyond those of any campaign, so that `--only` means one of either.
_TELLING_NUMBERS = count_from(9001)


def _telling(
    kind: str, transport: str, phase: Phase, hits: dict[Process, Action], *, moment: float = 0.5, frozen_s: float = 6.0
) -> Case:
    return Case(next(_TELLING_NUMBERS), kind, transport, phase, tuple(hits.items()), moment, frozen_s, "stop")


# The most telling cases, for the suite: each has failed once, or holds what all others build on.
TELLING = (
    _telling("keithley2461", "socket", Phase.RUNNING, {"runner": "kill"}),
    _telling("keithley2461", "hislip", Phase.RUNNING, {"guardian": "kill"}),
    _telling("ec301", "socket", Phase.RUNNING, {"runner": "kill", "guardian": "kill"}),
    _telling("ec301", "socket", Phase.RUNNING, {"guardian": "kill", "runner": "kill", "front end": "kill"}),
    _telling("b2912a", "vxi11", Phase.RUNNING, {"guardian": "freeze"}),
    _telling("keithley2602b", "socket", Phase.RUNNING, {"runner": "freeze"}),
    _telling("emstat4", "pty", Phase.RUNNING, {"runner": "kill"}),
    _telling("zahner-pp212", "pty", Phase.RUNNING, {"runner": "kill", "guardian": "freeze"}),
    _telling("keithley2450", "socket", Phase.ARMING, {"runner": "freeze", "guardian": "kill"}),
    _telling("emstat-pico", "pty", Phase.CONNECTING, {"runner": "freeze", "guardian": "freeze"}),
    _telling("keithley2460", "socket", Phase.SWITCHING_OFF, {"guardian": "freeze", "front end": "kill"}),
    _telling("keithley2461", "vxi11", Phase.CLOSING, {"runner": "kill"}, moment=0.0),
)
