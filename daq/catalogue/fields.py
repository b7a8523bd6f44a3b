"""Fields by which runs are found, sorted and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    TAGS = "tags"
    WORDS = "words"


@dataclass(frozen=True)
class Field:
    """A field of a run.

    Attributes
    ----------
    column : str
        Expression of SQL for it.
    kind : Kind
    unit : str
        SI, of a number; empty for a pure one.
    doc : str
    """

    column: str
    kind: Kind
    unit: str = ""
    doc: str = ""


FIELDS = {
    "path": Field("runs.path", Kind.TEXT, doc="run file"),
    "start": Field("runs.start", Kind.TIME, doc="when it was made"),
    "state": Field("runs.state", Kind.TEXT, doc="complete, stopped, aborted, unknown, running, created"),
    "title": Field("runs.title", Kind.TEXT, doc="name of the protocol"),
    "kind": Field("runs.kind", Kind.TEXT, doc="kind of its sequence; imported for a record of another program"),
    "instrument": Field("(runs.maker || ' ' || runs.model || ' ' || runs.serial)", Kind.TEXT, doc="all three below"),
    "maker": Field("runs.maker", Kind.TEXT, doc="of the instrument"),
    "model": Field("runs.model", Kind.TEXT, doc="of the instrument"),
    "serial": Field("runs.serial", Kind.TEXT, doc="of the instrument"),
    "resource": Field("runs.resource", Kind.TEXT, doc="its address"),
    "sample": Field("runs.sample", Kind.TEXT, doc="name of the sample"),
    "thickness": Field("runs.thickness", Kind.NUMBER, "m", "of the sample"),
    "area": Field("runs.area", Kind.NUMBER, "m^2", "of an electrode"),
    "T": Field("runs.temperature", Kind.NUMBER, "K", "temperature of the sample"),
    "operator": Field("runs.operator", Kind.TEXT, doc="who measured"),
    "project": Field("runs.project", Kind.TEXT, doc="for what"),
    "tag": Field("tags.tag", Kind.TAGS, doc="one of the tags"),
    "notes": Field("runs.notes", Kind.TEXT, doc="of the protocol, and made later"),
    "campaign": Field("runs.campaign", Kind.TEXT, doc="name of the campaign"),
    "point": Field("runs.point", Kind.NUMBER, doc="point of the campaign"),
    "samples": Field("runs.samples", Kind.NUMBER, doc="measured"),
    "duration": Field("runs.duration", Kind.NUMBER, "s", "measured; expected while the run is in progress"),
    "fit": Field("runs.circuit", Kind.TEXT, doc="circuit of the fit kept beside the run"),
    "verdict": Field("runs.verdict", Kind.TEXT, doc="whose memory the fit says it is"),
    "problem": Field("runs.problem", Kind.TEXT, doc="why the file cannot be read"),
    "text": Field("words", Kind.WORDS, doc="words anywhere in the texts above"),
}
"""Fields by their names in a condition."""
ALIASES = {"temperature": "T", "circuit": "fit", "tags": "tag", "date": "start", "name": "title"}
"""Other names of fields."""
