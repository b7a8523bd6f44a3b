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


def test_a_global_limit_is_watched_during_primitives_only_and_latches(client: Client) -> None:
    # zahner_potentiostat 1.1.2, setPotentiostatEnabled: "If only the potentiostat is switched on, NO RANGING is
    # performed and NO LIMITS are monitored"; setGlobalCurrentCheckEnabled: "the potentiostat is switched off and the
    # primitive returns an error condition".
    for line in (
        ":SESO:ILIM:MAX 5e-6",
        ":SESO:ILIM:MIN -5e-6",
        ":SESO:ILIM:STAT ON",
        ":SESO:UVAL 0.1",
        ":SESO:STAT ON",
    ):
        assert client.ask(line) == "ok\n"
    client.clock.advance(1.0)
    client.device.update()
    assert client.ask(":SESO:STAT?") == "1\n"
    client.ask(":PARA:TMAX 2")
    client.ask(":PARA:UVAL 0.1")
    assert client.ask(":MEAS:POGA?") == ""
    for _ in range(20):
        client.clock.advance(0.02)
        client.commands.run()
    assert bytes(client.commands.output) == b"error 1003\n"
    client.commands.output.clear()
    assert client.ask(":SESO:STAT?") == "0\n"
    assert client.ask(":MEAS:CURR?") == "error 1006\n"
    assert client.ask("*CLS?") == "1003\n"


def test_a_shunt_is_chosen_by_its_index(client: Client) -> None:
    assert client.ask(":SESO:CRNG:IDX 0") == "ok\n"
    assert float(client.ask(":SESO:CRNG?")) == 2.0
    assert client.ask(":SESO:CRNG:IDX 5") == "ok\n"
    assert float(client.ask(":SESO:CRNG?")) == pytest.approx(20e-6)
    assert client.ask(":SESO:CRNG:IDX 8") == "error 100\n"
    assert client.ask(":SESO:CRNG:IDX 1.5") == "error 100\n"
    assert client.ask(":SESO:VRNG:IDX 0") == "ok\n"


def ramp(client: Client, command: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    client.packets()
    assert client.ask(command) == ""
    while not client.commands.output:
        client.clock.advance(0.05)
        client.commands.run()
    assert bytes(client.commands.output) == b"ok\n"
    client.commands.output.clear()
    rows = [struct.unpack("<ddd", body) for kind, body in client.packets() if kind == 0xFEEDDA7A22222222]
    return tuple(np.array(rows).T)


@pytest.mark.parametrize("rate", ["0.05", "-0.05"])
def test_a_ramp_by_scan_rate_goes_to_its_target_whatever_the_rates_sign(client: Client, rate: str) -> None:
    # The client's documentation says that the absolute value of the scan rate is used.
    for line in (":SESO:CRNG 20e-6", ":SESO:SFRQ 25", ":SESO:UVAL 0.1", ":PARA:UVAL -0.1", f":PARA:SCRA {rate}"):
        assert client.ask(line) == "ok\n"
    times, volts, amperes = ramp(client, ":MEAS:RMPS?")
    assert times[-1] == pytest.approx(4.0)
    np.testing.assert_allclose(volts, 0.1 - 0.05 * (times - 0.03), atol=2e-4)  # 20 ms from the last period's start
    np.testing.assert_allclose(amperes, volts / 10_000.0, atol=2e-8)


def test_a_ramp_for_a_time_goes_where_its_rates_sign_says(client: Client) -> None:
    # measureRampScanRateForTime: "the sign of the ramp is important and indicates the direction of the ramp".
    for line in (":SESO:CRNG 20e-6", ":SESO:UVAL 0.1", ":PARA:TIME 2", ":PARA:SCRA -0.02"):
        assert client.ask(line) == "ok\n"
    _, volts, _ = ramp(client, ":MEAS:RMPV?")
    assert volts[-1] == pytest.approx(0.06, abs=1e-3)


def test_what_is_not_simulated_says_not_implemented(client: Client) -> None:
    for line in (":SYST:SEPC", ":SYST:HOTS"):
        assert client.ask(line) == "error 1000\n"
    for line in (":PARA:UVAL 0.1", ":PARA:TOL:STAT 1"):
        client.ask(line)
    assert client.ask(":MEAS:IESC?") == "error 1000\n"


def test_a_galvanostat_makes_the_voltage_that_its_current_needs(client: Client) -> None:
    # The client's documentation of setCoupling: a change of the coupling turns the potentiostat off.
    for line in (":SESO:CRNG 20e-6", ":SESO:STAT ON", ":SESO:COUP gal"):
        assert client.ask(line) == "ok\n"
    assert client.ask(":SESO:STAT?") == "0\n"
    for line in (":PARA:IVAL 12e-6", ":PARA:TMAX 1"):
        assert client.ask(line) == "ok\n"
    times, volts, amperes = ramp(client, ":MEAS:POGA?")
    assert len(times) == 25
    np.testing.assert_allclose(amperes, 12e-6, rtol=1e-3)
    np.testing.assert_allclose(volts, 0.12, atol=2e-4)  # 10 kohm
    for line in (":SESO:IVAL -5e-6", ":PARA:IVAL 5e-6", ":PARA:TIME 2"):
        assert client.ask(line) == "ok\n"
    times, volts, amperes = ramp(client, ":MEAS:RMPT?")
    np.testing.assert_allclose(volts, 1e4 * (-5e-6 + 5e-6 * (times - 0.04)), atol=3e-4)  # from a period's beginning


def test_stairs_have_one_sample_a_step_at_its_end(client: Client) -> None:
    # measureIEStairs: "from the current ... value to a target value"; "only one measured value ... at the end".
    for line in (":SESO:CRNG 20e-6", ":SESO:UVAL 0.02", ":PARA:UVAL 0.1", ":PARA:STEP 0.03", ":PARA:TMAX 0.5"):
        assert client.ask(line) == "ok\n"
    times, volts, amperes = ramp(client, ":MEAS:IESC?")
    np.testing.assert_allclose(times, [0.5, 1.0, 1.5], rtol=1e-12)
    np.testing.assert_allclose(volts, [0.05, 0.08, 0.1], atol=1e-4)
    np.testing.assert_allclose(amperes, volts / 1e4, atol=2e-8)


@pytest.mark.parametrize(
    ("lines", "samples"),
    [
        ((":PARA:ILIM:MAX 5e-6", ":PARA:ILIM:STAT ON"), 1),
        ((":PARA:ILIM:MAX 5e-6", ":PARA:ILIM:STAT ON", ":PARA:UILT 0.4"), 11),  # 0.4 s after the first, 25 a second
        ((":PARA:CHAR:MAX 3.1e-6", ":PARA:CHAR:STAT 1"), 8),  # 1e-5 A * 0.04 s a sample
        ((":PARA:TOL:ABS 1e-9", ":PARA:TOL:STAT 1", ":PARA:TMIN 0.6"), 15),  # a resistor's current does not change
        ((":PARA:ULIM:MAX 0.05", ":PARA:ULIM:STAT ON"), 25),  # of galvanostatic primitives only
    ],
)
def test_a_polarization_ends_with_ok_where_its_parameters_say(
    client: Client, lines: tuple[str, ...], samples: int
) -> None:
    for line in (":SESO:CRNG 20e-6", ":PARA:UVAL 0.1", ":PARA:TMAX 1", *lines):
        assert client.ask(line) == "ok\n"
    times, _, _ = ramp(client, ":MEAS:POGA?")
    assert len(times) == samples
    assert client.ask("*CLS?") == "0\n"


def test_it_keeps_its_own_time(client: Client) -> None:
    assert client.ask(":SYST:TIME 2026-02-28T23:59:58") == "ok\n"
    client.clock.advance(3.0)
    assert client.ask(":SYST:TIME?") == "2026-03-01T00:00:01\n"
    assert client.ask(":SYST:TIME yesterday") == "error 100\n"


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
