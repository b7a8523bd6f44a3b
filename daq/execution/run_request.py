"""Request for one run, as a guardian receives it."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field

from protocols import Limits


def _new_id() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True)
class StopThreshold:
    """A measured value beyond which a campaign ends; no danger, which is for `Limits`.

    Attributes
    ----------
    quantity : str
        ``current``, ``charge`` or ``energy``.
    value : float
        SI, with its sign.
    above : bool
        Whether what is above it ends the campaign; else what is below it.
    text : str
        As the document says it.
    """

    quantity: str
    value: float
    above: bool
    text: str


@dataclass(frozen=True)
class CampaignPlace:
    """Which point of which campaign a run is, and what the campaign wants of it.

    Attributes
    ----------
    campaign : str
        Name of the campaign; empty for none.
    point : int
        Which point of it, counted from 1.
    slow_temperature : bool
        Whether the run file gets room for temperatures, which whoever reads a controller writes meanwhile.
    ends_at : tuple of StopThreshold
        Which values end the run, and the campaign.
    """

    campaign: str = ""
    point: int = 0
    slow_temperature: bool = False
    ends_at: tuple[StopThreshold, ...] = ()


NO_CAMPAIGN = CampaignPlace()
"""Of a run by itself."""


@dataclass(frozen=True)
class RunRequest:
    """What a guardian and its runner are to do.

    Attributes
    ----------
    resource : str
        VISA resource of the instrument.
    protocol_text : str
        Content of a protocol file.
    limits : Limits
        The rig's own; the stricter of these and the protocol's win.
    path : str
        Run file to be made.
    run_id : str
        Tells this run from any other.
    timeout_s : float
        Of any single exchange with the instrument.
    stall_s : float
        How long the runner may be silent while the output may be on (decision 255).
    transcript : str
        File in which the runner records every byte; empty for none.
    place : CampaignPlace
        Which point of which campaign it is.
    """

    resource: str
    protocol_text: str
    limits: Limits
    path: str
    run_id: str = field(default_factory=_new_id)
    timeout_s: float = 1.5
    stall_s: float = 4.0
    transcript: str = ""
    place: CampaignPlace = NO_CAMPAIGN


def request_to_json(request: RunRequest) -> str:
    """Return a request as a message for a guardian."""
    return json.dumps(asdict(request))


def request_from_json(text: str) -> RunRequest:
    """Return the request that `request_to_json` wrote."""
    fields = json.loads(text)
    limits, place = Limits(**fields["limits"]), fields["place"]
    ends_at = tuple(StopThreshold(**one) for one in place["ends_at"])
    return RunRequest(**(fields | {"limits": limits, "place": CampaignPlace(**(place | {"ends_at": ends_at}))}))
