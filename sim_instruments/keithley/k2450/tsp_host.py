"""What the commands of the TSP set need of the instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from sim_instruments.keithley.common.source_meter import SourceMeter
    from sim_instruments.keithley.k2600.errors import TspError
    from sim_instruments.keithley.k2600.host import StatusByte
    from sim_instruments.keithley.k2600.interpreter import Interpreter
    from sim_instruments.keithley.k2600.numbers import Format


class TspHost(Protocol):
    """A 2450, 2460 or 2461 as its TSP commands see it.

    Attributes
    ----------
    identity : str
    answers : deque of str
        What the operator at the touchscreen will answer.
    lua, meter, format
        Its parts.
    """

    identity: str
    answers: deque[str]
    lua: Interpreter
    meter: SourceMeter
    format: Format

    @property
    def status(self) -> StatusByte:
        """Its status byte."""

    def say(self, data: bytes, *, ends: bool = False) -> None:
        """Send something to the client whose script runs."""

    def refuse(self, error: TspError) -> None:
        """Queue an error."""

    def scpi(self, message: str) -> Any:
        """Do what a SCPI message does; return its last answer."""

    def play(self, act: Callable[[], None]) -> None:
        """Do something that the instrument may refuse."""

    def wait(self, ready: Callable[[], bool]) -> None:
        """Let the script wait until something is so."""
