"""The list of journeys names tests that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gui.journeys import JOURNEYS


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_journey_is_walked_by_tests_that_are_there(journey: str) -> None:
    for place in JOURNEYS[journey]:
        file, _, name = place.partition("::")
        assert f"def {name}(" in (Path(__file__).parents[1] / file).read_text(encoding="utf-8"), place
