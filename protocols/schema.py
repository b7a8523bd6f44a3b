"""JSON schema of protocol files, for editors that check and complete TOML.

``python -m protocols.schema`` prints it; ``docs/reference/protocol.schema.json`` is its output.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from protocols.protocol import Protocol
from protocols.records import record_schema
from protocols.steps import step_schema
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
        "definitions": {**_STORED, "step": step_schema()},
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
