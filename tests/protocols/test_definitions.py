"""One definition a field is all that reader, constructor, schema and reference know of it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocols import Limits, Protocol, ProtocolError, PulseSequence, Sample, Sampling
from protocols.library import names
from protocols.recipes import RECIPES, Arrays, Prbs, Pulse, Train
from protocols.records import read_record, specs, write_record
from protocols.schema import schema

PROJECT = Path(__file__).parents[2]
REFERENCE = PROJECT / "docs" / "reference"
SURROUNDINGS = """
name = "x"
[sampling]
interval = "10 us"
[limits]
voltage = "1 V"
current = "1 mA"
"""


def problems_of(text: str) -> dict[str, str]:
    with pytest.raises(ProtocolError) as caught:
        Protocol.from_toml(text)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_quantities_are_taken_as_text_or_as_si_floats_and_kept_as_floats() -> None:
    assert Pulse("10 mV", "20 ms", after="1 s") == Pulse(0.01, 0.02, after=1)
    assert Sampling("10 us", "1 uA").interval_s == 1e-5
    assert Limits("0.1 V", np.float64(0.5)) == Limits(voltage_V=0.1, current_A=0.5)
    assert isinstance(Sample(thickness_m=1).thickness_m, float)


def test_a_record_cannot_be_changed_once_it_is_made() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Pulse(0.01, 1.0).level = 3.0


@pytest.mark.parametrize("kind", [kind for kind in RECIPES if kind != "arrays"])
def test_a_builder_has_the_fields_of_its_recipe_and_says_what_they_are(kind: str) -> None:
    build = getattr(PulseSequence, kind)
    assert list(inspect.signature(build).parameters) == list(inspect.signature(RECIPES[kind]).parameters)
    assert build.__name__ == kind
    for name, spec in specs(RECIPES[kind]).items():
        assert f"\n{name} : " in build.__doc__
        assert spec.doc in build.__doc__


def test_the_first_fields_of_a_builder_stand_in_their_usual_order() -> None:
    parameters = inspect.signature(PulseSequence.pump_probe).parameters.values()
    assert [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD] == ["level", "width", "wait"]


def test_files_leave_the_unit_out_of_the_key_and_defaults_out_of_the_table() -> None:
    assert write_record(Limits(0.1, 1e-5)) == {"voltage": "0.1 V", "current": "1e-05 A"}
    assert write_record(Sample(area_m2=5e-5, conductivity_S_m=1e-7)) == {
        "area": "5e-05 m^2",
        "conductivity": "1e-07 S/m",
    }
    assert read_record(Sampling, {"rate": "100 kHz"}).interval_s == pytest.approx(1e-5)


def test_a_misspelt_key_is_answered_with_the_nearest() -> None:
    found = problems_of(f'{SURROUNDINGS}[sequence]\nkind = "pulse"\nlevl = "10 mV"\nwidth = "1 s"')
    assert "did you mean 'level'?" in found["sequence.levl"]
    assert found["sequence.level"] == 'is missing: expected a quantity in V, such as "10 mV"'


def test_a_misspelt_table_is_answered_with_the_nearest() -> None:
    found = problems_of(f'{SURROUNDINGS}[sequense]\nkind = "pulse"')
    assert "did you mean 'sequence'?" in found["sequense"]
    assert "a table [sequence]" in found["sequence"]


def test_a_misspelt_kind_is_answered_with_the_nearest() -> None:
    found = problems_of(f'{SURROUNDINGS}[sequence]\nkind = "trian"')
    assert "did you mean 'train'?" in found["sequence.kind"]


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (
            '["1 V", "2 V"]',
            'expected a quantity in V, such as "10 mV", not a list of 2 values. To measure with one after the other, '
            "use [[sweep]]: move the list to the end of the file, as\n    [[sweep]]\n    field = "
            '"sequence.level"\n    values = ["1 V", "2 V"]',
        ),
        ("{ V = 1 }", 'expected a quantity in V, such as "10 mV", not a table'),
        ("true", 'expected a quantity in V, such as "10 mV", not true'),
        ("nan", 'expected a quantity in V, such as "10 mV", not nan'),
        ('"1"', "'1' has no unit: expected a quantity in V, such as \"10 mV\""),
        ('"1 A"', "'1 A': 'A' is not a unit of V; expected a quantity in V, such as \"10 mV\""),
        ("2024-01-01", 'expected a quantity in V, such as "10 mV", not the date 2024-01-01'),
    ],
)
def test_whatever_stands_where_a_quantity_belongs_is_answered_with_a_sentence(value: str, answer: str) -> None:
    text = f'{SURROUNDINGS}[sequence]\nkind = "pulse"\nwidth = "1 s"\nlevel = {value}'
    assert problems_of(text) == {"sequence.level": answer}


def test_wrong_tables_and_wrong_values_are_all_named_at_once() -> None:
    found = problems_of('name = 3\nsequence = 3\nrepeats = "two"\nsampling = "10 us"\n[limits]\nvoltage = "1 A"')
    assert set(found) == {"name", "sequence", "repeats", "sampling", "limits.voltage", "limits.current"}
    assert found["sampling"] == "expected a table, not '10 us'"
    assert found["repeats"] == "expected a whole number, 1 or more, at most 1000000, not 'two'"


def test_both_of_interval_and_rate_or_none_are_one_problem_of_the_table() -> None:
    both = SURROUNDINGS.replace('interval = "10 us"', 'interval = "10 us"\nrate = "100 kHz"')
    pulse = '[sequence]\nkind = "pulse"\nlevel = "1 mV"\nwidth = "1 s"'
    for text in (both, SURROUNDINGS.replace('interval = "10 us"', "")):
        assert problems_of(text + pulse)["sampling"].startswith("expected one of interval (")


def test_a_long_list_with_a_wrong_unit_is_answered_in_a_few_lines() -> None:
    levels = json.dumps(["1 A"] * 5000)
    text = f'{SURROUNDINGS}[sequence]\nkind = "arrays"\ntimes = ["0 s"]\nlevels = {levels}\nduration = "1 s"'
    with pytest.raises(ProtocolError) as caught:
        Protocol.from_toml(text)
    assert str(caught.value.problems[-1]) == "sequence.levels: 4995 more of these 5000 values are wrong"
    assert len(caught.value.problems) == 6


def test_lists_of_arrays_fit_each_other() -> None:
    with pytest.raises(ProtocolError) as caught:
        Arrays([0.0, 1.0], [1.0], 3.0, ramp=(True,), starts=[1.0, 2.0, 3.0])
    assert {problem.path for problem in caught.value.problems} == {"levels", "ramp", "starts"}


def test_fields_that_contradict_each_other_are_named_where_they_stand() -> None:
    with pytest.raises(ProtocolError, match=r"width: 0\.03 s must be shorter than period"):
        Train(0.01, 0.03, 0.03, 2)
    with pytest.raises(ProtocolError, match=r"seed: 8 must be below"):
        Prbs(0.01, 0.03, 3, seed=8)


def test_rests_around_arrays_are_refused_with_advice() -> None:
    text = f'{SURROUNDINGS}[sequence]\nkind = "arrays"\ntimes = [0]\nlevels = [1]\nduration = 1\nbefore = "1 s"'
    assert "as edges of their own" in problems_of(text)["sequence.before"]


def test_the_schema_in_the_reference_is_the_one_of_the_definitions() -> None:
    assert json.loads((REFERENCE / "protocol.schema.json").read_text(encoding="utf-8")) == schema()


def keys(node: Any) -> set[str]:
    """Return the keys that a part of the schema knows, with paths."""
    found: set[str] = set()
    for shape in [node, *node.get("oneOf", [])]:
        for key, below in shape.get("properties", {}).items():
            found |= {key} | {f"{key}.{one}" for one in keys(below)}
    return found


@pytest.mark.parametrize("name", names())
def test_the_schema_knows_every_key_of_the_ready_protocols(name: str) -> None:
    document = tomllib.loads(Protocol.load(name).to_toml())
    used = {f"{table}.{key}" for table, below in document.items() if isinstance(below, dict) for key in below}
    assert used | set(document) <= keys(schema())


def test_the_reference_names_every_field_and_every_kind() -> None:
    page = (REFERENCE / "protocol-files.md").read_text(encoding="utf-8")
    lost = [key for key in keys(schema()) if key.rpartition(".")[2] not in page]
    assert lost == []
    assert [kind for kind in RECIPES if f"`{kind}`" not in page] == []
