"""Front panel of a 2602B: texts, and an operator who answers what a script asks.

Series 2600B Reference Manual (2600BS-901-01 Rev. F), section 9, ``display``; Series 2600B User's Manual (2600BS-900-01
Rev. A), pp. 3-28 ff. Nobody sits before a simulator: its operator answers from a list, then as one does who presses
ENTER without turning the wheel: the first item of a menu, the value that a prompt begins with. Key codes, and the
second that an answer takes, are assumed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.numbers import number, one_of
from sim_instruments.keithley.k2600.timeline import Detector

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.k2600.host import Host
    from sim_instruments.keithley.k2600.interpreter import Interpreter

TRIGGER_KEY = 11
"""Event number of the TRIG key (assumed)."""
_ANSWER_S = 1.0
"""Time (s) that the operator takes for an answer (assumed)."""
# Key codes (assumed).
_KEYS = {
    "KEY_NONE": 0,
    "KEY_RIGHT": 103,
    "KEY_LEFT": 104,
    "KEY_EXIT": 75,
    "KEY_ENTER": 82,
    "KEY_MENU": 68,
    "KEY_TRIG": 92,
    "KEY_RUN": 71,
    "WHEEL_LEFT": 107,
    "WHEEL_RIGHT": 114,
    "WHEEL_ENTER": 82,
}
_ROW_LENGTHS = (20, 32)  # columns: user's manual p. 3-29
_LARGEST = 1e37  # of a prompt without bounds: anything (ours)


class FrontPanel:
    """The commands ``display``.

    Parameters
    ----------
    lua : Interpreter
        Where they are entered.
    instrument : Host
        Whose panel it is.
    """

    def __init__(self, lua: Interpreter, instrument: Host) -> None:
        self._lua = lua
        self._instrument = instrument
        self._rows = ["", ""]
        self._row, self._column = 1, 1
        self._last_key = 0
        self._load_menu: dict[str, str] = {}
        self._trigger_key = Detector(instrument.timeline)
        instrument.timeline.listen(self._trigger_key, TRIGGER_KEY)
        node = self._lua.child("display")
        self._add_texts(node)
        self._add_questions(node)
        self._add_settings(node)

    def _functions(self, node: Any, **functions: Callable[..., Any]) -> None:
        for name, act in functions.items():
            self._lua.constant(node, name, self._lua.function(act))

    # -- texts --------------------------------------------------------------------------------------------------------

    def _add_texts(self, node: Any) -> None:
        self._functions(
            node,
            clear=self._clear,
            setcursor=self._set_cursor,
            getcursor=lambda: (float(self._row), float(self._column), 0.0),
            settext=self._set_text,
            gettext=self._text,
            getannunciators=lambda: 1024.0,  # REM is lit: its bits are assumed; a program speaks to it
            getlastkey=lambda: float(self._last_key),
        )

    def _clear(self) -> None:
        self._rows = ["", ""]
        self._row, self._column = 1, 1

    def _set_cursor(self, row: Any, column: Any, *_style: Any) -> None:
        self._row = one_of(1, 2)(row)
        self._column = int(number(1, _ROW_LENGTHS[self._row - 1])(column))

    def _set_text(self, text: Any) -> None:
        for k, part in enumerate(str(text).split("$N")[:2]):
            row = min(self._row - 1 + k, 1)
            column = self._column if k == 0 else 1
            kept = self._rows[row].ljust(column - 1)
            self._rows[row] = (kept[: column - 1] + part + kept[column - 1 + len(part) :])[: _ROW_LENGTHS[row]]

    def _text(self, _embellished: Any = None, row: Any = None, first: Any = 1, last: Any = 32) -> str:
        if row is None:
            return "$N".join(text.ljust(length) for text, length in zip(self._rows, _ROW_LENGTHS, strict=True))
        place = one_of(1, 2)(row) - 1
        return self._rows[place].ljust(_ROW_LENGTHS[place])[int(first) - 1 : int(last)]

    # -- questions ----------------------------------------------------------------------------------------------------

    def _add_questions(self, node: Any) -> None:
        self._functions(
            node,
            menu=self._menu,
            prompt=lambda form, _units, _help, *bounds: self._value(form, *bounds),
            inputvalue=self._value,
            waitkey=self._wait_for_key,
            sendkey=self._send_key,
        )
        loads = self._lua.child("loadmenu", node)
        self._functions(
            loads,
            add=lambda name, chunk, *_memory: self._load_menu.update({str(name): str(chunk)}),
            delete=lambda name: self._load_menu.pop(str(name), None),
            catalog=self._catalog,
        )
        trigger = self._lua.child("trigger", node)
        self._lua.constant(trigger, "EVENT_ID", TRIGGER_KEY)
        self._lua.attribute(trigger, "overrun", lambda: self._trigger_key.overrun)
        self._functions(trigger, clear=self._trigger_key.clear, wait=self._wait_for_trigger_key)

    def _answer(self) -> str | None:
        """Wait for the operator's next answer; None if that is to press ENTER."""
        self._lua.sleep(_ANSWER_S)
        self._last_key = _KEYS["KEY_ENTER"]
        answers = self._instrument.answers
        return answers.popleft() if answers else None

    def _menu(self, _name: Any, items: Any) -> str | None:
        offered = str(items).split()
        if not offered:
            raise TspError(1401, "a menu has no items")
        answer = self._answer()
        if answer is None:
            return offered[0]
        if answer == "EXIT":
            self._last_key = _KEYS["KEY_EXIT"]
            return None
        if answer not in offered:
            raise TspError(1401, f"the operator's answer {answer} is not in the menu")
        return answer

    def _value(self, _form: Any, default: Any = 0.0, low: Any = -_LARGEST, high: Any = _LARGEST) -> float | None:
        """Return what the operator enters: `display.inputvalue` and `display.prompt`."""
        answer = self._answer()
        if answer == "EXIT":
            self._last_key = _KEYS["KEY_EXIT"]
            return None
        try:
            value = float(default if answer is None else answer)
        except ValueError:
            raise TspError(1401, f"the operator's answer {answer} is no number") from None
        # The panel takes nothing beyond the bounds.
        return min(max(value, float(low)), float(high))

    def _wait_for_key(self) -> float:
        answer = self._answer()
        if answer is not None:
            self._last_key = _KEYS.get(answer, _KEYS["KEY_ENTER"])
        return float(self._last_key)

    def _send_key(self, code: Any) -> None:
        self._last_key = int(number(0, 255)(code))
        if self._last_key == _KEYS["KEY_TRIG"]:
            self._instrument.timeline.fire(TRIGGER_KEY)

    def _wait_for_trigger_key(self, seconds: Any) -> bool:
        """Wait for the TRIG key, which the operator presses if the next answer says so."""
        answers, timeline = self._instrument.answers, self._instrument.timeline
        if answers and answers[0] == "TRIG" and not self._trigger_key.detected:
            answers.popleft()
            timeline.at(timeline.now + _ANSWER_S, partial(timeline.fire, TRIGGER_KEY))
        until = timeline.now + number(0.0, 1e5)(seconds)
        timeline.at(until, lambda: None)
        self._lua.wait(lambda: self._trigger_key.detected or timeline.now >= until)
        pressed = self._trigger_key.detected
        self._trigger_key.clear()
        return pressed

    def _catalog(self) -> Any:
        entries = iter(list(self._load_menu.items()))
        return self._lua.function(lambda *_: next(entries, None))

    # -- settings -----------------------------------------------------------------------------------------------------

    def _add_settings(self, node: Any) -> None:
        lua = self._lua
        constants = {
            **dict(zip(("SMUA", "SMUB", "SMUA_SMUB", "USER"), range(4), strict=True)),
            **{f"MEASURE_{name}": k for k, name in enumerate(("DCAMPS", "DCVOLTS", "OHMS", "WATTS"))},
            **{f"DIGITS_{digits}_5": digits for digits in (4, 5, 6)},
            "LOCK": 1,
            "UNLOCK": 0,
            "SAVE": 1,
            "DONT_SAVE": 0,
            **_KEYS,
        }
        for name, value in constants.items():
            lua.constant(node, name, value)
        self._choice(node, "screen", (0, 1, 2, 3), 0)
        self._choice(node, "locallockout", (0, 1), 0)
        self._choice(node, "numpad", (0, 1), 1)
        for unit in self._instrument.channels:
            panel = self._lua.child(unit, node)
            self._choice(panel, "digits", (4, 5, 6), 5)
            self._choice(self._lua.child("measure", panel), "func", (0, 1, 2, 3), 1)
            self._choice(self._lua.child("limit", panel), "func", (0, 1), 0)

    def _choice(self, node: Any, name: str, values: tuple[int, ...], first: int) -> None:
        """Add a setting of the front panel, which nothing else depends on."""
        kept, check = {"value": first}, one_of(*values)
        self._lua.attribute(node, name, lambda: kept["value"], lambda value: kept.update(value=check(value)))
