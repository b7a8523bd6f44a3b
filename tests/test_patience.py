"""The limits of the tests' own waits: as promised on an idle machine, longer on a loaded one."""

from __future__ import annotations

import pytest

from tests import patience as waiting
from tests.patience import patience, promised, slowed, slowness, until


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """A machine whose slowness the test sets."""
    state = {"slowness": 1.0}
    monkeypatch.setattr(waiting, "slowness", lambda *, fresh=False: state["slowness"])  # noqa: ARG005
    return state


def test_an_idle_machine_keeps_a_promise_as_it_stands(machine: dict[str, float]) -> None:
    assert promised(1.0) == 1.0
    assert slowed(0.5) == 0.5
    assert patience(5.0) > 5.0


def test_a_loaded_machine_has_longer_limits_and_slower_simulators(machine: dict[str, float]) -> None:
    before = patience(5.0)
    machine["slowness"] = 8.0
    assert patience(5.0) == 8.0 * before
    assert promised(1.0) >= 8.0
    assert slowed(4.0) == 0.5
    assert slowed(0.5) == 0.1, "a runner stops an instrument that is much too late"
    assert slowed(0.05) == 0.05


def test_no_wait_outlasts_the_timeout_of_a_test(machine: dict[str, float], pytestconfig: pytest.Config) -> None:
    machine["slowness"] = 1e6
    assert max(patience(60.0), promised(60.0)) < float(pytestconfig.getini("timeout"))


def test_a_machine_is_never_faster_than_the_reference() -> None:
    assert slowness(fresh=True) >= 1.0


def test_a_wait_ends_with_its_event_or_says_that_it_was_in_vain(machine: dict[str, float]) -> None:
    looks = iter([False, False, True])
    assert until(lambda: next(looks), 60.0) < 60.0
    with pytest.raises(AssertionError, match="in vain"):
        until(lambda: False, 0.01)


def test_a_machine_that_becomes_slower_during_a_wait_gets_more_time(machine: dict[str, float]) -> None:
    looks = 0

    def late() -> bool:
        nonlocal looks
        looks += 1
        machine["slowness"] = 1000.0
        return looks > 10

    until(late, 0.01)
    assert looks == 11
