"""JSON schemas of protocol files and of the documents of campaigns, for editors that check and complete TOML.

``python -m protocols.schema`` prints that of protocols and ``python -m protocols.schema campaign`` that of campaigns;
``docs/reference/protocol.schema.json`` and ``docs/reference/campaign.schema.json`` are their output.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from protocols.campaigns.reading import STOP_WHEN
from protocols.campaigns.sections import CampaignSections
from protocols.campaigns.stopping import ConditionsSpec
from protocols.protocol import Protocol
from protocols.records import record_schema
from protocols.stored_arrays import DATA_KEY

_STORED = {
    "array_file": {
        "description": "An array in a NumPy file beside the protocol file.",
        "type": "object",
        "additionalProperties": False,
        "required": ["file", "sha256"],
        "properties": {
            "file": {"description": "Name of the file.", "type": "string"},
            "sha256": {"description": "Digest of the whole file.", "type": "string", "pattern": "^[0-9a-fA-F]{64}$"},
        },
    },
    "array_data": {
        "description": "An array in the text: a NumPy file, compressed by zlib, in base64.",
        "type": "object",
        "additionalProperties": False,
        "required": [DATA_KEY],
        "properties": {DATA_KEY: {"type": "string"}},
    },
}


def schema() -> dict[str, Any]:
    """Return the JSON schema (draft 07, which all TOML editors know) of a protocol file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Protocol file of ionecho",
        **record_schema(Protocol),
        "definitions": _STORED,
    }


def campaign_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 07) of the document of a campaign.

    Any field of the protocol may be left to a sweep, so none is required in it but the kind of the sequence.
    """
    protocol = _without_required(record_schema(Protocol))
    conditions = ConditionsSpec("Conditions of [stop], which may also stand here.").schema()
    properties = protocol["properties"] | record_schema(CampaignSections)["properties"] | {STOP_WHEN: conditions}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Campaign of ionecho",
        **protocol,
        "description": "A protocol, values that its fields take one after the other, and the rules between its runs.",
        "properties": properties,
        "definitions": _STORED,
    }


def _without_required(shape: Any) -> Any:
    if isinstance(shape, list):
        return [_without_required(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    kept = {key: _without_required(one) for key, one in shape.items() if key != "required"}
    if "kind" in shape.get("required", []):
        kept["required"] = ["kind"]
    if kept.get("oneOf") and all(one == {} for one in kept["oneOf"]):  # which of two keys: a sweep may give either
        del kept["oneOf"]
    return kept


if __name__ == "__main__":
    wanted = campaign_schema() if sys.argv[1:] == ["campaign"] else schema()
    sys.stdout.write(json.dumps(wanted, indent=2, ensure_ascii=False) + "\n")
