"""How is a protocol read from TOML, with all its faults named at once, and written to it?"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Any

import tomlkit
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from protocols.errors import Fault, ProtocolError
from protocols.limits import Limits
from protocols.problems import faults_of
from protocols.protocol import Protocol, Sample, Sampling
from protocols.recipes import (
    AnySequence,
    Coulombs,
    Document,
    Hertz,
    Joules,
    Kelvin,
    Metres,
    PositiveAmperes,
    PositiveVolts,
    SiemensPerMetre,
    SquareMetres,
    Width,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from protocols.sequence import PulseSequence

_MAX_WRITTEN_EDGES = 1_000_000


class _Sampling(Document):
    interval: Width | None = None
    rate: Hertz | None = None
    current_range: PositiveAmperes | None = None
    four_wire: bool = False

    @model_validator(mode="after")
    def _one_of_interval_and_rate(self) -> Self:
        if (self.interval is None) == (self.rate is None):
            raise ValueError('give one of interval ("10 us") and rate ("100 kHz")')
        return self

    @property
    def interval_s(self) -> float:
        return self.interval if self.interval is not None else 1.0 / (self.rate or 1.0)


class _Limits(Document):
    voltage: PositiveVolts
    current: PositiveAmperes
    charge: Coulombs | None = None
    energy: Joules | None = None
    temperature: Kelvin | None = None


class _Sample(Document):
    name: str = ""
    thickness: Metres | None = None
    area: SquareMetres | None = None
    electrodes: str = ""
    temperature: Kelvin | None = None
    conductivity: SiemensPerMetre | None = None
    permittivity: Annotated[float, Field(ge=1.0)] | None = None


class _Header(Document):
    name: Annotated[str, Field(min_length=1)]
    notes: str = ""
    repeats: Annotated[int, Field(ge=1)] = 1


_SECTIONS: dict[str, TypeAdapter[Any]] = {
    "sequence": TypeAdapter(AnySequence),
    "sampling": TypeAdapter(_Sampling),
    "limits": TypeAdapter(_Limits),
    "sample": TypeAdapter(_Sample),
}


def read_document(text: str, source: str) -> Protocol:
    """Return the protocol that a TOML text asks for.

    Raises
    ------
    ProtocolError
        With every fault, each with its path.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ProtocolError(f"this is not TOML: {fault}", source) from None
    faults: list[Fault] = []
    header = _validated(TypeAdapter(_Header), {k: v for k, v in document.items() if k not in _SECTIONS}, "", faults)
    parts = {
        name: _validated(adapter, document.get(name, {} if name == "sample" else None), name, faults)
        for name, adapter in _SECTIONS.items()
    }
    sequence = _edges(parts["sequence"], faults)
    if faults or sequence is None:
        raise ProtocolError(tuple(faults), source)
    sampling, limits, sample = parts["sampling"], parts["limits"], parts["sample"]
    return Protocol(
        name=header.name,
        sequence=sequence,
        sampling=Sampling(sampling.interval_s, sampling.current_range, sampling.four_wire),
        limits=Limits(limits.voltage, limits.current, limits.charge, limits.energy, limits.temperature),
        repeats=header.repeats,
        sample=Sample(
            sample.name,
            sample.thickness,
            sample.area,
            sample.electrodes,
            sample.temperature,
            sample.conductivity,
            sample.permittivity,
        ),
        notes=header.notes,
    )


def _validated(adapter: TypeAdapter[Any], value: object, under: str, faults: list[Fault]) -> Any:
    if value is None:
        faults.append(Fault(under, f"is missing: the protocol needs a [{under}] table"))
        return None
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        found = faults_of(error, under)
        # A discriminated union puts the kind into the path; the file's author never wrote it there.
        kind = value.get("kind") if under == "sequence" and isinstance(value, dict) else None
        prefix = f"{under}.{kind}"
        faults += [
            Fault(
                under + fault.path.removeprefix(prefix) if kind and fault.path.startswith(prefix) else fault.path,
                fault.message,
            )
            for fault in found
        ]
        return None


def _edges(recipe: Any, faults: list[Fault]) -> PulseSequence | None:
    if recipe is None:
        return None
    try:
        sequence: PulseSequence = recipe.build()
    except ProtocolError as error:
        faults += [
            Fault(f"sequence.{fault.path}" if fault.path else "sequence", fault.message) for fault in error.faults
        ]
        return None
    return sequence


def write_document(protocol: Protocol) -> str:
    """Return the TOML text of a protocol.

    A sequence that was made from very many edges is not spelt out: the run file holds its arrays.
    """
    document = tomlkit.document()
    document["name"] = protocol.name
    if protocol.notes:
        document["notes"] = protocol.notes
    if protocol.repeats != 1:
        document["repeats"] = protocol.repeats
    document["sequence"] = _table(protocol.sequence.recipe or _arrays(protocol.sequence))
    sampling, limits, sample = protocol.sampling, protocol.limits, protocol.sample
    document["sampling"] = _table(
        {
            "interval": _text(sampling.interval_s, "s"),
            "current_range": _text(sampling.current_range_A, "A"),
            "four_wire": sampling.four_wire or None,
        }
    )
    document["limits"] = _table(
        {
            "voltage": _text(limits.voltage_V, "V"),
            "current": _text(limits.current_A, "A"),
            "charge": _text(limits.charge_C, "C"),
            "energy": _text(limits.energy_J, "J"),
            "temperature": _text(limits.temperature_K, "K"),
        }
    )
    described = {
        "name": sample.name or None,
        "thickness": _text(sample.thickness_m, "m"),
        "area": _text(sample.area_m2, "m^2"),
        "electrodes": sample.electrodes or None,
        "temperature": _text(sample.temperature_K, "K"),
        "conductivity": _text(sample.conductivity_S_m, "S/m"),
        "permittivity": sample.permittivity,
    }
    if any(value is not None for value in described.values()):
        document["sample"] = _table(described)
    return tomlkit.dumps(document)


def _arrays(sequence: PulseSequence) -> dict[str, Any]:
    if len(sequence) > _MAX_WRITTEN_EDGES:
        raise ProtocolError(
            f"a sequence of {len(sequence)} edges is too long to be written as text (at most {_MAX_WRITTEN_EDGES})"
        )
    held = sequence.start_V == sequence.end_V
    before = [sequence.rest_V, *sequence.end_V[:-1].tolist()]
    if not (held | (sequence.start_V == before)).all():
        raise ProtocolError("a sequence with a jump at the start of a ramp cannot be written as text")
    return {
        "kind": "arrays",
        "times": [f"{t!r} s" for t in sequence.times_s.tolist()],
        "levels": [f"{v!r} V" for v in sequence.end_V.tolist()],
        "duration": _text(sequence.duration_s, "s"),
        "ramp": (~held).tolist() if sequence.has_ramps else None,
        "bias": _text(sequence.rest_V, "V") if sequence.rest_V else None,
    }


def _text(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value!r} {unit}"


def _table(values: Mapping[str, Any]) -> tomlkit.items.Table:
    table = tomlkit.table()
    for name, value in values.items():
        if value is not None:
            table[name] = value
    return table
