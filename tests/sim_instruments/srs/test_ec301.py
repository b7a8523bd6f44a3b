"""Does the simulated EC301 do what its manual and a public driver of it say?"""

from __future__ import annotations

import struct

import numpy as np
import pytest

from sim_instruments.core.clock import ManualClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.srs.instrument import EC301

RUNNING = 1 << 22 | 1 << 19 | 1 << 11


class Client:
    def __init__(self, cell: str = "resistor") -> None:
        self.clock = ManualClock()
        self.device = EC301(self.clock, load_cell(cell), seed=3)
        self.talk = self.device.client_session()

    def send(self, line: str) -> None:
        self.talk.receive(line.encode() + b"\n")

    def ask(self, line: str) -> str:
        self.send(line)
        answer = bytes(self.talk.output)
        self.talk.output.clear()
        return answer.decode()

    def frames(self) -> np.ndarray:
        self.talk.run()
        data = bytes(self.talk.output)
        self.talk.output.clear()
        found, offset = [], 0
        while offset < len(data):
            _, payload = struct.unpack("<xxHI8x", data[offset : offset + 16])
            found.append(np.frombuffer(data[offset + 16 : offset + 16 + payload], "<i4,<f4,<f4,<f4"))
            offset += 16 + payload + 24
        return np.concatenate(found)


@pytest.fixture
def client() -> Client:
    return Client()


def test_it_names_itself_and_takes_chained_commands_in_any_case(client: Client) -> None:
    assert client.ask("*IDN?").startswith("Stanford_Research_Systems,EC301")
    assert client.ask("IRANGE 4; avgexp 3;irange?;AVGEXP?") == "4\r\n3\r\n"


def test_a_bad_command_gets_no_reply_and_is_remembered(client: Client) -> None:
    assert client.ask("nonsense?") == ""
    assert client.ask("irange 11") == ""
    assert client.ask("errlst?") == "1\r\n"
    assert client.ask("errlst?") == "2\r\n"
    assert client.ask("errlst?") == "0\r\n"


def test_cellon_is_zero_while_the_front_switch_is_out(client: Client) -> None:
    client.device.engine.switch_cell(on=False)
    client.send("ceenab 1")
    assert client.ask("ceenab?;cellon?") == "1\r\n0\r\n"


def test_potential_and_current_follow_ohms_law(client: Client) -> None:
    client.send("irange 6;avgexp 8;setvol 100;ceenab 1")
    client.clock.advance(0.1)
    assert float(client.ask("vlevel?")) == pytest.approx(0.1, abs=1e-4)
    assert float(client.ask("ilevel?")) == pytest.approx(1e-5, rel=1e-3)
    client.send("ceenab 0")
    client.clock.advance(0.1)
    assert float(client.ask("ilevel?")) == pytest.approx(0.0, abs=1e-8)


def program(client: Client, points: list[tuple[int, int]], passes: int = 1) -> None:
    client.send(f"plinit;ppoint {len(points)};plimit {passes}")
    for index, (level, hold) in enumerate(points):
        client.send(f"pdatap {index} {level};pholdt {index} {hold}")
    assert client.ask("pprogm?") == "0\r\n"


def test_a_program_holds_its_levels_in_units_of_4_us_and_marks_its_frames(client: Client) -> None:
    client.send("irange 6;ceenab 1")
    program(client, [(0, 250), (50, 500), (0, 250)], passes=2)
    client.send("getbda 1;pstart 0")
    client.clock.advance(0.010)
    frames = client.frames()
    running = np.flatnonzero(frames["f0"] & RUNNING)
    assert len(running) == 2000
    assert (np.diff(running) == 1).all()
    played = frames[running]["f3"].reshape(2, 1000)
    for once in played:
        np.testing.assert_allclose(once[:250], 0.0, atol=4e-4)
        np.testing.assert_allclose(once[250:750], 0.05, atol=4e-4)
        np.testing.assert_allclose(once[750:], 0.0, atol=4e-4)


def test_queries_are_void_while_the_stream_runs(client: Client) -> None:
    client.send("getbda 1")
    assert client.ask("vlevel?") == ""
    client.send("getbda 0")
    assert client.ask("cellon?") == "0\r\n"


def test_packets_are_counted(client: Client) -> None:
    client.send("getbda 1")
    counters = []
    for _ in range(3):
        client.clock.advance(64 * 4e-6)
        client.talk.run()
        counters.append(struct.unpack_from("<xxH", client.talk.output)[0])
        client.talk.output.clear()
    assert counters == [0, 1, 2]


def test_a_program_without_holds_is_refused(client: Client) -> None:
    client.send("ceenab 1;plinit;ppoint 2;pdatap 0 10")
    assert client.ask("pprogm?") == ""
    client.send("pstart 0")
    assert client.ask("errlst?") == "4\r\n"
    assert not client.device.engine.running


def test_stopping_leaves_the_level_and_opening_the_cell_ends_the_program(client: Client) -> None:
    client.send("irange 6;ceenab 1")
    program(client, [(20, 1000), (0, 1000)])
    client.send("pstart 0")
    client.clock.advance(0.001)
    client.send("plstop")
    client.clock.advance(0.1)
    assert float(client.ask("vlevel?")) == pytest.approx(0.02, abs=4e-4)
    assert not client.device.engine.running


def test_a_current_beyond_twice_the_range_is_clipped_and_flagged(client: Client) -> None:
    client.send("irange 8;setvol 100;ceenab 1;getbda 1")  # 10 uA through a 100 nA range
    client.clock.advance(0.001)
    frames = client.frames()[2:]
    np.testing.assert_allclose(frames["f2"], 2e-7, rtol=1e-6)
    assert (frames["f0"] & 1).all()
