"""Campaigns: one document for many runs, with sweeps, temperatures, order, rests and conditions to stop."""

from protocols.campaigns.campaign import Campaign, is_campaign, load_document
from protocols.campaigns.points import Point, Points
from protocols.campaigns.rules import Between, Order, TemperatureRule
from protocols.campaigns.stopping import StopCondition, StopKind, StopRule
from protocols.campaigns.sweep import Range, Sweep

__all__ = [
    "Between",
    "Campaign",
    "Order",
    "Point",
    "Points",
    "Range",
    "StopCondition",
    "StopKind",
    "StopRule",
    "Sweep",
    "TemperatureRule",
    "is_campaign",
    "load_document",
]
