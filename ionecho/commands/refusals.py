"""Refusals of the command line: the sentence, the JSON document and the exit status of everything that goes wrong.

Exit status: 0 done; 1 failed; 2 bad usage or bad protocol; 3 limit or safety stop; 4 output state unknown. With
``--json`` a refusal is one document on standard output, ``{"error": {...}}``, of the same shape for every command
(docs/reference/command-line.md); the sentence is on standard error in either case.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
import unicodedata
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ionecho.commands.output import error_console, print_json
from protocols import (
    ConnectionLost,
    FitError,
    InputError,
    InstrumentError,
    IonechoError,
    LaterVersionError,
    LimitError,
    OutputStateUnknown,
    ProtocolError,
    RunFileError,
    printable,
    reason_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Exit statuses, as docs/reference/command-line.md promises them.
FAILED, BAD_USAGE, STOPPED, OUTPUT_UNKNOWN = 1, 2, 3, 4


class UsageError(InputError):
    """A command was given something that it cannot work with. Nothing was sent and nothing was written."""


# Kind and exit status of an error, the most special class first.
_KINDS: tuple[tuple[type[IonechoError], str, int], ...] = (
    (OutputStateUnknown, "output_unknown", OUTPUT_UNKNOWN),
    (LimitError, "limit", STOPPED),
    (LaterVersionError, "later_version", BAD_USAGE),
    (InputError, "usage", BAD_USAGE),
    (ProtocolError, "protocol", BAD_USAGE),
    (ConnectionLost, "connection", FAILED),
    (InstrumentError, "instrument", FAILED),
    (RunFileError, "run_file", FAILED),
    (FitError, "fit", FAILED),
    (IonechoError, "other", FAILED),
)
_HINTS = {
    "output_unknown": "Do at the instrument what the message says; `ionecho recover RUN` tries again to switch it off.",
    "connection": "`ionecho discover` lists the instruments that answer.",
}


def exit_status(error: IonechoError) -> int:
    """Return the exit status that an error has."""
    return next(status for kind, _, status in _KINDS if isinstance(error, kind))


def error_document(error: IonechoError) -> dict[str, Any]:
    """Return what ``--json`` prints of an error, the value of ``error``."""
    kind = next(name for known, name, _ in _KINDS if isinstance(error, known))
    problems = [asdict(one) for one in error.problems] if isinstance(error, ProtocolError) else []
    where = error.source if isinstance(error, ProtocolError) else getattr(error, "where", "")
    hint = getattr(error, "hint", _HINTS.get(kind))
    return refusal(kind, str(error), exit_status(error), where=where, hint=hint, problems=problems)


def refusal(
    kind: str,
    message: str,
    status: int,
    *,
    where: str | None = None,
    hint: str | None = None,
    problems: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the one shape that every refusal has as a document."""
    return {
        "kind": kind,
        "message": message,
        "where": where or None,
        "hint": hint,
        "problems": problems or [],
        "exit_status": status,
    }


def check_files(paths: Sequence[Path]) -> None:
    """Raise `UsageError` if one of the files that a command is to read is not there, or is a folder."""
    for path in paths:
        try:
            if path.is_dir():
                raise UsageError("this is a folder: name a file in it", str(path))
            if not path.exists():
                raise UsageError("there is no such file", str(path))
            if not path.is_file():  # which may keep whoever opens it waiting
                raise UsageError("this is a device or a pipe, not a file", str(path))
            with path.open("rb"):
                pass
        except OSError as error:  # a name that is too long, a file that may not be read
            raise UsageError(f"the file cannot be read: {reason_of(error)}", str(path)) from None


def check_words(words: Sequence[str]) -> None:
    """Raise `UsageError` if a word of the command line has control characters.

    They would act on the terminal wherever the word is shown, and a file name with a line end could pretend to be a
    message of ours. Nobody types them; a shell's pattern may find a file with such a name.
    """
    for word in words:
        if any(unicodedata.category(one) in {"Cc", "Zl", "Zp"} for one in word):
            raise UsageError("this has control characters: rename the file, or leave them out", printable(word))


@contextmanager
def reported(*, as_json: bool) -> Iterator[None]:
    """Turn what goes wrong in a command into a sentence, a document and an exit status."""
    try:
        yield
    except KeyboardInterrupt:
        # A run in progress was stopped on the way here: output off, what was measured kept.
        _leave("Stopped.", refusal("stopped", "Stopped.", STOPPED), as_json=as_json)
    except IonechoError as error:
        _leave(str(error), error_document(error), as_json=as_json, name=type(error).__name__)
    except OSError as error:
        if reader_has_gone(error):
            leave_closed_pipe()
        where = printable(str(error.filename)) if error.filename is not None else ""
        message = f"{where}: {error.strerror}" if where and error.strerror else str(error)
        _leave(message, refusal("system", message, FAILED, where=where), as_json=as_json, name="Error")
    except Exception as error:  # noqa: BLE001 - a defect of ours: a sentence for the user, the rest for the report
        message = f"ionecho failed in a way that it should not ({type(error).__name__}: {error})"
        hint = f"Please report this, with the file {_kept_traceback()}."
        _leave(f"{message}. {hint}", refusal("internal", message, FAILED, hint=hint), as_json=as_json, name="Error")


def _leave(sentence: str, document: dict[str, Any], *, as_json: bool, name: str = "") -> None:
    from rich.text import Text

    if as_json:
        print_json({"error": document})
    text = Text.assemble((name, "bold red"), ": ", sentence) if name else Text(sentence)
    error_console().print(text, soft_wrap=True)
    sys.exit(document["exit_status"])


def reader_has_gone(error: OSError) -> bool:
    """Whether nobody reads any more what is printed. Windows calls it an invalid argument."""
    is_windows = sys.platform == "win32"
    return isinstance(error, BrokenPipeError) or (is_windows and error.errno == errno.EINVAL and not error.filename)


def leave_closed_pipe() -> NoReturn:
    """End as other programs do whose reader has gone (``ionecho sim list | head -1``)."""
    # Python would complain once more when it flushes standard output at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(FAILED)


def _kept_traceback() -> Path:
    with tempfile.NamedTemporaryFile(
        "w", prefix="ionecho-", suffix=".traceback.txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exc(file=file)
    return Path(file.name)
