"""Does the simulated PP212 answer as the vendor's client expects?"""

from __future__ import annotations

import struct

import numpy as np
import pytest

from sim_instruments.core.clock import ManualClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.zahner.instrument import PP212


class Client:
    def __init__(self, cell: str = "resistor") -> None:
        self.clock = ManualClock()
        self.device = PP212(self.clock, load_cell(cell), seed=3)
        self.commands = self.device.client_session()
        self.live = self.device.client_session("live")

    def ask(self, line: str, wait_s: float = 0.0) -> str:
        self.commands.receive(line.encode() + b"\n")
        self.clock.advance(wait_s)
        self.commands.run()
        answer = bytes(self.commands.output)
        self.commands.output.clear()
        return answer.decode()

    def packets(self) -> list[tuple[int, bytes]]:
        self.live.run()
        data, found = bytes(self.live.output), []
        self.live.output.clear()
        while data:
            kind, length = struct.unpack_from("<QQ", data)
            found.append((kind, data[16 : 16 + length]))
            data = data[16 + length :]
        return found


@pytest.fixture
def client() -> Client:
    return Client()


def test_both_ports_name_it_and_the_live_one_says_binary(client: Client) -> None:
    assert client.ask("*IDN?") == "ZAHNER-ELEKTRIK, PP212, 33021, 1.1.0\n"
    client.live.receive(b"*IDN?\n")
    assert bytes(client.live.output).endswith(b"1.1.0 binary\n")


def test_every_command_is_answered(client: Client) -> None:
    assert client.ask(":SESO:COUP pot") == "ok\n"
    assert client.ask(":SESO:NONSENSE 1") == "error 27\n"
    assert client.ask(":SESO:UVAL 40") == "error 100\n"
    assert client.ask(":SESO:UVAL volts") == "error 100\n"


def test_a_reading_takes_a_mains_period_and_obeys_ohms_law(client: Client) -> None:
    client.ask(":SESO:CRNG 20e-6")
    client.ask(":SESO:UVAL 0.1")
    client.ask(":SESO:STAT ON")
    client.clock.advance(1.0)
    assert client.ask(":MEAS:CURR?", 0.01) == ""
    client.clock.advance(0.011)
    client.commands.run()
    assert float(client.commands.output) == pytest.approx(1e-5, rel=1e-3)


def test_a_primitive_answers_at_its_end_and_streams_time_voltage_and_current(client: Client) -> None:
    for line in (":SESO:CRNG 20e-6", ":SESO:SFRQ 50", ":PARA:TMAX 2", ":PARA:UVAL 0.1"):
        assert client.ask(line) == "ok\n"
    assert client.ask(":MEAS:POGA?", 1.9) == ""
    client.clock.advance(0.3)
    client.commands.run()
    assert bytes(client.commands.output) == b"ok\n"
    client.commands.output.clear()
    packets = client.packets()
    rows = np.array([struct.unpack("<ddd", body) for kind, body in packets if kind == 0xFEEDDA7A22222222])
    np.testing.assert_allclose(rows[:, 0], np.arange(1, 101) / 50.0, rtol=1e-12)  # none at 0: the first after a period
    np.testing.assert_allclose(rows[:, 1], 0.1, atol=2e-4)
    np.testing.assert_allclose(rows[:, 2], 1e-5, rtol=1e-3)
    states = [struct.unpack_from("<Q", body, 8)[0] for kind, body in packets if kind == 0xB007F00D11111111]
    assert states == [1, 2, 3, 4]
    assert client.ask(":SESO:STAT?") == "0\n"  # it was off before


def test_abort_beside_a_primitive_latches_until_cls(client: Client) -> None:
    client.ask(":PARA:TMAX 100")
    assert client.ask(":MEAS:POGA?", 1.0) == ""
    assert client.ask("ABOR", 0.2) == "ok\nerror 1005\n"
    assert client.ask("*CLS?") == "1005\n"
    assert client.ask(":MEAS:POGA?") == "error 1006\n"
    assert client.ask(":SESO:STAT?") == "0\n"
    assert client.ask("*CLS") == "ok\n"
    assert client.ask(":SESO:STAT ON") == "ok\n"


def test_a_global_limit_switches_off_and_latches_but_only_when_it_is_on(client: Client) -> None:
    for line in (":SESO:ILIM:MAX 5e-6", ":SESO:ILIM:MIN -5e-6", ":SESO:UVAL 0.1", ":SESO:STAT ON"):
        client.ask(line)
    client.clock.advance(1.0)
    assert client.ask(":SESO:STAT?") == "1\n"
    client.ask(":SESO:ILIM:STAT ON")
    client.clock.advance(0.1)
    client.device.update()
    assert client.ask(":SESO:STAT?") == "0\n"
    assert client.ask(":MEAS:CURR?") == "error 1006\n"
    assert client.ask("*CLS?") == "1003\n"


def test_a_value_outside_the_voltage_limits_is_refused(client: Client) -> None:
    for line in (":SESO:ULIM:MAX 0.05", ":SESO:ULIM:MIN -0.05", ":SESO:ULIM:STAT ON"):
        client.ask(line)
    assert client.ask(":SESO:UVAL 0.1") == "error 1004\n"


def test_dead_time_after_a_primitive_is_at_most_100_ms(client: Client) -> None:
    client.ask(":PARA:TMAX 1")
    waits = []
    for _ in range(40):
        assert client.ask(":MEAS:POGA?", 1.0) == ""
        began = client.clock.now()
        while not client.commands.output:
            client.clock.advance(0.001)
            client.commands.run()
        client.commands.output.clear()
        waits.append(client.clock.now() - began)
    assert max(waits) <= 0.102
    assert 0.005 < float(np.median(waits)) < 0.025
