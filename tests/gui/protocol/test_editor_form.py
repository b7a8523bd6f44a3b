"""Form and text of the editor say the same, for every ready protocol and example."""

from __future__ import annotations

import tomllib
from pathlib import Path

from gui.protocol.editor_check import read_document
from gui.protocol.editor_edits import with_section, with_step_after, with_typed
from gui.protocol.editor_form import Control, FormField, Node, document_nodes
from gui.protocol.editor_tree import SECTIONS
from protocols.records import read_record
from protocols.steps import KINDS, STEPS

PROJECT = Path(__file__).parents[3]
FILES = [
    *sorted((PROJECT / "protocols" / "library").glob("*.toml")),
    *sorted((PROJECT / "examples" / "protocols").glob("*.toml")),
    *sorted((PROJECT / "examples" / "campaigns").glob("*.toml")),
]
TYPED = {Control.TEXT, Control.LINES, Control.LIST, Control.CHOICE}


def nodes_of(text: str) -> list[Node]:
    return [one for node in document_nodes(tomllib.loads(text)) for one in node.walk()]


def field_of(text: str, path_text: str) -> FormField:
    return next(field for node in nodes_of(text) for field in node.fields if field.path_text == path_text)


def test_typing_what_stands_there_changes_nothing() -> None:
    for file in FILES:
        check_form(file)


def check_form(file: Path) -> None:
    text = file.read_text("utf-8")
    shown = 0
    for node in nodes_of(text):
        for field in node.fields:
            if field.control in TYPED and field.text:
                shown += 1
                assert with_typed(text, field, field.text) == text
            if field.control in (Control.KIND, Control.PART):
                assert field.text in field.choices or field.text == ""
    given = [line for line in text.splitlines() if " = " in line]
    assert shown >= len(given) - text.count("kind =") - text.count("steps =")


def test_every_kind_of_sequence_and_step_that_can_be_added_is_right() -> None:
    text = (PROJECT / "protocols" / "library" / "pump_probe.toml").read_text("utf-8")
    for kind in KINDS:
        changed = with_typed(text, field_of(text, "sequence.kind"), kind)
        assert read_document(changed, None).faults == ()
        assert tomllib.loads(changed)["sequence"]["kind"] == kind
    steps = with_typed(text, field_of(text, "sequence.kind"), "steps")
    (sequence,) = (node for node in nodes_of(steps) if node.path == ("sequence",))
    for kind in STEPS:
        added, path = with_step_after(steps, sequence, kind)
        assert path == ("sequence", "steps", 1)
        assert read_document(added, None).faults == ()
        for part in ("sampling", "until"):
            for field in (one for node in nodes_of(added) for one in node.fields):
                if field.path == (*path, part):
                    for choice in field.choices:
                        assert read_document(with_typed(added, field, choice), None).faults == ()


def test_tables_of_a_campaign_that_can_be_added_are_right() -> None:
    text = (PROJECT / "protocols" / "library" / "single_pulse.toml").read_text("utf-8")
    for name in SECTIONS:
        added = with_section(text, name)
        reading = read_document(added, None)
        assert reading.faults == (), name
        assert reading.campaign is not None
    swept = with_section(text, "sweep", field_of(text, "limits.current"))
    assert tomllib.loads(swept)["sweep"] == [{"field": "limits.current", "values": ["10 uA"]}]


def test_numbers_stay_numbers_and_quantities_text() -> None:
    text = (PROJECT / "protocols" / "library" / "pulse_train.toml").read_text("utf-8")
    text = with_typed(text, field_of(text, "sequence.count"), "7")
    text = with_typed(text, field_of(text, "sequence.level"), "-0.1 V")
    text = with_typed(text, field_of(text, "sampling.four_wire"), "true")
    text = with_typed(text, field_of(text, "tags"), "first, second")
    tables = tomllib.loads(text)
    assert (tables["sequence"]["count"], tables["sequence"]["level"]) == (7, "-0.1 V")
    assert tables["sampling"]["four_wire"] is True
    assert tables["tags"] == ["first", "second"]
    emptied = tomllib.loads(with_typed(text, field_of(text, "tags"), ""))
    assert "tags" not in emptied


def test_another_kind_keeps_what_both_have() -> None:
    before = {"kind": "hold", "level": "7 mV", "duration": "3 s", "vs": "open circuit"}
    lines = ", ".join(f'{key} = "{value}"' for key, value in before.items())
    text = f'[sequence]\nkind = "steps"\nsteps = [\n    {{ {lines} }}, # mine\n]\n'
    changed = with_typed(text, field_of(text, "sequence.steps[0].kind"), "open_circuit")
    assert tomllib.loads(changed)["sequence"]["steps"] == [{"kind": "open_circuit", "duration": "3 s"}]
    assert "# mine" in changed
    step = tomllib.loads(with_typed(text, field_of(text, "sequence.steps[0].kind"), "ramp"))["sequence"]["steps"][0]
    assert step == {**before, "kind": "ramp"}
    assert read_record(STEPS["ramp"], {key: value for key, value in step.items() if key != "kind"})
