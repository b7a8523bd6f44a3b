"""Journeys through the window with the mouse and the keys of an X server: ``just journeys`` (needs Xvfb and xdotool).

The window is a process of its own; mouse and keys are those of xdotool, so that every act goes through the X server.
The process of the window is asked where a widget is and what it says, and for nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui.app.main_window import MainWindow

_PATIENCE_S = 180.0
"""So that a journey that waits in vain ends: thirty times what a run or a fit takes on an idle machine."""
_ANSWER_S = 60.0
"""In which the window answers: its event loop is never busy for a second, even on a machine with much else to do."""
_ACT_S = 20.0
"""In which xdotool has given a key or a click, which takes it 0.1 s; a text takes `_BETWEEN_MS` a letter."""
_LOOK_S = 0.05
"""Between two looks at the window. Doubled, a journey lasts a second longer; halved, it takes time from the window."""
_MOST_TABS = 200
"""Presses of Tab that lead to every widget of the window, and round again."""
_BETWEEN_MS = 30
"""Between two letters, as a quick typist has it."""
_NOTHING = {"visible": False, "enabled": False, "active": False, "focused": False, "text": ""}
"""What there is to see of a widget that is not there."""


class Watched:
    """The window's process, seen from outside: where its widgets are and what they say.

    Parameters
    ----------
    folder : Path
        Gets the runs, and whatever the window keeps.
    """

    def __init__(self, folder: Path) -> None:
        kept = {"IONECHO_CATALOGUE": "catalogue", "IONECHO_STATE": "state", "IONECHO_LOCKS": "locks"}
        places = {name: str(folder / place) for name, place in {**kept, "XDG_CONFIG_HOME": "settings"}.items()}
        environment = {**os.environ, **places, "QT_QPA_PLATFORM": "xcb", "LANGUAGE": "en"}
        for place in places.values():
            Path(place).mkdir()
        self._errors_path = folder / "errors.txt"
        self._errors = self._errors_path.open("w")
        command = [sys.executable, "-X", "faulthandler", "-m", "benchmarks.journeys", "--window", str(folder / "runs")]
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._answers.put(line)
        self._answers.put("")

    def ask(self, name: str) -> dict[str, Any]:
        """Return what there is to see of a widget, or of the tab with this text."""
        with contextlib.suppress(BrokenPipeError):  # it has ended: no answer comes either
            print(name, file=self._process.stdin, flush=True)
        try:
            line = self._answers.get(timeout=_ANSWER_S)
        except queue.Empty:
            self._process.send_signal(signal.SIGABRT)  # it tells where each of its threads is
            raise TimeoutError(f"the window has not answered for {_ANSWER_S:g} s when asked for {name}") from None
        if not line:
            raise RuntimeError(f"the window has ended with {self._process.wait()} when asked for {name}")
        try:
            seen: dict[str, Any] = json.loads(line)
        except ValueError:
            raise RuntimeError(f"asked for {name}, the window says {line!r}") from None
        return seen

    def wait(self, name: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Look at a widget until something is so of it."""
        deadline = time.monotonic() + _PATIENCE_S
        while not until(seen := self.ask(name)):
            if time.monotonic() > deadline:
                told = [self.ask(one)["text"] for one in ("headline", "detail", "messageText")]
                raise TimeoutError(f"{name} is still {seen}; the window says {told}")
            time.sleep(_LOOK_S)
        return seen

    def close(self) -> None:
        """End the window as a terminal does that closes, and say what it has said on standard error."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.terminate()
        self._process.wait(_PATIENCE_S)
        self._errors.close()
        for line in self._errors_path.read_text(errors="replace").splitlines():
            print(f"    the window: {line}")


class Person:
    """Somebody at the window, who has a mouse and a keyboard."""

    def __init__(self, window: Watched) -> None:
        self.window = window
        self.enter_window_of("window")

    def enter_window_of(self, name: str) -> None:
        """Give the keys to the window of a widget, as a window manager does with one that comes, or that is left."""
        seen = self.window.wait(name, lambda one: bool(one["visible"]))
        _xdotool("windowfocus", str(seen["id"]))
        self.window.wait(name, lambda one: bool(one["active"]))

    def click(self, name: str) -> None:
        """Click on a widget, or on a tab, when it can be clicked."""
        seen = self.window.wait(name, lambda one: bool(one["visible"] and one["enabled"]))
        _xdotool("mousemove", "--sync", str(seen["x"]), str(seen["y"]), "click", "1")
        print(f"    clicked {name} at {seen['x']}, {seen['y']}")

    def press(self, key: str) -> None:
        """Press a key, such as ``ctrl+k``."""
        _xdotool("key", "--clearmodifiers", key)
        print(f"    pressed {key}")

    def type(self, text: str) -> None:
        """Type a text."""
        _xdotool("type", "--clearmodifiers", "--delay", str(_BETWEEN_MS), text)
        print(f"    typed {text}")

    def tab_to(self, name: str) -> None:
        """Press Tab until a widget has the focus."""
        for n in range(_MOST_TABS):
            if self.window.ask(name)["focused"]:
                print(f"    reached {name} by {n} presses of Tab")
                return
            _xdotool("key", "Tab")
        raise LookupError(f"no Tab leads to {name}")

    def command(self, letters: str) -> None:
        """Do something by a few letters of its name."""
        self.press("ctrl+k")
        self.window.wait("paletteEdit", lambda seen: bool(seen["focused"]))
        self.type(letters)
        self.window.wait("paletteEdit", lambda seen: seen["text"] == letters)
        self.press("Return")
        self.end_dialog("paletteEdit")

    def end_dialog(self, name: str) -> None:
        """Wait until a dialog with this widget has gone."""
        self.window.wait(name, lambda seen: not seen["visible"])
        self.enter_window_of("window")

    def read_verdict(self) -> str:
        """Wait for a verdict, and return it."""
        return str(self.window.wait("verdictSentence", lambda seen: "half of it within" in seen["text"])["text"])


def first_start_by_mouse(person: Person, _folder: Path) -> str:
    """Go from the first start to the memory of a simulated cell, by the mouse."""
    person.click("tryButton")
    person.click("runButton")
    person.window.wait("headline", lambda seen: seen["text"] == "Complete")
    person.click("fitButton")
    person.click("Memory")
    return person.read_verdict()


def first_start_by_keys(person: Person, _folder: Path) -> str:
    """Go from the first start to the memory of a simulated cell, by the keyboard alone."""
    person.command("go to start")
    person.tab_to("tryButton")
    person.press("space")
    person.window.wait("runButton", lambda seen: bool(seen["enabled"]))
    person.press("ctrl+r")
    person.window.wait("headline", lambda seen: seen["text"] == "Complete")
    person.window.wait("fitButton", lambda seen: bool(seen["enabled"]))
    person.command("fit")
    person.command("go to memory")
    return person.read_verdict()


def text_to_verdict(person: Person, folder: Path) -> str:
    """Open a text of EC-Lab by its name, and go to W(t) and its verdict."""
    text = _write_ec_lab(folder / "pulse.mpt")
    began_s = time.monotonic()
    person.press("ctrl+o")
    person.enter_window_of("fileNameEdit")
    person.window.wait("fileNameEdit", lambda seen: bool(seen["focused"]))
    person.type(str(text))
    person.window.wait("fileNameEdit", lambda seen: seen["text"] == str(text))
    person.press("Return")
    person.end_dialog("fileNameEdit")
    person.window.wait("fitSubject", lambda seen: "pulse" in seen["text"])
    person.click("modelEdit")
    person.press("ctrl+a")
    person.type("De1-C1")
    person.window.wait("modelEdit", lambda seen: seen["text"] == "De1-C1")
    person.click("fitButton")
    person.click("Memory")
    sentence = person.read_verdict()
    return f"{sentence} After {time.monotonic() - began_s:.1f} s."


JOURNEYS = {"mouse": first_start_by_mouse, "keys": first_start_by_keys, "text": text_to_verdict}
"""Journeys by their names on the command line."""


def _write_ec_lab(path: Path) -> Path:
    """Write a pulse of 20 mV over 0.3 s into a Debye conductor, as EC-Lab exports it; half is forgotten in 13.9 ms."""
    time_s = (np.arange(1000) + 0.5) * 1e-3
    conductance_S, left, tau_s = 2e-4, 0.3, 0.02
    level_V = np.where((time_s > 0.05) & (time_s < 0.35), 0.02, 0.0)
    current_A = 2e-8 * np.random.default_rng(3).standard_normal(len(time_s))
    for sign, edge_s in ((1.0, 0.05), (-1.0, 0.35)):
        since_s = np.maximum(time_s - edge_s, 0.0)
        step_S = np.where(time_s > edge_s, left + (1.0 - left) * np.exp(-since_s / tau_s), 0.0)
        current_A += sign * 0.02 * conductance_S * step_S
    rows = zip(time_s.tolist(), level_V.tolist(), (1e3 * current_A).tolist(), strict=True)
    lines = "".join(f"2\t{s:.4f}\t{volt:.4f}\t{mA:.9f}\n" for s, volt, mA in rows)
    path.write_text("mode\ttime/s\tEwe/V\tI/mA\n" + lines, encoding="latin-1")
    return path


def _xdotool(*words: str) -> None:
    limit_s = _ACT_S + 1e-3 * _BETWEEN_MS * len(words[-1])
    subprocess.run(["xdotool", *words], check=True, timeout=limit_s)


def _walk(name: str) -> bool:
    """Walk a journey in a window of its own, say how it went, and return whether it ended well."""
    journey = JOURNEYS[name]
    print(f"{name}: {journey.__doc__}")
    with tempfile.TemporaryDirectory(prefix="ionecho-journey-", ignore_cleanup_errors=True) as place:
        (Path(place) / "runs").mkdir()
        window, began_s = Watched(Path(place)), time.monotonic()
        try:
            sentence = journey(Person(window), Path(place))
        except (LookupError, OSError, RuntimeError, subprocess.SubprocessError) as fault:
            print(f"FAIL {name}: {fault}")
            return False
        finally:
            window.close()
    print(f"PASS {name}: {sentence} ({time.monotonic() - began_s:.1f} s with the start of the window)")
    return True


def _show_window(folder: Path) -> int:
    """Open the window, and answer on standard output what is asked of its widgets, line by line."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from gui.app.main_window import MainWindow
    from gui.app.start import application_of_window, main

    def answer(name: str) -> None:
        seen = dict(_NOTHING)
        try:
            window = next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))
            seen = _seen(window, name)
        except (RuntimeError, StopIteration) as fault:  # a widget that goes just now: it is looked for again
            print(f"{name}: {fault!r}", file=sys.stderr)
        finally:
            print(json.dumps(seen), flush=True)

    def read() -> None:
        for line in questions:
            waiting.put(line.strip())

    def answer_all() -> None:
        while not waiting.empty():
            answer(waiting.get())

    # A stream of its own: Python closes `sys.stdin` at its end, and aborts if a thread is reading from it then.
    questions = os.fdopen(os.dup(sys.stdin.fileno()))
    application = application_of_window()
    # Looked at by the window's own thread, as often as somebody outside looks at a widget.
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    timer = QTimer(application)
    timer.timeout.connect(answer_all)
    timer.start(round(1e3 * _LOOK_S / 5))
    threading.Thread(target=read, daemon=True).start()
    return main(folder)


def _seen(window: MainWindow, name: str) -> dict[str, Any]:
    """Return what there is to see of a widget by its object name, or of a tab by its text."""
    from PySide6.QtWidgets import QApplication, QTabBar, QWidget

    found = window if name == "window" else window.findChild(QWidget, name)
    if found is None:
        for bar in window.findChildren(QTabBar):
            for k in range(bar.count()):
                if bar.tabText(k) == name and bar.isVisible():
                    at = bar.mapToGlobal(bar.tabRect(k).center())
                    return {"visible": True, "enabled": True, "focused": False, "text": name, "x": at.x(), "y": at.y()}
        return dict(_NOTHING)
    at = found.mapToGlobal(found.rect().center())
    text = getattr(found, "text", str)
    return {
        "visible": found.isVisible() and not found.visibleRegion().isEmpty(),
        "enabled": found.isEnabled(),
        "active": found.isActiveWindow(),
        "focused": QApplication.focusWidget() is found,
        "text": str(text()),
        "x": at.x(),
        "y": at.y(),
        "id": int(found.window().winId()),
    }


def main() -> int:
    """Walk the journeys; the exit status is 1 if one did not end well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("journeys", nargs="*", choices=[[], *JOURNEYS], help="all unless named")
    parser.add_argument("--window", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.window is not None:
        return _show_window(options.window)
    if not os.environ.get("DISPLAY") or shutil.which("xdotool") is None:
        print("journeys need an X server (xvfb-run) and xdotool")
        return 1
    n_failed = sum(not _walk(name) for name in options.journeys or JOURNEYS)
    return 1 if n_failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
