"""Summary of a run: one line of JSON in its file, which a catalogue reads without HDF5.

It says nothing that the rest of the file does not say: it is made from the same header, and sealed with it. A file of
an earlier version has none.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from protocols import printable, shortened

if TYPE_CHECKING:
    from daq.files.origin import Origin
    from drivers import Identity
    from protocols import Sample

SUMMARY = "entry/summary"
"""Where it is in a run file."""
_LONGEST_NOTES = 2000
"""Longest notes in a summary (characters): what a search looks through. All of them stand in the protocol."""
_KIND = re.compile(r"^\[sequence\][^\[]*?^kind\s*=\s*[\"'](\w{1,60})[\"']", re.MULTILINE)
_NOTES = re.compile(r'^notes\s*=\s*("(?:[^"\\\n]|\\.)*")', re.MULTILINE)


@dataclass(frozen=True)
class Summary:
    """What a catalogue keeps of a run; texts that are not known are empty.

    Attributes
    ----------
    title, start_time : str
    kind : str
        Of the sequence: ``pulse``, ``pump_probe``, ...; ``imported`` for a record of another program.
    notes : str
        Of the protocol, cut short.
    maker, model, serial, resource : str
        Of the instrument.
    sample : str
        Its name.
    thickness_m, area_m2, temperature_K : float or None
    operator, project, campaign : str
    tags : tuple of str
    point : int
        0 outside a campaign.
    duration_s : float
        Expected before the run.
    """

    title: str
    start_time: str
    kind: str = ""
    notes: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""
    resource: str = ""
    sample: str = ""
    thickness_m: float | None = None
    area_m2: float | None = None
    temperature_K: float | None = None
    operator: str = ""
    project: str = ""
    campaign: str = ""
    tags: tuple[str, ...] = ()
    point: int = 0
    duration_s: float = 0.0

    @classmethod
    def of_run(
        cls,
        title: str,
        start_time: str,
        *,
        protocol_text: str,
        sample: Sample,
        identity: Identity | None,
        resource: str,
        origin: Origin,
        duration_s: float,
    ) -> Summary:
        """Return the summary of what is written into a run file."""
        kind, notes = in_protocol(protocol_text)
        found = cls(title, start_time, kind, notes, resource=resource, duration_s=duration_s, **asdict(origin))
        if identity is not None:
            found = replace(found, maker=identity.maker, model=identity.model, serial=identity.serial)
        return found.with_sample(sample)

    def with_sample(self, sample: Sample) -> Summary:
        """Return the summary with another specimen, such as one of which more was stated."""
        return replace(
            self,
            sample=sample.name,
            thickness_m=sample.thickness_m,
            area_m2=sample.area_m2,
            temperature_K=sample.temperature_K,
        )

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps({name: value for name, value in asdict(self).items() if value not in ("", None, (), 0)})

    @classmethod
    def from_json(cls, text: bytes) -> Summary:
        """Return what `to_json` wrote; fields of a later version are left out."""
        fields: dict[str, Any] = json.loads(text)
        known = {name: value for name, value in fields.items() if name in cls.__dataclass_fields__}
        return cls(**(known | {"tags": tuple(known.get("tags", ()))}))


def in_protocol(text: str) -> tuple[str, str]:
    """Return the kind of the sequence and the notes in the text of a protocol, without reading its arrays."""
    if not text:
        return "imported", ""
    kind, notes = _KIND.search(text), _NOTES.search(text.partition("\n[")[0])
    found = ""
    if notes:
        try:
            found = str(json.loads(notes[1]))
        except ValueError:  # an escape of TOML that JSON has not
            found = notes[1].strip('"')
    return kind[1] if kind else "", shortened(printable(found, keep="\n\t"), _LONGEST_NOTES)
