"""Damaged texts: protocols, address books and transcripts, for the campaign of damaged files.

A protocol and an address book are texts that people write: nothing in them tells a changed digit from a meant one. So
the damaged text itself is the truth there, as another reader understands it: tomllib and some lines of arithmetic with
decimals, written here from the reference of protocol files. A transcript is written and read by the program: it has a
digest, and its values are those that were recorded.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
import tomllib
import zlib
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.mutations import Reading, Subject, mutated_bytes
from drivers import addresses, read_transcript
from drivers.visa.transcript import RecordedLink
from protocols import Limits, Protocol, PulseSequence, Sample, Sampling, parse_quantity

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

PULSES = """\
# Pump and probe of a thin film
name = "Li₃PS₄, pump-probe pair"
repeats = 3
notes = \"\"\"after annealing
\tat 200 °C\"\"\"

[sequence]
kind = "pump_probe"
level = "20 mV"
width = "300 ms"
wait = "100 ms"
before = "50 ms"
after = "1.25 s"
probe_level = "-5 mV"
bias = "1.5 mV"

[sampling]
interval = "250 µs"
current_range = "1e-4 A"
four_wire = true

[limits]
voltage = "50 mV"
current = "100 µA"
charge = "2 mC"
energy = 0.001

[sample]
name = "LPS 7b"
thickness = "1.2 mm"
area = 3.1e-5
electrodes = "Au, sputtered"
temperature = "298.15 K"
permittivity = 14
"""
TRAIN = """\
name = "train"
sampling = { rate = "100 kHz" }
limits = { voltage = "1 V", current = "1 mA" }
[sequence]
kind = "train"
level = "0.5 V"
width = "1 ms"
period = "4 ms"
count = 12
"""
# SI prefixes (BIPM, 9th brochure, table 7), with the three ways to write micro.
_PREFIXES = {
    "": 0, "q": -30, "r": -27, "y": -24, "z": -21, "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6,
    "m": -3, "c": -2, "d": -1, "da": 1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24,
    "R": 27, "Q": 30,
}  # fmt: skip
_QUANTITY = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*(\S*)\s*")
# Digits enough for any product of a double and a power of ten.
_EXACT = Context(prec=60)
_FIELDS = {
    "limits": {"voltage": "V", "current": "A", "charge": "C", "energy": "J", "temperature": "K"},
    "sample": {
        "thickness": "m",
        "area": "m^2",
        "temperature": "K",
        "conductivity": "S/m",
        "permittivity": "",
        "grain_size": "m",
    },
}

# How often a kind of damage is done in one case.
_TIMES = (1, 1, 1, 2, 5)
# What a value is replaced by: what people write by mistake, and what is written to do harm.
_ODD_VALUES = (
    "2026-11-25", "10:15:00", "1e9", "1e999", "-1", "0", "nan", "inf", "true", '""', '"x"', "[]", "{}",
    '"1 m**9**9**9"', '"10 mV"', '"10 us"', '"1 A"', '"1e-3 A"', 6000 * "9", "0x" + 6000 * "f", 300 * "[",
    '"' + 300 * "n" + '"', '"\\u001b[2J"', '"\\u202e"', "0.1", "1_000", "1e-400",
    '"1 µV"', '"\\u0660 V"', "'''a'''", '"1,5 V"', '"1 V "',
)  # fmt: skip
_CHARACTERS = "0123456789.eE+-_ \"'=[]{},#\n\t\\munkMVAsµ\u200b\x00\x1b"


def mutated_text(content: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Return a damaged text, and what was done: bytes as in any file, characters, lines, values, encodings."""
    if rng.random() < 0.3:
        return mutated_bytes(content, rng)
    text = content.decode("utf-8")
    kind = rng.choice(list(_TEXT_KINDS))
    for _ in range(rng.choice(_TIMES)):
        text = _TEXT_KINDS[kind](text, rng)
    encoding = rng.choice(("utf-8",) * 12 + ("utf-8-sig", "cp1252", "utf-16", "latin-1"))
    return text.encode(encoding, errors="replace"), f"{kind}, {encoding}"


def _at(text: str, rng: random.Random, wanted: str) -> int:
    """Return a place where one of some characters stands, or any."""
    places = [match.start() for match in re.finditer(wanted, text)]
    return rng.choice(places) if places else rng.randrange(len(text) + 1)


def _move_line(text: str, rng: random.Random, *, times: int) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    line = lines.pop(rng.randrange(len(lines)))
    for _ in range(times):
        lines.insert(rng.randrange(len(lines) + 1), line)
    return "".join(lines)


def _change(text: str, rng: random.Random, wanted: str, length: int) -> str:
    place = _at(text, rng, wanted)
    return text[:place] + rng.choice(_CHARACTERS) * rng.choice((1, 1, 1, length)) + text[place + 1 :]


def _insert(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(_CHARACTERS) + text[place:]


def _drop(text: str, rng: random.Random) -> str:
    place = _at(text, rng, "[^ ]")
    return text[:place] + text[place + 1 :]


def _replace_value(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    assigned = [number for number, line in enumerate(lines) if "=" in line]
    if assigned:
        number = rng.choice(assigned)
        lines[number] = f"{lines[number].partition('=')[0]}= {rng.choice(_ODD_VALUES)}"
    return "\n".join(lines)


def _swap_case(text: str, rng: random.Random) -> str:
    place = _at(text, rng, "[a-zA-Z]")
    return text[:place] + text[place : place + 1].swapcase() + text[place + 1 :]


_TEXT_KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "another digit": lambda text, rng: _change(text, rng, "[0-9]", 1),
    "another character": lambda text, rng: _change(text, rng, "[^ ]", 3000),
    "one more character": _insert,
    "one character less": _drop,
    "another value": _replace_value,
    "a line less": lambda text, rng: _move_line(text, rng, times=0),
    "a line elsewhere": lambda text, rng: _move_line(text, rng, times=1),
    "a line twice": lambda text, rng: _move_line(text, rng, times=2),
    "another case": _swap_case,
    "line ends of Windows": lambda text, _: text.replace("\n", "\r\n"),
}


def protocol_subject() -> Subject:
    """Return the subject of protocol files: recipes, lists, arrays in the text and beside it."""
    return Subject(
        "protocol",
        _make_protocols,
        lambda path: Reading(_values_of(Protocol.load(path))),
        mutate=mutated_text,
        agrees=_says,
    )


def _make_protocols(folder: Path) -> list[Path]:
    parse_quantity("1 min", "s")  # pint takes 0.7 s, which the children need not
    edges = np.cumsum(np.linspace(1e-3, 2e-3, 30)) - 1e-3
    levels = 0.01 * np.sin(np.arange(30))
    listed = PulseSequence.from_arrays(edges, levels, 0.1, ramp=np.arange(30) % 3 == 0)
    long = PulseSequence.from_arrays(np.arange(1200) * 1e-3, 0.01 * np.cos(np.arange(1200)), 1.3)
    made = [folder / name / "drive.toml" for name in ("pulses", "train", "listed", "within", "beside")]
    for path in made:
        path.parent.mkdir(parents=True)
    made[0].write_text(PULSES, encoding="utf-8")
    made[1].write_text(TRAIN, encoding="utf-8-sig")
    limits, sample = Limits(voltage_V=0.1, current_A=1e-5), Sample("x", area_m2=1e-4)
    Protocol("listed", listed, Sampling(1e-4), limits, sample=sample).save(made[2])
    stored = Protocol("long", long, Sampling(1e-4), limits, notes="as arrays")
    made[3].write_text(stored.to_toml(), encoding="utf-8")
    stored.save(made[4])
    return made


def _values_of(protocol: Protocol) -> dict[str, Any]:
    sequence, sampling, sample = protocol.sequence, protocol.sampling, protocol.sample
    values: dict[str, Any] = {
        "name": protocol.name,
        "notes": protocol.notes,
        "repeats": protocol.repeats,
        "sample.name": sample.name,
        "sample.electrodes": sample.electrodes,
        "four_wire": sampling.four_wire,
        "interval": sampling.interval_s,
        "current_range": sampling.current_range_A,
        "duration": sequence.duration_s,
        "rest": sequence.rest_V,
        "times": sequence.times_s.tolist(),
        "start": sequence.start_V.tolist(),
        "end": sequence.end_V.tolist(),
    }
    for section, fields in _FIELDS.items():
        for name, unit in fields.items():
            suffix = {"": "", "m^2": "_m2", "S/m": "_S_m"}.get(unit, f"_{unit}")
            values[f"{section}.{name}"] = getattr(getattr(protocol, section), name + suffix)
    return values


def _says(before: dict[str, Any], now: dict[str, Any], content: bytes) -> bool:
    """Whether a protocol is what its text says; not, if this reader cannot make sense of it."""
    try:
        expected = _expected(before, content)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return False
    return expected.keys() == now.keys() and all(_same(expected[name], now[name]) for name in expected)


def _expected(before: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Return what a protocol's text says."""
    tables = tomllib.loads(content.decode("utf-8-sig"))
    sampling, sample = tables["sampling"], tables.get("sample", {})
    expected: dict[str, Any] = {
        "name": tables["name"],
        "notes": tables.get("notes", ""),
        "repeats": tables.get("repeats", 1),
        "sample.name": sample.get("name", ""),
        "sample.electrodes": sample.get("electrodes", ""),
        "four_wire": sampling.get("four_wire", False),
        "interval": _si(sampling["interval"], "s") if "interval" in sampling else 1.0 / _si(sampling["rate"], "Hz"),
        "current_range": _si(sampling["current_range"], "A") if "current_range" in sampling else None,
    }
    for section, fields in _FIELDS.items():
        table = tables.get(section, {})
        for name, unit in fields.items():
            expected[f"{section}.{name}"] = _si(table[name], unit) if name in table else None
    return expected | _edges(tables["sequence"], before)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and bool(np.allclose(one, other, rtol=1e-12, atol=1e-15))
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return bool(np.isclose(one, other, rtol=1e-12, atol=0.0))
    return bool(one == other)


def _si(value: Any, unit: str) -> float:
    """Return a quantity in SI; an error for what this reader does not know."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    number, name = _QUANTITY.fullmatch(value).groups()  # type: ignore[union-attr] # an error is an answer too
    if not name and not unit:
        return float(number)
    if not name.endswith(unit):
        raise LookupError(name)
    power = _PREFIXES[name.removesuffix(unit)] * (2 if unit == "m^2" else 1)  # mm^2 is (mm)^2
    # Not by fractions: that of 0e9999999 has ten million digits.
    return float(_EXACT.multiply(Decimal(number), _EXACT.power(Decimal(10), power))) if float(number) else 0.0


def _edges(table: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return the segments of a sequence."""

    def si(name: str, unit: str, default: float = 0.0) -> float:
        return _si(table[name], unit) if name in table else default

    rest = si("bias", "V")
    if table["kind"] == "arrays":
        times, end = (_array(table[name], unit, before[key]) for name, unit, key in _COLUMNS)
        ramp = table.get("ramp", False)
        marks = [ramp] * len(times) if isinstance(ramp, bool) else ramp
        before_each = [rest, *end[:-1]]
        start = [low if mark else high for mark, low, high in zip(marks, before_each, end, strict=True)]
        if "starts" in table:
            start = _array(table["starts"], "V", before["start"])
        return {"times": times, "start": start, "end": end, "duration": si("duration", "s"), "rest": rest}
    level = si("level", "V")
    if table["kind"] == "pump_probe":
        holds = [(si("width", "s"), level), (si("wait", "s"), rest)]
        holds.append((si("probe_width", "s", holds[0][0]), si("probe_level", "V", level)))
    elif table["kind"] == "pulse":
        holds = [(si("width", "s"), level)]
    else:
        width, period = si("width", "s"), si("period", "s")
        holds = [(width, level), (period - width, rest)] * int(table["count"])
    holds = [one for one in ((si("before", "s"), rest), *holds, (si("after", "s"), rest)) if one[0] > 0.0]
    edges: list[float] = []
    levels: list[float] = []
    now = 0.0
    for length, height in holds:
        if not levels or levels[-1] != height:
            edges.append(now)
            levels.append(height)
        now += length
    return {"times": edges, "start": levels, "end": levels, "duration": now, "rest": rest}


_COLUMNS = (("times", "s", "times"), ("levels", "V", "end"))


def _array(value: Any, unit: str, stored: list[float]) -> list[float]:
    if isinstance(value, dict) and "npy_zlib_base64" in value:
        content = zlib.decompress(base64.b64decode(value["npy_zlib_base64"]))
        numbers: list[float] = np.load(io.BytesIO(content)).tolist()
        return numbers
    if isinstance(value, dict):
        return stored  # the digest in the text says that the file beside it is the one that was written
    return [_si(one, unit) for one in value]


BOOK = """\
# Rack 2, top to bottom
[instruments]
smu = "TCPIP::192.168.0.10::5025::SOCKET"
cryo-1 = "ASRL/dev/ttyUSB0::INSTR"  # behind the µ-metal box
zahner_old = "TCPIP::zahner.lab::hislip0,4880::INSTR"
"""


def addresses_subject() -> Subject:
    """Return the subject of address books."""
    return Subject("addresses", _make_book, _read_book, mutate=mutated_text, agrees=_is_what_the_book_says)


def _make_book(folder: Path) -> Sequence[Path]:
    path = folder / "book" / "instruments.toml"
    path.parent.mkdir(parents=True)
    path.write_text(BOOK, encoding="utf-8")
    return [path]


def _read_book(path: Path) -> Reading:
    os.environ["IONECHO_CONFIG"] = str(path.parent)
    return Reading(addresses())


def _is_what_the_book_says(_before: dict[str, str], now: dict[str, str], content: bytes) -> bool:
    tables = tomllib.loads(content.decode("utf-8-sig"))
    return tables in ({"instruments": now}, {} if not now else None)


class _Echo:
    """A link whose instrument answers by what it was told, from the end; it never waits."""

    slowest_Bps = 1e6
    is_timed = True

    def __init__(self) -> None:
        self._answer = b""

    def send(self, data: bytes, limit_s: float) -> None:  # noqa: ARG002 - of the contract
        self._answer = data[::-1]

    def receive_into(self, memory: memoryview, limit_s: float) -> int:  # noqa: ARG002 - of the contract
        memory[: len(self._answer)] = self._answer
        return len(self._answer)

    def waiting(self) -> bool:
        return False

    def clear(self) -> None:
        pass

    def close(self) -> None:
        pass


def transcript_subject() -> Subject:
    """Return the subject of transcripts."""
    return Subject(
        "transcript", _make_transcript, lambda path: Reading(tuple(read_transcript(path))), mutate=mutated_text
    )


def _make_transcript(folder: Path) -> Sequence[Path]:
    path = folder / "talk" / "talk.txt"
    path.parent.mkdir(parents=True)
    link = RecordedLink(_Echo(), path, "TCPIP::192.168.0.10::5025::SOCKET")
    numbers = np.random.default_rng(1).normal(size=40)
    talk = [
        b"*IDN?\n",
        b":SOUR:VOLT:LEV 0.02\n",
        b"=1\\n\t\r\n",
        b"#3320" + numbers.tobytes() + b"\n",
        bytes(range(256)),
    ]
    for sent in talk * 4:
        link.send(sent, 1.0)
        link.receive_into(memoryview(bytearray(1024)), 1.0)
    link.close()
    return [path]
