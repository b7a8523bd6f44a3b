"""What an instrument answers of itself, when it is shown to people."""

from __future__ import annotations

import pytest

from drivers import Identity
from drivers.palmsens.driver import EmStat4


@pytest.mark.parametrize("answer", ["A,\x1b[2J\x1b]0;OFF\x07,1,2", "A,\u202eFFO,1,2", "A,B\x9b31m,1,2", "A,B\r\nC,1,2"])
def test_nothing_that_it_answers_acts_on_a_terminal(answer: str) -> None:
    assert str(Identity.from_idn(answer)).isprintable()
    assert str(EmStat4.identity_of(answer)).isprintable()


def test_its_fields_are_bounded() -> None:
    identity = Identity.from_idn(",".join(4 * [100_000 * "x"]))
    assert len(str(identity)) < 500


def test_plain_answers_stay_as_they_are() -> None:
    identity = Identity.from_idn("KEITHLEY INSTRUMENTS,MODEL 2461,04089762,1.6.8a")
    assert str(identity) == "KEITHLEY INSTRUMENTS MODEL 2461, serial 04089762, firmware 1.6.8a"
