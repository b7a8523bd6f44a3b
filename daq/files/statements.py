"""What the owner of a run states of it after the fact, kept in a text beside the run file.

The run file is finished and sealed; what is learnt later (what was before the first sample, what was applied, how thick
the sample was) stands in ``NAME.statements.toml`` beside it, as it was stated. It is a text for people: a changed line
counts, and a line that cannot be meant is refused by its name.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from daq.files.durable import write_small_file
from daq.files.names import statements_path
from daq.files.stated_drive import StatementError, driven_quantity, stated_drive
from protocols import ProtocolError, parse_quantity, printable, shortened, when_free
from protocols.definitions import MOST_TAG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from protocols import Sample

# Longest text of statements (bytes): a drive of a thousand edges.
_MOST_BYTES = 64 * 1024
# Longest text that is quoted in a message (characters).
_QUOTED = 60
# Fields of a sample, the unit of each, and the least that each may be (of a permittivity; the others are above zero).
_OF_SAMPLE = {
    "thickness": ("m", "thickness_m"),
    "area": ("m^2", "area_m2"),
    "temperature": ("K", "temperature_K"),
    "grain_size": ("m", "grain_size_m"),
    "permittivity": ("", "permittivity"),
}
# What is controlled, and its unit.
_CONTROLLED = {"voltage": "V", "current": "A"}


@dataclass(frozen=True)
class Statements:
    """What is stated of a run; empty texts are not stated.

    Attributes
    ----------
    before : str
        What was before the first sample: ``rest``, a level such as ``0 V`` (``0 A`` where the current was controlled),
        or ``unknown``.
    edges : str
        What a voltage (or current) that was only sampled did between two samples: ``step``, ``sample`` or ``ramp``.
    drive : str
        The voltage that was applied, ``"0 V; 0.45 V at 0 s"``, or the current, ``"0 A; 1 mA at 0 s"``.
    control : str
        Which quantity the instrument controlled: ``voltage`` or ``current``.
    name, thickness, area, temperature, permittivity, grain_size : str
        Of the sample, with units.
    notes : str
    tags : str
        Words for the catalogue, with commas between: ``"rough, -aged"``; one behind a minus is taken away from those
        that the file has.
    """

    before: str = ""
    edges: str = ""
    drive: str = ""
    name: str = ""
    thickness: str = ""
    area: str = ""
    temperature: str = ""
    permittivity: str = ""
    grain_size: str = ""
    notes: str = ""
    tags: str = ""
    control: str = ""

    def __post_init__(self) -> None:
        if self.control not in {"", *_CONTROLLED}:
            raise StatementError(f"an instrument controls voltage or current, not {self.control!r}", "--control")
        if self.before and not any(self._is_before(unit) for unit in _CONTROLLED.values()):
            raise _no_level(self.before, "0 V' or '0 A")
        if self.edges not in {"", "step", "sample", "ramp"}:
            raise StatementError(f"edges of a sampled voltage are step, sample or ramp, not {self.edges!r}", "--edges")
        if self.drive:
            stated_drive(self.drive)
            if self.control and driven_quantity(self.drive) != self.control:
                raise StatementError(
                    f"what was applied is stated of the {driven_quantity(self.drive)}: then the {self.control} was not"
                    " controlled",
                    "--control",
                )
        for name, (unit, _) in _OF_SAMPLE.items():
            text = getattr(self, name)
            if text and not _quantity(name, text, unit) > (0.0 if unit else 1.0 - 1e-12):
                raise StatementError(f"{shortened(text, _QUOTED)!r} cannot be meant as {name}", _option(name))
        for tag in self._tags:
            if not tag.removeprefix("-").strip() or len(tag) > MOST_TAG or printable(tag) != tag:
                raise StatementError(f"{printable(shortened(tag, _QUOTED))!r} cannot be a tag", "--add")

    @property
    def _tags(self) -> list[str]:
        return [one.strip() for one in self.tags.split(",")] if self.tags else []

    def tags_over(self, known: tuple[str, ...]) -> tuple[str, ...]:
        """Return the tags of a run: those of its file, with what is stated of them."""
        without = {one[1:].strip() for one in self._tags if one.startswith("-")}
        more = [one for one in self._tags if not one.startswith("-")]
        return tuple(dict.fromkeys(one for one in (*known, *more) if one not in without))

    def with_tags(self, of_file: tuple[str, ...], add: Sequence[str], remove: Sequence[str]) -> Statements:
        """Return the statements with some tags more and some fewer.

        Parameters
        ----------
        of_file : tuple of str
            Those that the run file has.
        add, remove : sequence of str

        Raises
        ------
        StatementError
            If one cannot be a tag.
        """
        for tag in (*add, *remove):
            if not tag.strip() or "," in tag or tag.startswith("-"):
                raise StatementError(f"{printable(shortened(tag, _QUOTED))!r} cannot be a tag", "--add")
        wanted = dict.fromkeys((*self.tags_over(of_file), *(one.strip() for one in add)))
        kept = [one for one in wanted if one not in {one.strip() for one in remove}]
        stated = [one for one in kept if one not in of_file] + [f"-{one}" for one in of_file if one not in kept]
        return replace(self, tags=", ".join(stated))

    def _is_before(self, unit: str) -> bool:
        if self.before in {"", "rest", "unknown"}:
            return True
        try:
            parse_quantity(self.before, unit)
        except ValueError:
            return False
        return True

    @property
    def controlled(self) -> str:
        """Which quantity was controlled, as `control` or `drive` says it; empty if neither does."""
        return self.control or (driven_quantity(self.drive) if self.drive else "")

    def before_of(self, control: str) -> str | float:
        """Return what was before the first sample: a word, or a level (V; A where the current was controlled).

        Parameters
        ----------
        control : str
            Which quantity was controlled: the voltage where nothing says it.

        Raises
        ------
        StatementError
            If the level is one of the other quantity.
        """
        if self.before in {"", "rest", "unknown"}:
            return self.before
        controlled = control or "voltage"
        unit = _CONTROLLED[controlled]
        if not self._is_before(unit):
            other = next(name for name in _CONTROLLED if name != controlled)
            raise StatementError(
                f"before is stated as {self.before!r}, and the {controlled} was controlled as far as is known: state a"
                f" level such as '0 {unit}', or that the {other} was controlled (--control {other})",
                "--before",
            )
        return parse_quantity(self.before, unit)

    @property
    def stated(self) -> dict[str, str]:
        """What is stated, by its name."""
        return {name: value for name, value in asdict(self).items() if value}

    def over(self, known: Sample) -> Sample:
        """Return a sample with what is stated in place of what is known.

        Raises
        ------
        StatementError
            If a name is too long.
        """
        stated: dict[str, str | float] = {"name": self.name} if self.name else {}
        for name, (unit, attribute) in _OF_SAMPLE.items():
            if text := getattr(self, name):
                stated[attribute] = _quantity(name, text, unit)
        try:
            return replace(known, **stated) if stated else known  # type: ignore[arg-type] # texts and numbers by name
        except ProtocolError as error:
            raise StatementError(str(error), "--name") from None


def _no_level(text: str, examples: str) -> StatementError:
    return StatementError(
        f"before the first sample a cell was at rest, at a level such as '{examples}', or unknown, not"
        f" {shortened(text, _QUOTED)!r}",
        "--before",
    )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _quantity(name: str, text: str, unit: str) -> float:
    try:
        return parse_quantity(text, unit)
    except ValueError as error:
        raise StatementError(str(error), _option(name)) from None


def read_statements(run_path: Path) -> Statements:
    """Return what is stated of a run; nothing if no text is kept beside it.

    Raises
    ------
    StatementError
        If the text cannot be read, or a line of it cannot be meant.
    """
    path = statements_path(run_path)
    try:
        with when_free(lambda: path.open("rb")) as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return Statements()
    except OSError as error:
        raise StatementError(f"{path} cannot be read: {error}", str(path)) from error
    if len(content) > _MOST_BYTES:
        raise StatementError(f"{path} is longer than statements of a run can be", str(path))
    try:
        return Statements(**_texts(content))
    except (StatementError, ValueError) as error:  # of TOML, of UTF-8
        what = f"{path}: {error}. Correct it, or remove it and state anew (ionecho note)"
        raise StatementError(what, str(path)) from None


def _texts(content: bytes) -> dict[str, str]:
    import tomllib  # a run of which nothing is stated needs no reader of TOML

    document = tomllib.loads(content.decode("utf-8-sig"))
    known = {one.name for one in fields(Statements)}
    for name, value in document.items():
        if name not in known or not isinstance(value, str):
            raise StatementError(
                f"{printable(shortened(name, _QUOTED))} is none of {', '.join(sorted(known))} with a text"
            )
    return document


def write_statements(run_path: Path, statements: Statements) -> Path:
    """Keep what is stated of a run beside it, in place of what was stated before; return the path.

    Raises
    ------
    StatementError
        If it cannot be written.
    """
    path = statements_path(run_path)
    # A text of JSON is one of TOML.
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in statements.stated.items()]
    try:
        write_small_file(
            path, f"# What was stated of {printable(run_path.name)}: `ionecho note` keeps it.\n" + "".join(lines)
        )
    except OSError as error:
        raise StatementError(f"{path} could not be written: {error}. The run itself is untouched", str(path)) from error
    return path
