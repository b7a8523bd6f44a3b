"""Neither end of a pipe can hold up the other, and what counts arrives."""

from __future__ import annotations

import multiprocessing
import queue
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

import pytest

from daq.execution.message_channel import MessageChannel
from daq.execution.messages import Heartbeat, PipeMessage, StopOrder
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus
from tests.patience import patience, until

Ends: TypeAlias = "tuple[Connection[Any, Any], Connection[Any, Any]]"


@pytest.fixture
def ends() -> Ends:
    return multiprocessing.Pipe()


def drop(_: PipeMessage | None) -> None:
    pass


def test_a_receiver_that_takes_nothing_holds_up_nobody_and_gets_the_outcome_in_the_end(ends: Ends) -> None:
    channel = MessageChannel(ends[0], drop)
    orders = [StopOrder(f"{number}" * 100) for number in range(5_000)]  # many times what a pipe takes
    for order in orders:
        channel.send(order)
    channel.send(RunStatus(Phase.PLANNING))
    for n_samples in range(50_000):
        channel.send(RunStatus(Phase.RUNNING, n_samples))
    outcome = Outcome(RunState.STOPPED, OutputState.OFF, "enough")
    channel.send(RunStatus(Phase.CLOSING, 49_999, 0, OutputState.OFF))
    channel.send(RunStatus().ended(outcome))
    assert not channel.flush(0.05), "the pipe is full"
    heard: list[Any] = []
    while not heard or not isinstance(heard[-1], RunStatus) or not heard[-1].is_final:
        assert ends[1].poll(patience(10))
        heard.append(ends[1].recv())
    assert heard[: len(orders)] == orders
    statuses = heard[len(orders) :]
    assert [status.phase for status in statuses] == [Phase.PLANNING, Phase.RUNNING, Phase.CLOSING, Phase.FINISHED]
    assert statuses[1].n_samples == 49_999, "the latest news"
    assert statuses[-1].outcome == outcome
    assert channel.flush(patience(10))


def test_an_order_is_never_replaced_by_later_messages(ends: Ends) -> None:
    channel = MessageChannel(ends[0], drop)
    for number in range(20_000):
        channel.send(Heartbeat(float(number)))
    channel.send(StopOrder("enough"))
    for number in range(20_000):
        channel.send(Heartbeat(float(number)))
    heard: list[PipeMessage] = []
    while not heard or heard[-1] != Heartbeat(19_999.0) or StopOrder("enough") not in heard:
        assert ends[1].poll(patience(10))
        heard.append(ends[1].recv())
    assert heard.count(StopOrder("enough")) == 1


def test_the_end_of_the_other_side_is_told_after_its_last_message(ends: Ends) -> None:
    heard: queue.SimpleQueue[PipeMessage | None] = queue.SimpleQueue()
    MessageChannel(ends[0], heard.put)
    ends[1].send(StopOrder("last"))
    ends[1].close()
    assert heard.get(timeout=patience(5)) == StopOrder("last")
    assert heard.get(timeout=patience(5)) is None


def test_sending_to_a_side_that_is_gone_says_that_nothing_was_delivered(ends: Ends) -> None:
    channel = MessageChannel(ends[0], drop)
    ends[1].close()
    channel.send(StopOrder("too late"))
    until(lambda: not channel.flush(0.01))
