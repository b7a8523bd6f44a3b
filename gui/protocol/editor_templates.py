"""What a new part of a protocol starts with in the editor: values that are right, small and slow. Without Qt."""

from __future__ import annotations

from typing import Any

from gui.common.language import tr

Tables = dict[str, Any]

# Small levels and short times, which no cell and no instrument minds.
_SEQUENCES: dict[str, Tables] = {
    "pulse": {"level": "20 mV", "width": "100 ms", "after": "1 s"},
    "train": {"level": "20 mV", "width": "100 ms", "period": "1 s", "count": 5},
    "pump_probe": {"level": "20 mV", "width": "100 ms", "wait": "100 ms", "after": "1 s"},
    "bipolar": {"level": "20 mV", "width": "100 ms", "gap": "1 s"},
    "staircase": {"start": "0 V", "stop": "100 mV", "steps": 5, "dwell": "1 s"},
    "prbs": {"level": "10 mV", "dwell": "10 ms", "order": 6},
    "multisine": {"level": "10 mV", "period": "1 s", "highest": 9, "points": 64},
    "arrays": {"times": ["0 s", "1 s"], "levels": ["20 mV", "0 V"], "duration": "2 s"},
}
_STEPS: dict[str, Tables] = {
    "hold": {"level": "0 V", "duration": "1 s"},
    "ramp": {"level": "100 mV", "rate": "50 mV/s"},
    "open_circuit": {"duration": "10 s"},
    "current": {"current": "1 uA", "duration": "1 s"},
    "group": {"repeat": 2, "steps": [{"kind": "hold", "level": "20 mV", "duration": "1 s"}]},
    **{kind: values for kind, values in _SEQUENCES.items() if kind != "arrays"},
}
_RULES: dict[str, Tables] = {
    "uniform": {"interval": "1 ms"},
    "log": {"per_decade": 20},
    "after_edges": {"within": "20 ms", "then": "10 ms"},
}
_SECTIONS: dict[str, Tables] = {
    "sweep": {"field": "sequence.level", "values": ["10 mV", "20 mV"]},
    "order": {"kind": "random", "repeats": 2},
    "temperature": {
        "controller": "cryostat",
        "set_points": ["280 K", "300 K"],
        "tolerance": "0.1 K",
        "stable_for": "5 min",
        "at_most": "1 h",
        "limit": "320 K",
    },
    "between": {"rest": "1 min"},
    "stop": {"stop_when": ["after 12 h"]},
}


def new_sequence(kind: str) -> Tables:
    """Return the table of a sequence of a kind."""
    return {"kind": kind, "steps": [new_step("hold")]} if kind == "steps" else {"kind": kind, **_SEQUENCES[kind]}


def new_step(kind: str) -> Tables:
    """Return the table of a step of a kind."""
    return {"kind": kind, **_STEPS[kind]}


def new_rule(kind: str) -> Tables:
    """Return the table of a rule of sampling of a kind."""
    return {"kind": kind, **_RULES[kind]}


def new_section(name: str) -> Tables:
    """Return a table of a campaign: sweep, order, temperature, between or stop."""
    return dict(_SECTIONS[name])


def new_until(step: str) -> Tables:
    """Return the end by slope of a step of a kind."""
    slope = {"current_slope": "1 nA/s"} if step == "hold" else {"potential_slope": "100 uV/s"}
    return {**slope, "over": "1 s"}


def title_of(kind: str) -> str:
    """Return what a kind of sequence, step or table is called in the window."""
    return {
        "hold": tr("Hold"),
        "ramp": tr("Ramp"),
        "open_circuit": tr("Open circuit"),
        "current": tr("Current"),
        "group": tr("Group"),
        "pulse": tr("Pulse"),
        "train": tr("Pulse train"),
        "pump_probe": tr("Pump and probe"),
        "bipolar": tr("Bipolar pulses"),
        "staircase": tr("Staircase"),
        "prbs": tr("Pseudo-random levels"),
        "multisine": tr("Multisine"),
        "arrays": tr("Edges as lists"),
        "steps": tr("Steps"),
        "uniform": tr("even"),
        "log": tr("logarithmic"),
        "after_edges": tr("fast after edges"),
        "protocol": tr("Protocol"),
        "sequence": tr("Sequence"),
        "sampling": tr("Sampling"),
        "limits": tr("Limits"),
        "sample": tr("Sample"),
        "sweep": tr("Sweep"),
        "order": tr("Order"),
        "temperature": tr("Temperature"),
        "between": tr("Between points"),
        "stop": tr("Stop early"),
        "until": tr("Ends early"),
    }.get(kind, kind)
