"""Campaigns: a protocol, the values that its fields take one after the other, and the rules between its runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocols.campaigns.reading import CAMPAIGN_KEYS, read_campaign
from protocols.campaigns.rules import Between, Order
from protocols.campaigns.sections import CampaignSections
from protocols.campaigns.stopping import StopRule
from protocols.document import read_toml, with_arrays_in_text, write_toml
from protocols.errors import ProtocolError
from protocols.library import content_of, find
from protocols.protocol import Protocol
from protocols.records import nearest, specs, write_record
from protocols.texts import toml_tables

if TYPE_CHECKING:
    from protocols.campaigns.points import Points
    from protocols.campaigns.rules import TemperatureRule
    from protocols.campaigns.sweep import Sweep


@dataclass(frozen=True, eq=False)
class Campaign:
    """What is measured in a week: runs of one protocol with other values, and the rules between them.

    Attributes
    ----------
    name : str
        The protocol's.
    text : str
        The document as given, with its long arrays in the text: it needs no other file.
    points : Points
        A sequence of `Point`, in the order in which they are run; each is made when it is asked for.
    sections : CampaignSections
        The tables of the document beside the protocol.
    """

    name: str
    text: str
    points: Points
    sections: CampaignSections

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        """The sweeps, the slowest first."""
        return self.sections.sweeps

    @property
    def order(self) -> Order:
        """The order of the points."""
        return self.sections.order

    @property
    def temperature(self) -> TemperatureRule | None:
        """Controller and stability; None where nothing sets a temperature."""
        return self.sections.temperature

    @property
    def between(self) -> Between:
        """What is done between the points."""
        return self.sections.between

    @property
    def stop(self) -> StopRule:
        """When it ends early."""
        return self.sections.stop

    @classmethod
    def from_toml(cls, text: str, source: str = "campaign", *, folder: Path | None = None) -> Campaign:
        """Read a campaign from the text of its document.

        A protocol file without any of a campaign's tables is a campaign of one point.

        Parameters
        ----------
        text : str
            TOML. ``docs/reference/campaign-files.md`` lists the fields.
        source : str
            Name of the file, for error messages.
        folder : Path, optional
            Where the files of long arrays are, if the text names any.

        Raises
        ------
        ProtocolError
            With every problem of the text, each with its path.
        """
        tables, problems = read_toml(text, source, folder)
        if problems:
            raise ProtocolError(tuple(problems), source)
        sections, points = read_campaign(tables, source)
        name = str(tables["name"]) if "name" in tables else points[0].protocol.name
        return cls(name, with_arrays_in_text(text, folder), points, sections)

    @classmethod
    def load(cls, path: str | Path) -> Campaign:
        """Read the file of a campaign, or of a protocol as a campaign of one point.

        Raises
        ------
        ProtocolError
            If there is no such file, or it has problems (all are named).
        """
        file = find(path)
        return cls.from_toml(content_of(file), file.name, folder=file.parent)

    @classmethod
    def of(
        cls,
        protocol: Protocol,
        *sweeps: Sweep,
        order: Order | None = None,
        temperature: TemperatureRule | None = None,
        between: Between | None = None,
        stop: StopRule | None = None,
    ) -> Campaign:
        """Make the campaign of a protocol.

        Raises
        ------
        ProtocolError
            With every problem.
        """
        sections = CampaignSections(sweeps, order or Order(), temperature, between or Between(), stop or StopRule())
        return cls.from_toml(write_toml(write_record(protocol) | write_record(sections)), protocol.name)

    def save(self, path: str | Path) -> None:
        """Write its document."""
        Path(path).write_text(self.text, encoding="utf-8", newline="")


def is_campaign(text: str) -> bool:
    """Return whether a document has any table that makes it a campaign, or one whose name is nearly that of such."""
    try:
        return _has_sections(toml_tables(text))
    except ValueError:
        return False


def _has_sections(tables: dict[str, Any]) -> bool:
    known = specs(Protocol)
    return any(
        key in CAMPAIGN_KEYS or nearest(key, [*known, *CAMPAIGN_KEYS]) in CAMPAIGN_KEYS
        for key in tables
        if key not in known
    )


def load_document(path: str | Path) -> Protocol | Campaign:
    """Read a file: a campaign if it has any of a campaign's tables, else a protocol.

    Raises
    ------
    ProtocolError
        If there is no such file, or it has problems (all are named).
    """
    file = find(path)
    text = content_of(file)
    kind = Campaign if is_campaign(text) else Protocol
    return kind.from_toml(text, file.name, folder=file.parent)
