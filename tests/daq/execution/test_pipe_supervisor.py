"""A runner without a guardian stops, and one that wakes late never starts."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest

from daq.execution.messages import Heartbeat, StartAnswer, StartRequest, StopOrder, SwitchOffAnswer
from daq.execution.runner_process import PipeSupervisor
from daq.state import OutputState, Phase, RunStatus
from tests.patience import patience, until


class Clock:
    """Monotonic clock that can be moved on, as it is for a process that was frozen."""

    def __init__(self) -> None:
        self.later_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.later_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pipe() -> tuple[Connection[Any, Any], Connection[Any, Any]]:
    return multiprocessing.Pipe()


@pytest.fixture
def alone() -> list[str]:
    """Switchings off by the runner itself."""
    return []


@pytest.fixture
def supervisor(
    pipe: tuple[Connection[Any, Any], Connection[Any, Any]], clock: Clock, alone: list[str]
) -> PipeSupervisor:
    def switch_off_alone() -> str | None:
        alone.append("off")
        return None

    return PipeSupervisor(pipe[1], switch_off_alone, clock=clock)


@pytest.fixture
def guardian(pipe: tuple[Connection[Any, Any], Connection[Any, Any]], clock: Clock) -> Iterator[Callable[..., None]]:
    """Return a function that has a guardian answer: with heartbeats, and to each question as a function says."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def start(answer: Callable[[object], object] = lambda _: None) -> None:
        def live() -> None:
            while not over.is_set():
                pipe[0].send(Heartbeat(clock()))
                if pipe[0].poll(0.05) and (reply := answer(pipe[0].recv())) is not None:
                    pipe[0].send(reply)

        threads.append(threading.Thread(target=live, daemon=True))
        threads[-1].start()

    yield start
    over.set()
    for thread in threads:
        thread.join(patience(5))


def test_a_guardian_that_sends_no_heartbeat_for_two_seconds_ends_the_run(
    supervisor: PipeSupervisor, clock: Clock
) -> None:
    assert supervisor.stop_reason() is None
    clock.later_s = 2.5
    reason = supervisor.stop_reason()
    assert reason is not None
    assert "fell silent" in reason
    clock.later_s = 0.0
    assert supervisor.stop_reason() == reason, "a guardian that has been silent is not believed any more"


def test_a_guardian_that_is_frozen_as_the_system_says_is_missed_sooner(
    pipe: tuple[Connection[Any, Any], Connection[Any, Any]], clock: Clock
) -> None:
    supervisor = PipeSupervisor(pipe[1], lambda: None, lambda: True, clock)
    assert supervisor.stop_reason() is None, "its last heartbeat is fresh"
    clock.later_s = 1.0
    assert supervisor.stop_reason() is not None


def test_a_runner_that_was_frozen_itself_finds_the_heartbeats_of_a_living_guardian(
    supervisor: PipeSupervisor, clock: Clock, guardian: Callable[..., None]
) -> None:
    guardian()
    clock.later_s = 60.0
    assert supervisor.stop_reason() is None


def test_a_heartbeat_that_waited_in_the_pipe_while_both_were_frozen_counts_as_old(
    supervisor: PipeSupervisor, clock: Clock, pipe: tuple[Connection[Any, Any], Connection[Any, Any]]
) -> None:
    pipe[0].send(Heartbeat(clock()))
    clock.later_s = 60.0
    assert supervisor.stop_reason() is not None


def test_a_guardian_that_is_gone_ends_the_run(
    supervisor: PipeSupervisor, pipe: tuple[Connection[Any, Any], Connection[Any, Any]]
) -> None:
    pipe[0].close()
    until(lambda: supervisor.stop_reason() is not None)
    assert "no run continues without a guardian" in str(supervisor.stop_reason())


def test_the_start_is_permitted_by_an_answer_to_this_very_question(
    supervisor: PipeSupervisor, guardian: Callable[..., None]
) -> None:
    guardian(lambda asked: StartAnswer(asked.token, None) if isinstance(asked, StartRequest) else None)
    until(lambda: supervisor.may_start() is None)  # within a second, unless this machine is very busy


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: None, "did not permit the start within 1 s"),
        (lambda _: StartAnswer("another question", None), "did not permit the start within 1 s"),
        (lambda asked: StartAnswer(asked.token, "stopped by the operator"), "stopped by the operator"),
    ],
    ids=["silence", "an old answer", "refused"],
)
def test_without_a_permission_the_output_stays_off(
    answer: Callable[[Any], object], why: str, supervisor: PipeSupervisor, guardian: Callable[..., None]
) -> None:
    guardian(answer)
    until(lambda: why in str(supervisor.may_start()))


def test_a_runner_that_is_frozen_between_question_and_answer_does_not_start_when_it_wakes(
    supervisor: PipeSupervisor, clock: Clock, guardian: Callable[..., None]
) -> None:
    def answer_while_the_runner_is_frozen(asked: object) -> object:
        if isinstance(asked, StartRequest):
            clock.later_s += 80.0
            return StartAnswer(asked.token, None)
        return None

    guardian(answer_while_the_runner_is_frozen)
    assert supervisor.may_start() is not None


def test_a_frozen_guardian_does_not_hold_up_reports(supervisor: PipeSupervisor) -> None:
    for n_samples in range(50_000):
        supervisor.report(RunStatus(Phase.RUNNING, n_samples, 50_000, OutputState.ON))


def test_the_guardian_switches_off_for_a_runner_whose_session_failed(
    supervisor: PipeSupervisor, guardian: Callable[..., None], alone: list[str]
) -> None:
    def answer(asked: object) -> object:
        is_asked = isinstance(asked, RunStatus) and asked.phase is Phase.SWITCHING_OFF
        return SwitchOffAnswer("press the key") if is_asked else None

    guardian(answer)
    assert supervisor.switch_off() == "press the key"
    assert alone == []


def test_a_runner_whose_guardian_falls_silent_while_it_waits_switches_off_itself(
    supervisor: PipeSupervisor, clock: Clock, alone: list[str]
) -> None:
    clock.later_s = 5.0
    assert supervisor.switch_off() is None
    assert alone == ["off"]


def test_a_stop_of_the_guardian_is_heard(
    supervisor: PipeSupervisor, pipe: tuple[Connection[Any, Any], Connection[Any, Any]]
) -> None:
    pipe[0].send(StopOrder("enough"))
    until(lambda: supervisor.stop_reason() == "enough")


def test_exchanges_with_the_instrument_are_signs_of_life_while_a_program_is_loaded(
    supervisor: PipeSupervisor, pipe: tuple[Connection[Any, Any], Connection[Any, Any]], clock: Clock
) -> None:
    supervisor.report(RunStatus(Phase.ARMING))
    assert pipe[0].poll(patience(5))
    assert pipe[0].recv() == RunStatus(Phase.ARMING)
    for _ in range(3):
        clock.later_s += 0.5
        supervisor.report_progress()
    assert pipe[0].poll(patience(5))
    assert pipe[0].recv() == RunStatus(Phase.ARMING)


def test_a_runner_alone_says_when_only_its_file_is_left_to_close(
    supervisor: PipeSupervisor, pipe: tuple[Connection[Any, Any], Connection[Any, Any]]
) -> None:
    told: list[str] = []
    supervisor.on_closing_alone = lambda: told.append("off")
    supervisor.report(RunStatus(Phase.CLOSING, output=OutputState.OFF))
    assert told == [], "the guardian lives"
    pipe[0].close()
    until(lambda: supervisor.stop_reason() is not None)
    supervisor.report(RunStatus(Phase.CLOSING, output=OutputState.UNKNOWN))
    assert told == [], "the output may be on"
    supervisor.report(RunStatus(Phase.CLOSING, output=OutputState.OFF))
    assert told == ["off"]
