"""Output of a running script, and how long the line takes to carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.palmsens.faults import Code, ScriptFault
from sim_instruments.palmsens.values import packaged

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.palmsens.grammar import Statement
    from sim_instruments.palmsens.memory import Memory
    from sim_instruments.palmsens.model import Model
    from sim_instruments.palmsens.storage import Storage

_LONGEST_PACKAGE = 20  # variables (assumed)
_UART_BUFFER_S = 0.02  # how much output may wait for the line before the script does (assumed)


class Output:
    """Lines, packages and texts of a script.

    Parameters
    ----------
    emit : callable
        Gets each line of output.
    memory : Memory
    model : Model
    storage : Storage
        Gets what is said, if the script wants it to.
    start_s : float
        Instrument time.
    """

    def __init__(
        self, emit: Callable[[str], None], memory: Memory, model: Model, storage: Storage, start_s: float
    ) -> None:
        self._emit, self._memory, self._model, self._storage = emit, memory, model, storage
        self._stores = False
        self._package: list[str] | None = None
        self._metadata = 7
        self._silent = False
        self._free_s = start_s

    def say(self, line: str, now_s: float) -> float:
        """Say a line; return when the script continues: at once while there is room in the line's buffer."""
        if self._stores:
            self._storage.write(line + "\n")
        if self._silent:
            return now_s
        self._emit(line + "\n")
        if self._model.baud is None:
            return now_s
        self._free_s = max(self._free_s, now_s) + 10.0 * (len(line) + 1) / self._model.baud
        return max(now_s, self._free_s - _UART_BUFFER_S)

    def drop_package(self) -> None:
        """Forget a package that is not complete."""
        self._package = None

    def begin_package(self, statement: Statement) -> None:
        """``pck_start``."""
        if self._package is not None:
            raise ScriptFault(Code.WRONG_PACKAGE)
        self._package = []
        self._metadata = statement.option("meta_msk", 7)

    def add_to_package(self, statement: Statement) -> None:
        """``pck_add``."""
        if self._package is None:
            raise ScriptFault(Code.WRONG_PACKAGE)
        if len(self._package) >= _LONGEST_PACKAGE:
            raise ScriptFault(Code.PACKAGE_TOO_LONG)
        value = self._memory.value(statement.arguments[0])
        self._package.append(packaged(value, self._metadata, self._model.tells_noise))

    def complete_package(self) -> str:
        """``pck_end``: return the line that is to be said."""
        if self._package is None:
            raise ScriptFault(Code.WRONG_PACKAGE)
        package, self._package = self._package, None
        return "P" + ";".join(package)

    def text(self, statement: Statement) -> str:
        """``send_string``: return the line that is to be said."""
        text = str(statement.arguments[0])
        return "T" + (self._memory.text(text[2:-1]) if text.startswith("f") else text[1:-1])

    def set_output(self, statement: Statement) -> None:
        """``set_script_output``: bit 0 is the line, bit 1 the file (example MSExample008)."""
        where = int(self._memory.number(statement.arguments[0]))
        self._silent, self._stores = not where & 1, bool(where & 2)
