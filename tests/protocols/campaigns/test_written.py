"""A campaign that is written down and read again is the same campaign."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import Protocol
from protocols.campaigns import Between, Campaign, Order, Range, StopRule, Sweep, TemperatureRule, load_document
from protocols.campaigns.sections import SECTIONS
from protocols.schema import campaign_schema
from tests.properties import examples
from tests.protocols.campaigns.documents import COLD, PULSE, campaign, sweep

PROJECT = Path(__file__).parents[3]
BASE = Protocol.from_toml(PULSE)

seconds = st.floats(1e-6, 1e6)
volts = st.floats(-0.1, 0.1)
kelvins = st.floats(100.0, 300.0)
quantities = st.one_of(volts, volts.map(lambda v: f"{v!r} V"), volts.map(lambda v: f"{v!r} mV"))
ranges = st.tuples(st.floats(1, 9), st.floats(10, 99), st.integers(2, 6), st.sampled_from(["linear", "log"])).map(
    lambda ends: Range(f"{ends[0]!r} mV", f"{ends[1]!r} mV", ends[2], ends[3])
)
levels = st.one_of(
    st.lists(quantities, min_size=1, max_size=5).map(lambda values: Sweep("sequence.level", tuple(values))),
    ranges.map(
        lambda one: Sweep("sequence.level", first=one.first, last=one.last, count=one.count, spacing=one.spacing)
    ),
    st.tuples(ranges, st.floats(1e-6, 1e-3)).map(
        lambda both: Sweep(
            together={
                "sequence.level": both[0],
                "limits.current": tuple(f"{both[1]!r} A" for _ in range(both[0].count)),
            }
        )
    ),
)
names = st.lists(st.text("abc \"'\\µΩ", min_size=1, max_size=8), min_size=1, max_size=3).map(
    lambda values: Sweep("sample.name", tuple(values))
)
orders = st.builds(
    Order, st.sampled_from(["given", "random"]), st.integers(0, 2**32 - 1), st.integers(1, 3), st.booleans()
)
rules = st.builds(
    TemperatureRule,
    st.text("abc:123", min_size=1, max_size=60),
    st.floats(1e-3, 10.0),
    seconds,
    st.floats(2e6, 1e7),
    st.just(300.0),
    st.lists(kelvins, min_size=1, max_size=3).map(tuple),
    st.none() | st.floats(1e-3, 1.0),
    st.sampled_from(["", "A", "B"]),
    st.integers(1, 4),
)
betweens = st.builds(Between, st.floats(0, 1e6), st.none() | volts, st.integers(0, 9), st.integers(1, 9))
ends = st.none() | seconds | st.times() | st.datetimes(timezones=st.none() | st.just(dt.UTC))
stops = st.builds(
    StopRule,
    st.lists(st.sampled_from(["Mig1.tau known to 5 %", "current above 1 uA", "after 12 h"]), unique=True, max_size=3),
    ends,
)


@settings(max_examples=examples(60))
@given(levels, names, orders, st.none() | rules, betweens, stops)
def test_any_campaign_survives_being_written(
    level: Sweep, name: Sweep, order: Order, rule: TemperatureRule | None, between: Between, stop: StopRule
) -> None:
    made = Campaign.of(BASE, level, name, order=order, temperature=rule, between=between, stop=stop)
    assert (made.sweeps, made.order, made.temperature) == ((level, name), order, rule)
    assert (made.between, made.stop) == (between, stop)
    again = Campaign.from_toml(made.text)
    assert again.sections == made.sections
    assert list(again.points) == list(made.points)
    assert Campaign.of(BASE, *again.sweeps, order=again.order, temperature=again.temperature, between=again.between,
                       stop=again.stop).text == made.text  # fmt: skip


def test_a_saved_campaign_loads(tmp_path: Path) -> None:
    made = campaign(sweep("sequence.level", "1 mV", "2 mV"), "[between]\nrest = '1 s'")
    made.save(tmp_path / "x.toml")
    again = load_document(tmp_path / "x.toml")
    assert isinstance(again, Campaign)
    assert again.text == made.text
    assert again.name == "pulse"


def test_the_schema_in_the_reference_is_the_one_of_the_definitions() -> None:
    kept = (PROJECT / "docs" / "reference" / "campaign.schema.json").read_text(encoding="utf-8")
    assert json.loads(kept) == campaign_schema()


def keys(shape: dict[str, Any]) -> set[str]:
    """Return the keys that a part of the schema knows, with paths."""
    found: set[str] = set()
    for one in [shape, *shape.get("oneOf", []), shape.get("items", {})]:
        for key, below in one.get("properties", {}).items():
            found |= {key} | {f"{key}.{inside}" for inside in keys(below)}
    return found


def test_the_schema_and_the_reference_know_every_key_and_need_none_that_a_sweep_may_give() -> None:
    study = tomllib.loads((PROJECT / "examples" / "campaigns" / "study.toml").read_text(encoding="utf-8"))
    used = set(study) | {
        f"{table}.{key}" for table, inside in study.items() if isinstance(inside, dict) for key in inside
    }
    used |= {f"sweep.{key}" for one in study["sweep"] for key in one}
    assert used <= keys(campaign_schema())
    reference = (PROJECT / "docs" / "reference" / "campaign-files.md").read_text(encoding="utf-8")
    properties = campaign_schema()["properties"]
    for section in SECTIONS:
        assert f"[{section}]" in reference
        for key in keys(properties[section]):
            assert f"`{key}`" in reference, f"[{section}] {key} is not in the reference"
    assert "required" not in campaign_schema()
    assert all(shape["required"] == ["kind"] for shape in properties["sequence"]["oneOf"])


def test_a_rule_without_set_points_is_written_without_them() -> None:
    made = campaign(COLD, sweep("temperature", "300 K"))
    assert made.temperature is not None
    assert made.temperature.set_points_K is None
