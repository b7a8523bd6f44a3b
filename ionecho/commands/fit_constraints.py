"""Parameters as `ionecho fit` was told of them: held, started, bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ionecho.commands.fit_checks import held_circuit
from ionecho.commands.refusals import UsageError
from protocols import FitError

if TYPE_CHECKING:
    from fitting import CellModel


@dataclass(frozen=True)
class GivenConstraints:
    """What the command line says of parameters, each as ``NAME=VALUE``.

    Attributes
    ----------
    held, started, bounded : tuple of str
    profiled : str
        The parameter whose profile is asked for; empty for none.
    """

    held: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    bounded: tuple[str, ...] = ()
    profiled: str = ""

    @property
    def are_given(self) -> bool:
        """Whether anything was said."""
        return bool(self.held or self.started or self.bounded)

    def wrong_with(self, *, is_attributed: bool) -> tuple[tuple[bool, str, str], ...]:
        """Return for each combination that cannot be asked for whether it was, what to say of it, and the option."""
        return (
            (
                self.are_given and not is_attributed,
                "parameters are held, started and bounded where one run is fitted to one circuit",
                "--hold",
            ),
            (
                self.profiled != "" and not is_attributed,
                "a profile is of one run, fitted to one circuit by least squares",
                "--profile",
            ),
        )

    def circuit(self, circuit: str) -> CellModel:
        """Return a circuit with what is held and bounded.

        Raises
        ------
        UsageError
            If a name or a value is none.
        """
        from fitting.model.bounds import bounded

        try:
            return bounded(held_circuit(circuit, self.held), _pairs(self.bounded, "--bound"))
        except FitError as error:
            raise UsageError(str(error), "--bound") from None

    @property
    def start(self) -> dict[str, float | str]:
        """Values that are tried first.

        Raises
        ------
        UsageError
            If one is no pair of name and value.
        """
        return {name: _number(text) for name, text in _pairs(self.started, "--start").items()}


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    found = {}
    for text in texts:
        name, mark, value = (part.strip() for part in text.partition("="))
        if not (mark and name and value):
            raise UsageError(f"expected NAME=VALUE, not {text!r}", option)
        found[name] = value
    return found


def _number(text: str) -> float | str:
    """Return a bare number as one, and a quantity as it is."""
    try:
        return float(text)
    except ValueError:
        return text
