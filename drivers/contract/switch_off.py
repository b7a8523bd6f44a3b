"""Switching an output off, and reading that back.

`switch_off` is the one way in which every driver brings its instrument into the safe state. A driver says with which
exchange its instrument stops, switches off and answers whether it is off, how that answer reads, and what a person at
the bench can do (`OffSwitch`).

The rules:

1. Off comes before anything else: the exchange stops the program, switches the output off, and asks for its state.
   A level that goes to 0 while the output is on could be a short circuit of a charged cell (decision 003).
2. Only an answer that says "off" counts. Silence, a lost link, an answer that is garbled or of something else, and any
   error on the way, whatever it is, mean that the output may be on: `OutputStateUnknown`.
3. Each exchange ends within the timeout of its session. Nothing is tried again over the same link: after a lost or
   garbled answer the next one may belong to an earlier question. Whoever has another link tries again over a fresh
   one: the runner asks its guardian, who opens links for 10 s (decision 158).
4. The message says what the instrument answered, or why it did not, and ends in what to do at the instrument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.contract.readback import OutputReadback
from protocols import OutputStateUnknown

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class OffSwitch:
    """What is switched off, and what a person can do if it cannot be.

    Attributes
    ----------
    what : str
        "the output", "the heaters": the subject of the message.
    remedy : str
        A sentence, such as "Press the OUTPUT key of the instrument."
    """

    what: str
    remedy: str

    def unknown(self, resource: str, why: str) -> OutputStateUnknown:
        """Return the error that says why it may still be on."""
        return OutputStateUnknown(f"{self.what} of {resource} may still be ON: {why}. {self.remedy}")


def switch_off(
    switch: OffSwitch,
    resource: str,
    exchange: Callable[[], str],
    is_off: Callable[[str], bool],
    afterwards: Callable[[], None] | None = None,
) -> OutputReadback:
    """Stop, switch off, and read that back. May be called at any time, any number of times.

    Parameters
    ----------
    switch : OffSwitch
    resource : str
        VISA resource, for the message.
    exchange : callable
        Stops the program, switches off and asks for the state; returns the instrument's answer.
    is_off : callable
        Whether that answer says that the output is off. It may raise for one that it cannot read.
    afterwards : callable, optional
        What is done once the output is off, such as setting the level to 0.

    Raises
    ------
    OutputStateUnknown
        If the instrument does not say that its output is off.
    ConnectionLost
        If the link is lost `afterwards`: the output was read back as off before.
    """
    try:
        answer = exchange().strip()
    except Exception as error:
        raise switch.unknown(resource, f"it was told to switch off, and no answer says that it is ({error})") from error
    try:
        off = is_off(answer)
    except Exception as error:  # such as an answer that is no number, where one was asked for
        raise switch.unknown(resource, f"it was told to switch off and answers {answer!r}") from error
    if not off:
        raise switch.unknown(resource, f"it was told to switch off and answers {answer!r}")
    if afterwards is not None:
        afterwards()
    return OutputReadback(off=True, answer=answer)
