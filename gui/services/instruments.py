"""Instruments at their addresses: who is there, and which ones can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from gui.common.instrument import FoundInstrument, Instrument
from gui.common.language import tr
from gui.services.child_process import JsonChild, end_children
from gui.services.jobs import as_message

if TYPE_CHECKING:
    from gui.services.jobs import Jobs

# How long a question or a search may take. Each ends by itself, after ten seconds on a network of silent addresses; the
# rest is for a busy computer. Doubled: the window says two minutes late that something hangs.
_LIMIT_S = 60.0


class Instruments(QObject):
    """Asks instruments who they are, through child processes.

    Nobody is asked before the operator wants it: a greeting may disturb a stranger's measurement.

    Parameters
    ----------
    parent : QObject
    jobs : Jobs
        For reading the address book.
    """

    answered = Signal(str, object)
    """Address, and the `Instrument` that is there."""
    silent = Signal(str, str)
    """Address, and why no instrument is there."""
    found = Signal(object, str, bool)
    """Tuple of `FoundInstrument`, a note on the search, and whether it is still running."""

    def __init__(self, parent: QObject, jobs: Jobs) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._question: JsonChild | None = None
        self._search = JsonChild(tr("Looking for instruments"), self, limit_s=_LIMIT_S)
        self._search.documented.connect(self._show_search)
        self._search.failed.connect(self._search_failed)
        self._book: tuple[FoundInstrument, ...] = ()

    def ask(self, address: str) -> None:
        """Ask an address who is there; a question that is still open is dropped.

        Parameters
        ----------
        address : str
            VISA resource, or a name in the address book.
        """
        if self._question is not None:
            self._question.let_go()
        question = JsonChild(tr("Asking who is there"), self, limit_s=_LIMIT_S)
        question.documented.connect(lambda document: self._answer(address, document))
        question.failed.connect(lambda why: self.silent.emit(address, why))
        self._question = question
        question.start("discover", address, "--json")

    def _answer(self, address: str, document: dict[str, Any]) -> None:
        try:
            entry = document["instruments"][0]
            problem = str(entry["problem"] or "")
            found = {name: str(entry[name]) for name in Instrument.__dataclass_fields__}
        except (KeyError, IndexError, TypeError) as error:
            self.silent.emit(address, str(as_message(error)))
            return
        if problem:
            self.silent.emit(address, problem)
        else:
            self.answered.emit(address, Instrument(**found))

    def search(self) -> None:
        """Read the address book, then look for instruments on the network and on serial lines."""
        if not self._search.is_running:
            self._jobs.do(_addresses, self._search_beyond, lambda error: self.found.emit((), str(error), False))

    def _search_beyond(self, book: dict[str, str]) -> None:
        self._book = tuple(FoundInstrument(name, resource) for name, resource in book.items())
        self.found.emit(self._book, tr("Looking for more …"), True)
        self._search.start("discover", "--json")

    def _show_search(self, document: dict[str, Any]) -> None:
        fields = FoundInstrument.__dataclass_fields__
        try:
            entries = [
                FoundInstrument(**{name: str(entry.get(name) or "") for name in fields})
                for entry in document["instruments"]
            ]
            notes = [str(problem) for problem in document["not_searched"]]
        except (KeyError, TypeError, AttributeError) as error:
            self._search_failed(str(as_message(error)))
            return
        if not entries:
            notes.insert(0, tr("Nobody answered; raw sockets must be named"))
        self.found.emit(tuple(entries), "\n".join(notes), False)

    def _search_failed(self, why: str) -> None:
        self.found.emit(self._book, why, False)

    def close(self) -> None:
        """End what is under way; only for a window that closes."""
        end_children(self)


def _addresses() -> dict[str, str]:
    from drivers import addresses  # in a worker thread: it brings the drivers of all makers with it

    return addresses()
