"""Does a transcript hold every byte, and does its replay notice the first one that differs?"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from drivers import VisaSession, open_potentiostat, read_transcript, replayed
from ionecho.demo.run_demo import simulated_instrument
from protocols import Limits, Protocol, PulseSequence, RunFileError, Sampling
from tests.drivers.conformance import played

KEPT = Path(__file__).with_name("keithley2461.transcript")
SEQUENCE = PulseSequence.pulse(0.02, 0.01, before=0.005, after=0.01)
PROTOCOL = Protocol("short", SEQUENCE, Sampling(1e-4), Limits(voltage_V=0.1, current_A=1e-5))


def measured(resource: str, transcript: Path | None = None) -> list[float]:
    driver = open_potentiostat(resource, 5.0, transcript)
    try:
        driver.identify()
        current_A: list[float] = played(driver, driver.plan(PROTOCOL)).current_A.tolist()
        return current_A
    finally:
        driver.close()


def test_every_byte_is_recorded_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    with simulated_instrument("keithley2461", 1, 1.0, "resistor") as resource:
        currents = measured(resource, path)
    exchanges = read_transcript(path)
    assert exchanges[0].sent
    assert exchanges[0].data == b"*IDN?\n"
    assert exchanges[1].data == b"KEITHLEY INSTRUMENTS,MODEL 2461,04089762,1.6.8a\n"
    assert all(a.at_s <= b.at_s and a.sent != b.sent for a, b in pairwise(exchanges))
    with replayed(path) as again:
        assert measured(again) == currents


def test_the_kept_run_of_a_2461_plays_as_it_was_recorded() -> None:
    # If this fails, the driver's commands have changed: look whether that is meant, and record anew with
    # measured(resource, KEPT).
    with replayed(KEPT) as resource:
        assert len(measured(resource)) == 250


def test_another_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("# ionecho transcript of X\n0.1 > *IDN?\\n\n0.2 < A,B,C,D\\n\n0.3 > *RST\\n\n# end\n")
    with (
        pytest.raises(AssertionError, match=r"CLS.* was sent where .*RST.* was recorded"),
        replayed(path) as resource,
        VisaSession(resource) as session,
    ):
        session.write("*CLS")


def test_what_is_not_sent_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("# ionecho transcript of X\n0.1 > *IDN?\\n\n0.2 < A,B,C,D\\n\n0.3 > *RST\\n\n# end\n")
    with pytest.raises(AssertionError, match="was recorded"), replayed(path) as resource, VisaSession(resource):
        pass


@pytest.mark.parametrize("data", [b"=1\n", bytes(range(256)), b"\\n\r\n", b"", "µ".encode("latin-1") * 3])
def test_any_bytes_survive(tmp_path: Path, data: bytes) -> None:
    from drivers.visa.transcript import as_text

    path = tmp_path / "t.txt"
    path.write_text(f"# ionecho transcript of X\n0.5 < {as_text(data)}\n# end\n")
    assert read_transcript(path)[0].data == data


@pytest.mark.parametrize("text", ["", "nothing\n", "# ionecho transcript of X\n0.1 = abc\n"])
def test_what_is_no_transcript_says_where(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.txt"
    path.write_text(text)
    with pytest.raises(RunFileError):
        read_transcript(path)
