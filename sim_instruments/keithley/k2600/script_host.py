"""What instruments that run scripts for their clients have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from sim_instruments.keithley.k2600.errors import TspError

if TYPE_CHECKING:
    from sim_instruments.keithley.k2600.host import Client
    from sim_instruments.keithley.k2600.interpreter import Interpreter


class ScriptHost(ABC):
    """An instrument that runs scripts.

    Attributes
    ----------
    lua : Interpreter
    active_client : Client or None
        Whose script runs.
    shows_images : bool
        Whether it takes pictures of front-panel applications.
    """

    lua: Interpreter
    active_client: Client | None
    shows_images: bool = False

    @property
    def scripting(self) -> bool:
        """Whether a chunk runs or waits."""
        return self.lua.running

    @property
    def computing(self) -> bool:
        """Whether a chunk runs and waits for nothing."""
        return self.lua.running and self.lua.computing

    @abstractmethod
    def execute(self, chunk: str, active_client: Client) -> None:
        """Run a chunk for a client."""

    @abstractmethod
    def refuse(self, error: TspError) -> None:
        """Queue an error."""

    def keep_script(self, name: str, lines: list[str], active_client: Client, *, run: bool) -> None:
        """Keep a script under its name, as a table with ``run`` and ``source``; run it if asked."""
        problem = self.lua.keep(name, "\n".join(lines))
        if problem is not None:
            self.refuse(TspError(-285, problem))
        elif run:
            self.execute(f"{name or 'script'}.run()", active_client)

    def say(self, data: bytes, *, ends: bool = False) -> None:
        """Send something to the client whose script runs; `ends` if that ends an answer."""
        if self.active_client is not None:
            self.active_client.output += data
            self.active_client.answered = ends
