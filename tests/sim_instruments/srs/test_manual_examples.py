"""Does the simulated EC301 do what each worked example of its manual prints, by raw lines?

*EC301 User Manual*, revision 1.1 (02/29/2016). What is set in slanted type beside a command there is left out here: "it
would be rejected by the EC301" (p. 129).
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.sim_instruments.srs.client import Client

PULSE, RAMP, ARB = 19, 11, 22
"""Bits of table 4, p. 95."""


@pytest.mark.parametrize("line", ["ECMODE 1", "ECMODE   1", "ecmode 1", "ecmode 1;clbwth 4;irange 1"])
def test_p75_case_and_spaces_do_not_matter_and_commands_are_chained(client: Client, line: str) -> None:
    client.send(line)
    assert client.ask("ecmode?") == "1"
    if ";" in line:
        assert (client.ask("clbwth?"), client.ask("irange?")) == ("4", "1")


@pytest.mark.parametrize(
    ("number", "recognised"), [("-1200", True), ("0", True), ("+6", True), ("-1.2e3", False), ("0x5", False)]
)
def test_p75_numbers(client: Client, number: str, recognised: bool) -> None:
    client.send("setvol 77")
    client.send(f"setvol {number}")
    assert client.ask("setvol?") == (str(int(number)) if recognised else "77")
    assert (client.ask("errlst?") == "0") == recognised


def test_p76_a_potential_is_set_and_read_back(client: Client) -> None:
    for line in ("ecmode 0", "ceenab 1", "setvol 1000"):
        client.send(line)
    assert client.ask("setvol?") == "1000"
    client.clock.advance(0.01)
    assert float(client.ask("vlevel?")) == pytest.approx(1.0, abs=1e-3)


def test_p77_a_current_is_set_as_a_fraction_of_the_range_and_read_back_in_amperes(client: Client) -> None:
    for line in ("ecmode 1", "ceenab 1", "irange 4", "setcur 0.543"):
        client.send(line)
    assert client.ask("setcur?") == "5.43e-4"
    client.clock.advance(0.01)
    assert float(client.ask("ilevel?")) == pytest.approx(5.43e-4, rel=1e-2)


def test_p77_the_external_input_is_added(client: Client) -> None:
    client.engine.inputs.external_V = -1.0
    for line in ("ecmode 0", "setvol +1000", "ceenab 1", "addscn 1"):
        client.send(line)
    client.clock.advance(0.01)
    assert float(client.ask("vlevel?")) == pytest.approx(0.0, abs=1e-3)


def test_p78_the_program_voltage_is_read_with_the_cell_open(client: Client) -> None:
    for line in ("ecmode 0", "setvol 123"):
        client.send(line)
    assert client.ask("progrm?") == "+0.123"


def test_p79_the_counter_electrode_is_limited(client: Client) -> None:
    client.send("celimv 1000;celimt 1;setvol 2000;ceenab 1")
    client.clock.advance(0.01)
    assert float(client.ask("vlevel?")) == pytest.approx(1.0, abs=1e-3)
    assert client.ask("limitg?") == "1"
    assert int(client.ask("MESR?")) & 1


def test_p86_bias_rejection(client: Client) -> None:
    client.send("irange 4;setvol 1000")
    client.send("ceenab 1")
    client.clock.advance(0.1)
    client.send("brenab 1")
    assert client.ask("brenab?") == "1"
    assert float(client.ask("bireje?")) == pytest.approx(-1000, abs=5)
    client.send("bireje -1000")
    assert client.ask("bireje?") == "-1000"
    assert float(client.ask("bireji?")) == pytest.approx(-0.1, abs=0.01), "-100 uA on the range of 1 mA: cathodic is +"
    client.send("brenab 0")
    client.send("verbmd 1")
    assert client.ask("bireje 1000") == "remote command error"


def test_p91_single_measurements(client: Client) -> None:
    client.send("irange 4;avgexp 8;setvol -1543;ceenab 1")
    client.clock.advance(0.1)
    assert float(client.ask("vlevel?")) == pytest.approx(-1.543, abs=1e-3)
    assert float(client.ask("ilevel?")) == pytest.approx(1.543e-4, rel=0.01)


def test_p91_auxiliary_inputs(client: Client) -> None:
    client.engine.inputs.aux_V = [1.723993, -2.5, 0.25]
    assert client.ask("getaux? 1") == "1.723993"
    assert [float(word) for word in client.ask("getaux? 4").split(",")] == [1.723993, -2.5, 0.25]


def test_p92_an_average_of_sixteen(client: Client) -> None:
    client.send("avgexp 4;getbda 1")
    client.clock.advance(64 * 16 * 4e-6)
    frames = client.frames()
    assert len(frames) == 64
    assert (frames["flags"] >> 15 & 15 == 4).all()


def test_p97_to_99_small_ones(client: Client) -> None:
    assert client.ask("*OPC?") == "1"
    assert client.ask("vfdmsg 0 string to display") == ""
    assert client.ask("errlst?") == "0"
    assert client.ask("nulcmd?") == "0"


def test_p101_the_standard_event_register_and_one_of_its_bits(client: Client) -> None:
    assert int(client.ask("*ESR?")) == 1 << 7, "the unit has turned on"
    client.send("badcmd")
    assert client.ask("*ESR? 5") == "1"
    assert client.ask("*ESR? 5") == "0"


@pytest.mark.parametrize("register", ["*ESE", "MESE"])
def test_p102_and_p106_enable_registers(client: Client, register: str) -> None:
    client.send(f"{register} 48")
    assert client.ask(f"{register}?") == "48"
    assert client.ask(f"{register}? 2") == "0"
    client.send(f"{register} 7,1")
    assert client.ask(f"{register}?") == "176"
    client.send(f"{register} 7,0")
    assert client.ask(f"{register}?") == "48"


def test_p103_and_p104_the_instrument_status_register(client: Client) -> None:
    client.ask("INSR?")
    client.send("irange 3")
    assert client.ask("INSR? 4") == "1"
    assert client.ask("INSR? 4") == "0"
    client.send("INSE 16")
    assert client.ask("INSE?") == "16"
    client.send("INSE 4,0")
    assert client.ask("INSE?") == "0"


def test_p108_an_overload_of_an_input_requests_service(client: Client) -> None:
    client.send("*SRE 2")
    client.send("MESE 8")
    client.engine.inputs.aux_V[0] = 11.0
    assert int(client.ask("*STB?")) >> 6 & 1
    client.engine.inputs.aux_V[0] = 0.0
    assert int(client.ask("MESR?")) & 8
    assert not int(client.ask("*STB?")) >> 6 & 1


def test_p109_an_error_is_told_until_a_set_command_clears_it(client: Client) -> None:
    client.send("badcmd")
    assert client.ask("errlst?") == "114"
    assert client.ask("errdcd? 114") == "Bad remote command"
    client.send("irange 5")
    assert client.ask("errlst?") == "0"


def test_p111_to_p115_settings_of_pulses_are_read_back(client: Client) -> None:
    client.send("plinit;ppoint 1;psteps 50;pdatap 0 1000;pholdt 0 2000;pincrm 1 1 1;pincrm 0 1 1;plimit 4")
    read_back = {
        "ppoint?": "1", "psteps?": "50", "pdatap? 0": "1000", "pholdt? 0": "2000", "pincrm? 1": "1 1 1",
        "pincrm? 0": "0 0 0", "plimit?": "4",
    }  # fmt: skip
    for query, answer in read_back.items():
        assert client.ask(query) == answer


def test_p111_figure_35_a_staircase_below_and_above_zero(client: Client) -> None:
    client.send("irange 4;avgexp 6;plinit;ppoint 1;psteps 50;pdatap 0 -30;pholdt 0 5000")
    client.send("pdatap 1 80;pholdt 1 2500;pincrm 1 1 1;plimit 3;plendm 1")
    assert client.ask("pprogm?") == "0"
    levels = client.levels("pstart", 0.1, PULSE)
    assert [level for level, _ in levels] == [-0.03, 0.08, 0.13, 0.18, 0.23]
    np.testing.assert_allclose([length for _, length in levels], [0.02, 0.01, 0.01, 0.01, 0.01], atol=3e-4)


NORMAL_PULSE = """
PLINIT
PPOINT 2
PSTEPS 200
PLIMIT 4
PDATAP 0 100
PHOLDT 0 500000
PDATAP 1 400
PHOLDT 1 62500
PINCRM 1 1 1
PDATAP 2 100
PHOLDT 2 250000
PINCRM 2 0 0
PLENDM 1
"""


def test_p129_normal_pulse(client: Client) -> None:
    client.send("irange 4;avgexp 8")
    client.send(NORMAL_PULSE.strip())
    assert client.ask("PPROGM?") == "0"
    levels = client.levels("PSTART", 9.0, PULSE)
    # Figure 38.
    assert [level for level, _ in levels] == [0.1, 0.4, 0.1, 0.6, 0.1, 0.8, 0.1, 1.0, 0.1, 1.2, 0.1]
    np.testing.assert_allclose([length for _, length in levels], [2.0, *[0.25, 1.0] * 5], atol=3e-3)
    assert client.engine.cell_on


CYCLIC_VOLTAMMETRY = """
RAMPRS
SCANTP 1
SCANEM 1
RAMPPT 0 100
RAMPDT 0 60000
RAMPRT 0 2000
RAMPPT 1 500
RAMPDT 1 0
RAMPRT 1 2000
RAMPPT 2 100
"""


def test_p130_cyclic_voltammetry(client: Client) -> None:
    client.send("irange 4;avgexp 8")
    client.send(CYCLIC_VOLTAMMETRY.strip())
    assert client.ask("RAMPPT? 0") == "100"
    assert client.ask("RAMPRT? 0") == "2000"
    assert client.ask("RAMPDT? 0") == "60000"
    assert client.ask("RAMPPG? 0") == "0"
    client.send("getbda 1")
    client.send("RAMPST 0")
    client.clock.advance(11.0)
    frames = client.frames()
    running = (frames["flags"] & 1 << RAMP) != 0
    played = frames["potential"][running]
    t = (np.arange(len(played)) + 0.5) * 1.024e-3
    # Figure 39: 6 s at 0.1 V, 2 s up to 0.5 V, 2 s down.
    expected = 0.1 + np.clip(np.minimum(t - 6.0, 10.0 - t), 0.0, None) * 0.2
    assert len(played) * 1.024e-3 == pytest.approx(10.0, abs=2e-3)
    np.testing.assert_allclose(played, expected, atol=6e-4)
    np.testing.assert_allclose(frames["potential"][np.flatnonzero(running)[-1] + 1 :], 0.1, atol=4e-4)


def test_p131_current_interruption(client: Client) -> None:
    client.send("irange 4;avgexp 4;setvol 100;ceenab 1")
    for line in ("IRTYPE 0", "CIOPEN 3000", "CIPERD 10", "CICORR 0", "CIDLAY 0 100", "CIDLAY 1 100", "IRENAB 1"):
        client.send(line)
    assert client.ask("cidlay? 1") == "100"
    client.send("getbda 1")
    client.clock.advance(0.1)
    frames = client.frames()
    # Figure 40: 3 ms of every 10 ms at 0 V.
    assert np.mean(np.abs(frames["potential"]) < 0.05) == pytest.approx(0.3, abs=0.02)
    assert (frames["flags"] & 1 == (np.abs(frames["potential"]) < 0.05)).all()


ARBITRARY = """
ARBRST
ARBTYP 1
ARBDLY 1
ARBCYC 3
ARBEND 0
ARBDIV 1000
"""


def test_p132_arbitrary_waveform(client: Client) -> None:
    client.send("irange 4;avgexp 6")
    client.send(ARBITRARY.strip())
    assert client.ask("arbdiv?") == "1000"
    for point, millivolts in enumerate([100, 200, 500, -100, -100]):
        assert client.ask(f"ARBSET? {point} {millivolts}") == "0"
    assert client.ask("arbpts?") == "5"
    levels = client.levels("arbrun 1", 1.1, ARB)
    # Figure 41.
    assert [level for level, _ in levels] == [0.1, 0.2, 0.5, -0.1] * 3
    lengths = [length for _, length in levels]
    np.testing.assert_allclose(lengths, [1.001, *[1e-3, 1e-3, 2e-3, 1e-3] * 2, 1e-3, 1e-3, 2e-3], atol=3e-4)
    client.send("getbda 0")
    assert float(client.ask("vlevel?")) == pytest.approx(0.1, abs=1e-3)
    assert client.ask("cellon?") == "1"


def test_p125_a_point_without_a_value_answers_31(client: Client) -> None:
    client.send("arbrst;arbtyp 1")
    assert client.ask("arbget? 4") == "31"
    assert client.ask("arbset? 4 -250") == "0"
    assert client.ask("arbget? 4") == "-250"


def test_p127_a_probe_is_there_or_not(client: Client) -> None:
    assert client.ask("anyrtd?") == "0"
    client.engine.inputs.rtd_C = 52.75
    assert client.ask("anyrtd?") == "1"
    assert client.ask("getrtd?") == "52.75"
    # The manual's 50.35 ohm are not those of a Pt100 at 52.75 degrees: IEC 60751 has 120.44 ohm.
    assert float(client.ask("rtdohm?")) == pytest.approx(120.44, abs=0.02)
