"""Which parts of a circuit may change places without changing the cell?"""

from __future__ import annotations

import numpy as np
import pytest

from fitting import CellModel, RelaxationTable

TABLE = RelaxationTable(np.array([0.0, 3.0]), np.array([0.2, 0.8]), 1.0, 0.0)
OTHER = RelaxationTable(np.array([0.0, 5.0]), np.array([0.4, 0.6]), 1.0, 0.0)


@pytest.mark.parametrize(
    ("circuit", "classes"),
    [
        ("R0-p(R1,C1)-p(R2,C2)", [("R1, C1", "R2, C2")]),
        # The order of the string, and of the branches, says nothing; labels count as numbers.
        ("p(C10,R10)-R0-p(R2,C2)", [("R2, C2", "R10, C10")]),
        ("R0-p(R1,C1)-p(R2,CPE2)", []),
        ("R0-p(R1,CPE1)-p(R2,CPE2)-CPE3", [("R1, CPE1", "R2, CPE2")]),
        ("R0-R1-C1", [("R0", "R1")]),
        ("CPE1-R0-CPE2", [("CPE1", "CPE2")]),
        ("p(De1,De2)-CPE1", [("De1", "De2")]),
        ("p(R1,p(R2,C1))", [("R1", "R2")]),
        ("R0-p(R1-p(R2,C2)-p(R3,C3),C1)", [("R2, C2", "R3, C3")]),
        ("p(R1-C1,R2-C2)-p(R3-C3,R4-C4)", [("R1, C1", "R2, C2"), ("R3, C3", "R4, C4"), ("R1, C1, R2, C2", None)]),
        ("R0-C1@Lag1@Lag2", [("Lag1", "Lag2")]),
        ("Pr1:3-C1", [("Pr1.tau_1", "Pr1.tau_2", "Pr1.tau_3")]),
        ("R0-Mig1-CPE1", []),
    ],
)
def test_like_parts_are_found(circuit: str, classes: list[tuple[str | None, ...]]) -> None:
    found = [one.names for one in CellModel(circuit).like_parts]
    assert len(found) == len(classes)
    for names, expected in zip(found, classes, strict=True):
        if None not in expected:
            assert names == expected


@pytest.mark.parametrize(
    ("held", "alike"),
    [
        ({}, True),
        ({"R0": 10.0}, True),
        ({"R1": 10.0}, False),
        ({"CPE1.n": 0.9}, False),
        ({"CPE1.n": 0.9, "CPE2.n": 0.8}, False),
        ({"CPE1.n": 0.9, "CPE2.n": 0.9}, True),
    ],
)
def test_held_values_tell_parts_apart_unless_they_are_the_same(held: dict[str, float], alike: bool) -> None:
    assert bool(CellModel("R0-p(R1,CPE1)-p(R2,CPE2)", held).like_parts) is alike


@pytest.mark.parametrize(
    ("held", "modes"),
    [
        ({}, ("tau_1", "tau_2", "tau_3")),
        ({"Pr1.tau_2": 1.0}, ("tau_1", "tau_3")),
        # With the first mode another, all odds would be others.
        ({"Pr1.r_3": 1.0}, ()),
        ({"Pr1.r_3": 1.0, "Pr1.tau_2": 1.0}, ()),
    ],
)
def test_modes_of_an_element_are_alike_where_times_and_odds_are_free(
    held: dict[str, float], modes: tuple[str, ...]
) -> None:
    found = CellModel("Pr1:3-C1", held).like_parts
    assert (found[0].names if found else ()) == tuple(f"Pr1.{mode}" for mode in modes)


def test_elements_of_one_table_are_alike_and_of_two_are_not() -> None:
    same = CellModel("p(Tab1,Tab2)-C1", tables={"Tab1": TABLE, "Tab2": TABLE})
    assert [one.names for one in same.like_parts] == [("Tab1", "Tab2")]
    assert not CellModel("p(Tab1,Tab2)-C1", tables={"Tab1": TABLE, "Tab2": OTHER}).like_parts


@pytest.mark.parametrize("circuit", ["R0-De1-De2-C1", "De2-R0-C1-De1"])
def test_the_memory_is_that_of_the_smallest_label_in_any_order(circuit: str) -> None:
    bulk = CellModel(circuit).bulk
    assert bulk is not None
    assert bulk.name == "De1"


def test_parts_are_ordered_by_their_time() -> None:
    def sizes(circuit: str, values: dict[str, float]) -> list[float]:
        model = CellModel(circuit)
        p = np.array([values[parameter.name] for parameter in model.parameters])
        return [float(np.exp(size.evaluate(p)[0])) for size in model.like_parts[0].sizes]

    arcs = {"R1": 10.0, "C1": 1e-3, "R2": 5.0, "C2": 1e-2}
    assert sizes("p(R1,C1)-p(R2,C2)", arcs) == pytest.approx([0.01, 0.05])
    depressed = {"R1": 10.0, "CPE1.Q": 1e-3, "CPE1.n": 0.5, "R2": 5.0, "CPE2.Q": 1e-2, "CPE2.n": 0.8}
    assert sizes("p(R1,CPE1)-p(R2,CPE2)", depressed) == pytest.approx([1e-4, 0.05**1.25])
    coils = {"R1": 10.0, "L1": 2.0, "R2": 5.0, "L2": 3.0}
    assert sizes("p(R1,L1)-p(R2,L2)", coils) == pytest.approx([0.2, 0.6])
    waves = {"R1": 10.0, "W1": 2.0, "R2": 5.0, "W2": 3.0}
    assert sizes("p(R1,W1)-p(R2,W2)", waves) == pytest.approx([0.04, 0.36])


def test_the_slopes_of_a_size_are_its_differences() -> None:
    model = CellModel("p(R1,CPE1)-p(R2,CPE2)")
    p = np.array([10.0, 1e-3, 0.7, 5.0, 1e-2, 0.8])
    for size in model.like_parts[0].sizes:
        slopes = size.evaluate(p)[1]
        for k in range(len(p)):
            step = np.eye(len(p))[k] * 1e-6 * p[k]
            differences = (size.evaluate(p + step)[0] - size.evaluate(p - step)[0]) / (2e-6 * p[k])
            assert slopes[k] == pytest.approx(differences, rel=1e-6, abs=1e-9)
