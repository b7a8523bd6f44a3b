"""Campaigns: a protocol, the values that its fields take one after the other, and the rules between its runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocols.campaigns.reading import read_campaign
from protocols.campaigns.sections import SECTIONS, CampaignSections
from protocols.document import read_toml, with_arrays_in_text, write_toml
from protocols.errors import ProtocolError
from protocols.library import find
from protocols.protocol import Protocol
from protocols.records import did_you_mean, specs, write_record
from protocols.texts import read_text_file, toml_tables

if TYPE_CHECKING:
    from protocols.campaigns.points import Points
    from protocols.campaigns.rules import Between, Order, TemperatureRule
    from protocols.campaigns.stopping import StopRule
    from protocols.campaigns.sweep import Sweep
