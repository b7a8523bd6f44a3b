"""Does a transcript hold every byte, and does its replay notice the first one that differs?"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from drivers import VisaSession, open_potentiostat, read_transcript, replayed
from drivers.visa.transcript import RecordedLink
from protocols import Limits, Protocol, PulseSequence, RunFileError, Sampling
from tests.drivers.conformance import played, simulated_instrument

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
    with simulated_instrument("keithley2461", 1.0, "resistor") as resource:
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


def recorded(path: Path) -> bytes:
    """Record a short talk by the recorder itself, and return the file's content."""

    class Link:
        slowest_Bps = 1.0
        is_timed = True

        def send(self, data: bytes, limit_s: float) -> None:  # noqa: ARG002 - as a link has it
            self.answer = data[::-1]

        def receive_into(self, memory: memoryview, limit_s: float) -> int:  # noqa: ARG002 - as a link has it
            memory[: len(self.answer)] = self.answer
            return len(self.answer)

        def waiting(self) -> bool:
            return False

        def clear(self) -> None:
            pass

        def close(self) -> None:
            pass

    link = RecordedLink(Link(), path, "TCPIP::192.168.0.10::5025::SOCKET")
    for sent in (b"*IDN?\n", b":SYST:ERR?\n", bytes(range(128, 190))):
        link.send(sent, 1.0)
        link.receive_into(memoryview(bytearray(100)), 1.0)
    link.close()
    return path.read_bytes()


def test_no_changed_byte_is_taken_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    whole = recorded(path)
    known = read_transcript(path)
    assert len(known) == 6
    for place in range(len(whole)):
        for other in (whole[place] ^ 1, whole[place] ^ 0x80, 0x0A):
            changed = whole[:place] + bytes([other]) + whole[place + 1 :]
            path.write_bytes(changed)
            if changed != whole:
                with pytest.raises(RunFileError):
                    read_transcript(path)
    for begin in range(0, len(whole), 7):
        for end in range(begin + 1, len(whole), 13):
            path.write_bytes(whole[:begin] + whole[end:])
            with pytest.raises(RunFileError):
                read_transcript(path)


def test_line_ends_of_windows_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    whole = recorded(path)
    known = read_transcript(path)
    path.write_bytes(whole.replace(b"\n", b"\r\n"))
    assert read_transcript(path) == known


def test_a_transcript_that_was_cut_off_is_told_and_can_be_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    whole = recorded(path)
    known = read_transcript(path)
    path.write_bytes(whole[: whole.index(b"# sha256") - 3])
    with pytest.raises(RunFileError, match="cut off"):
        read_transcript(path)
    assert read_transcript(path, cut_off=True) == known[:-1]


@pytest.mark.parametrize(
    "line",
    ["0.1 > \\q", "0.1 > \\x4", "0.1 > \\u1234", "0.1 > \\x41", "0.1 > =====", "0.1 > =QUJD", "0.1 < =Zg", "1e3 > x",
     "0.1 > \\", "0.1 > \\N{DASH}", "0.1 > \\101", "٠.١ > x", "0.1 ! x"],
)  # fmt: skip
def test_a_line_that_the_recorder_would_not_write_is_none(tmp_path: Path, line: str) -> None:
    path = tmp_path / "t.txt"
    path.write_text(f"# ionecho transcript of X\n{line}\n# end\n", encoding="utf-8")
    with pytest.raises(RunFileError, match="line 2"):
        read_transcript(path)


def test_bytes_that_are_no_text_and_folders_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes("# ionecho transcript of X\n0.1 > µ\n# end\n".encode("cp1252"))
    with pytest.raises(RunFileError, match="line 2 has the byte 0xB5"):
        read_transcript(path)
    with pytest.raises(RunFileError, match="folder"):
        read_transcript(tmp_path)
