"""An answer is given the time that link, size and computer need, and no more than its owner allows."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from drivers import ExchangeAbandonedError, Patience, VisaSession, slowness
from drivers.visa.patience import AnswerWait
from protocols import ConnectionLost
from tests.drivers.peers import instrument
from tests.patience import patience, until


class Computer:
    """A clock that is moved by hand, and how slow the computer is at that time; each wait takes `held_up` times."""

    def __init__(self, slow: Callable[[float], float] = lambda _: 1.0, held_up: float = 1.0) -> None:
        self.now = 0.0
        self.held_up = held_up
        self._slow = slow

    def clock(self) -> float:
        return self.now

    def slowness(self) -> float:
        return self._slow(self.now)

    def patience(self, longest_s: float = 10.0, late_s: float = 0.0) -> Patience:
        return Patience(1.5, longest_s, late_s, slowness=self.slowness, clock=self.clock)

    def given_up_after(self, wait: AnswerWait) -> tuple[float, str]:
        """Return when an answer that never comes is given up, and with which words."""
        begun = self.now
        while True:
            asked_s = wait.slice_s()
            self.now += self.held_up * asked_s
            try:
                wait.nothing_came(asked_s)
            except TimeoutError as error:
                return self.now - begun, str(error)


@pytest.mark.parametrize(
    ("slow", "given_s"),
    [(1.0, 1.5), (2.0, 3.0), (4.0, 6.0), (30.0, 10.0)],
    ids=["idle", "two a core", "four a core", "the bound"],
)
def test_an_answer_is_given_the_more_time_the_slower_the_computer_up_to_a_bound(slow: float, given_s: float) -> None:
    computer = Computer(lambda _: slow)
    after_s, why = computer.given_up_after(AnswerWait(computer.patience(), 1e4))
    assert after_s == pytest.approx(given_s, abs=0.3)
    assert ("times slower than an idle one" in why) == (slow > 1.0)


def test_a_load_that_begins_in_the_middle_of_an_exchange_counts() -> None:
    computer = Computer(lambda now: 1.0 if now < 1.0 else 6.0)
    after_s, _ = computer.given_up_after(AnswerWait(computer.patience(), 1e4))
    # t = 1.5 x the mean of 1 for a second and 6 for the rest: t = 1.5 (6 - 5 / t), t = (9 + sqrt(81 - 30)) / 2
    assert after_s == pytest.approx(8.07, abs=0.6)


def test_a_process_that_is_held_up_itself_gives_the_instrument_more_time() -> None:
    computer = Computer(held_up=4.0)
    after_s, _ = computer.given_up_after(AnswerWait(computer.patience(), 1e4))
    assert after_s == pytest.approx(6.0, abs=1.1)


def test_while_a_program_runs_on_board_an_answer_may_be_late_on_an_idle_computer_too() -> None:
    computer = Computer()
    after_s, _ = computer.given_up_after(AnswerWait(computer.patience(late_s=4.0), 1e4))
    assert after_s == pytest.approx(4.0, abs=0.3)


@pytest.mark.parametrize(("slowest_Bps", "n_sent", "given_s"), [(240.0, 960, 5.5), (1e4, 20_000, 3.5), (1e4, 10, 1.5)])
def test_what_was_sent_may_still_be_on_its_way(slowest_Bps: float, n_sent: int, given_s: float) -> None:
    computer = Computer()
    after_s, _ = computer.given_up_after(AnswerWait(computer.patience(), slowest_Bps, n_sent))
    assert after_s == pytest.approx(given_s, abs=0.3)


def test_an_answer_that_comes_steadily_takes_as_long_as_its_size_needs_and_one_in_drips_does_not() -> None:
    computer = Computer()
    wait = AnswerWait(computer.patience(), 1e4)
    for _ in range(100):
        computer.now += 1.0
        wait.came(10_000)
    computer.now += 2.0
    with pytest.raises(TimeoutError, match="drips"):
        wait.came(1)


def test_an_owner_hears_of_each_slice_and_may_end_the_wait() -> None:
    computer, heard = Computer(), []
    owner = computer.patience()
    owner.on_wait = lambda: heard.append(computer.now)
    owner.abandon = lambda: "stopped by the operator" if computer.now > 0.9 else None
    wait = AnswerWait(owner, 1e4)
    with pytest.raises(ExchangeAbandonedError, match="stopped by the operator"):
        computer.given_up_after(wait)
    assert heard == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(("text", "threads"), [("9.1 7.0 5.0 16/812 4711\n", 16), ("0.0 0.0 0.0 1/99 1\n", 1)])
def test_threads_that_want_a_core_are_the_measure_of_slowness(text: str, threads: int, tmp_path: Path) -> None:
    loadavg = tmp_path / "loadavg"
    loadavg.write_text(text)
    assert slowness(loadavg) == max(1.0, threads / (os.cpu_count() or 1))


@pytest.mark.parametrize("text", ["", "no numbers at all here\n"])
def test_a_system_that_does_not_count_them_is_asked_for_its_mean(text: str, tmp_path: Path) -> None:
    loadavg = tmp_path / "loadavg"
    loadavg.write_text(text)
    assert slowness(loadavg) >= 1.0
    assert slowness(tmp_path / "none") >= 1.0


def test_a_computer_that_cannot_say_how_busy_it_is_counts_as_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_counters() -> NoReturn:
        raise RuntimeError("PdhAddEnglishCounterW failed. Performance counters may be disabled.")

    monkeypatch.setattr(psutil, "getloadavg", no_counters)
    assert slowness(tmp_path / "none") == 1.0


def late_by(begun: threading.Event, delay_s: float) -> Callable[[socket.socket, bytes], None]:
    def answer(client: socket.socket, line: bytes) -> None:
        if line.startswith(b"LATE"):
            begun.wait(delay_s)
        client.sendall(line)

    return answer


def test_a_late_answer_is_waited_for_by_whom_it_may_be_late_and_is_the_answer_to_its_own_question() -> None:
    owner = Patience(0.2, patience(20.0), patience(20.0))
    with instrument(late_by(threading.Event(), 0.6)) as resource, VisaSession(resource, patience=owner) as session:
        assert session.query("LATE 1?") == "LATE 1?"
        assert owner.n_late >= 1
        assert owner.slowest_s > 0.2
        assert session.query("NEXT?") == "NEXT?"


def test_a_stop_ends_an_exchange_with_an_instrument_that_is_late_and_its_session() -> None:
    release, reasons = threading.Event(), ["stopped by the operator"]
    owner = Patience(patience(60.0), slowness=lambda: 1.0)
    with instrument(late_by(release, patience(60.0))) as resource, VisaSession(resource, patience=owner) as session:
        owner.abandon = lambda: reasons[0]
        with pytest.raises(ExchangeAbandonedError, match=r"LATE.*stopped by the operator"):
            session.query("LATE?")
        with pytest.raises(ConnectionLost, match="Open another session"):
            session.query("NEXT?")
        release.set()
    until(release.is_set)
