"""A real Lua inside a simulated instrument, in instrument time, so that it can wait and be aborted.

A script has a thread of its own, but never runs beside the rest: the instrument hands over to it and waits until it
hands back, at its end or wherever it has to wait. That lets a script wait anywhere, in a loop in a function in a pcall,
as the instrument's does. Lua itself takes time: 2 us an instruction (assumed), so that a loop that watches the trigger
model comes to its end, and one without end can be aborted.

Lua is 5.1 with the compatibility functions that 5.0 had (``table.getn``, ``math.mod``, ``string.gfind``, ``gcinfo``)
and its ``for`` over tables (`lua_dialect`); ``#`` and ``%`` work too, which the instrument's 5.0 refuses. Nothing of
the host can be reached: no files, no modules, no Python objects but the command tree's.
"""

from __future__ import annotations

import re
import signal
import threading
from importlib import resources
from typing import TYPE_CHECKING, Any

from lupa.lua51 import LuaError, LuaMemoryError, LuaRuntime, lua_type

from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.lua_dialect import translated

if TYPE_CHECKING:
    from collections.abc import Callable

# Time of a Lua instruction in the instrument (assumed; scripts of real ones take microseconds a line).
_INSTRUCTION_S = 2e-6
_SLICE = 250  # instructions
_MEMORY_BYTES = 64 << 20  # of a script's data: 32 MB in the instrument, whose numbers are smaller


class Aborted(Exception):  # noqa: N818 - no error: somebody sent ``abort``, or the script called exit()
    """The script is to end at once."""


class Interpreter:
    """One Lua with its scripts; one runs at a time.

    Parameters
    ----------
    now : callable
        Instrument time, s.
    wake_at : callable
        Asked to see to it that `run` is called at an instrument time, s.
    refused : callable
        Gets the error of a call that the instrument refuses; the script continues.
    dialect : callable
        Makes Lua 5.1 of a chunk.
    """

    def __init__(
        self,
        now: Callable[[], float],
        wake_at: Callable[[float], None],
        refused: Callable[[TspError], None],
        dialect: Callable[[str], str] = translated,
    ) -> None:
        self._now = now
        self._wake_at = wake_at
        self._refused = refused
        self._lua = LuaRuntime(
            unpack_returned_tuples=True,
            register_eval=False,
            register_builtins=False,
            attribute_filter=_nothing,
            encoding="latin-1",
            max_memory=_MEMORY_BYTES,
        )
        # Released and acquired by turns: locks, since semaphores, which count, take three times as long.
        self._turn, self._done = threading.Lock(), threading.Lock()
        self._turn.acquire()
        self._done.acquire()
        self._ready: Callable[[], bool] = lambda: True
        self._abort = False
        self._failed: BaseException | None = None
        self.running = False
        self.computing = False
        self._at_rest = True
        boot = resources.files(__package__).joinpath("boot.lua").read_text("ascii")
        parts = self._lua.execute(boot, self._slice_over, _SLICE, dialect)
        self._tools = {str(key): part for key, part in parts.items()}

    # -- the instrument's side ----------------------------------------------------------------------------------------

    def start(self, chunk: str) -> None:
        """Begin a chunk of Lua and let it run until it waits."""
        self.running, self._abort, self.computing = True, False, False
        self._ready = lambda: True
        threading.Thread(target=self._main, args=(chunk,), name="TSP script", daemon=True).start()
        self.run()

    def run(self) -> bool:
        """Let the script go on if what it waits for has come; say whether it did."""
        if not self.running or not (self._abort or self._ready()):
            return False
        self._turn.release()
        self._done.acquire()
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed
        return True

    def abort(self) -> None:
        """End the script that runs."""
        self._abort = True
        while self.running:
            self.run()

    # -- the script's side --------------------------------------------------------------------------------------------

    def _main(self, chunk: str) -> None:
        # A signal that came to this thread would wait for the main one, which waits for this one; under a tracing
        # Python (coverage) this one would then run in circles. The main thread hears it while it waits.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        self._turn.acquire()
        try:
            self._execute(chunk)
        except Exception as fault:  # noqa: BLE001 - a bug of the simulator's: raised in the instrument's thread
            self._failed = fault
        finally:
            self.running = False
            self._done.release()

    def _execute(self, chunk: str) -> None:
        self._at_rest = False
        try:
            problem = self._tools["execute"](chunk)
            if problem is not None:
                self._refused(TspError(-285, _told(str(problem))))
        except Aborted:
            pass
        except LuaMemoryError:
            self._refused(TspError(-225))
        except LuaError as fault:
            if not self._abort:
                self._refused(TspError(-286, _told(str(fault))))
        finally:
            self._at_rest = True
            self._tools["rest"]()

    def wait(self, ready: Callable[[], bool]) -> None:
        """Let the script that calls this wait until something is so.

        Raises
        ------
        Aborted
            If it is to end.
        """
        self.keep_on()
        if ready():
            return
        self._ready = ready
        self._done.release()
        self._turn.acquire()
        self.keep_on()

    def sleep(self, seconds: float) -> None:
        """Let the script that calls this wait for some instrument time."""
        until = self._now() + seconds
        self._wake_at(until)
        self.wait(lambda: self._now() >= until)

    def keep_on(self) -> None:
        """Raise `Aborted` if the script is to end, from now on at every instruction: a pcall does not save it."""
        if self._abort:
            self._tools["hurry"]()
            raise Aborted

    def leave(self) -> None:
        """Do as ``exit()``."""
        self._abort = True
        self.keep_on()

    def _slice_over(self) -> None:
        if self._at_rest:
            return
        self.computing = True
        self.sleep(_SLICE * _INSTRUCTION_S)
        self.computing = False

    # -- the command tree ---------------------------------------------------------------------------------------------

    def function(self, act: Callable[..., Any]) -> Any:
        """Return a Lua function that does something in Python; what it refuses is queued, and it returns nil then."""

        def call(*arguments: Any) -> Any:
            self.keep_on()
            try:
                return act(*[_plain(argument) for argument in arguments])
            except TspError as error:
                self._refused(error)
            except (TypeError, ValueError) as fault:
                # Too few or wrong arguments from the script; the simulator's own are typed.
                self._refused(TspError(1401, str(fault)))
            return None

        return self._tools["wrap"](call)

    def printing(self, act: Callable[..., Any]) -> Any:
        """Return a function whose arguments, where they are tables or functions, come as Lua's names for them."""
        return self._tools["printing"](self.function(act))

    def node(self, luatype: str = "table", handle: object | None = None) -> Any:
        """Return a table of the command tree: its attributes are functions in its metatable, as the instrument's."""
        return self._tools["node"](luatype, handle)

    def named_constants(self, name: str) -> Any:
        """Return a node of which whatever is named in capitals is a constant: its own name, ``display.TEXT1``."""
        return self._tools["named_constants"](name)

    def attribute(
        self, node: Any, name: str | int, read: Callable[[], Any], write: Callable[[Any], None] | None = None
    ) -> None:
        """Add an attribute to a node; without `write` it can only be read."""
        self._tools["attribute"](node, name, self.function(read), None if write is None else self.function(write))

    def constant(self, node: Any, name: str | int, value: Any) -> None:
        """Add a constant, a function or another node to a node."""
        self._tools["object"](node, name, value)

    def setting(
        self,
        node: Any,
        name: str,
        check: Callable[[Any], float],
        read: Callable[[], float],
        write: Callable[[float], None],
    ) -> None:
        """Add an attribute whose values are checked before they are written."""
        self.attribute(node, name, read, lambda value: write(check(value)))

    def child(self, name: str, parent: Any = None) -> Any:
        """Return a new node under a name: of another node, else a global variable."""
        node = self.node()
        if parent is None:
            self.set_global(name, node)
        else:
            self.constant(parent, name, node)
        return node

    def array(self, luatype: str, handle: object, entry: Callable[[int], Any]) -> Any:
        """Return a table whose entries are computed."""
        return self._tools["array"](luatype, handle, self.function(entry))

    def table(self, values: list[Any]) -> Any:
        """Return a plain Lua table."""
        return self._lua.table_from(values)

    def mapping(self, entries: dict[str, Any]) -> Any:
        """Return a Lua table with names for keys."""
        return self._lua.table_from(entries)

    def set_global(self, name: str, value: Any) -> None:
        """Set a global variable."""
        self._lua.globals()[name] = value

    def keep(self, name: str, chunk: str) -> str | None:
        """Keep a script, under its name or as the anonymous one; return what is wrong with its syntax."""
        problem = self._tools["keep"](name, chunk)
        return None if problem is None else _told(str(problem))


def _nothing(_object: object, _name: object, _is_setting: bool) -> str:
    raise AttributeError("no attribute of the host can be reached")


def _plain(value: Any) -> Any:
    """Return a Lua value as Python sees it: a table without a handle becomes a list."""
    return list(value.values()) if lua_type(value) == "table" else value


def _told(message: str) -> str:
    """Return a Lua message as the instrument words it: ``at line 1: ...``, with Lua 5.0's quotation marks."""
    text = re.sub(r"'([^']*)'", r"`\1'", message.partition("\nstack traceback")[0])
    found = re.match(r"tsp:(\d+): (.*)", text, re.DOTALL)
    return f" at line {found[1]}: {found[2]}" if found else text
