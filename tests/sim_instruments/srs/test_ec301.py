"""Does the simulated EC301 behave as its manual and a public driver say, beyond the printed examples?"""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.sim_instruments.srs.client import Client

PULSE, RAMP, ARB = 19, 11, 22


def test_it_names_itself(client: Client) -> None:
    assert client.ask("*IDN?").startswith("Stanford_Research_Systems,EC301")


def test_a_bad_command_gets_no_reply_and_every_argument_is_checked(client: Client) -> None:
    assert client.ask("nonsense?") == ""
    for line in ("irange 14", "irange", "irange 5 6", "celimv 499", "pholdt 0 16777216", "pdatap 6 0", "plimit 0"):
        client.send("nulcmd")
        assert client.ask("errlst?") == "0"
        assert client.ask(line) == ""
        assert client.ask("errlst?") != "0", line


def test_a_query_before_the_last_reply_was_read_is_refused(client: Client) -> None:
    client.ask("INSR?")
    assert client.ask("irange?;avgexp?") == "1"
    assert client.ask("INSR? 15") == "1"
    client.send("irange?")
    client.send("ifcclr")
    assert client.ask("avgexp?") == "0"


def test_cellon_is_zero_while_the_front_switch_is_out(client: Client) -> None:
    client.engine.switch_cell(on=False)
    client.send("ceenab 1")
    assert client.ask("ceenab?") == "1"
    assert client.ask("cellon?") == "0"


def test_a_resistor_at_a_positive_potential_passes_a_negative_current(client: Client) -> None:
    client.send("irange 6;avgexp 8;setvol 100;ceenab 1")
    client.clock.advance(0.1)
    assert float(client.ask("vlevel?")) == pytest.approx(0.1, abs=1e-4)
    assert float(client.ask("ilevel?")) == pytest.approx(-1e-5, rel=1e-3)
    client.send("ceenab 0")
    client.clock.advance(0.1)
    assert float(client.ask("ilevel?")) == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("ecmode 1", "setvol 10"), ("ecmode 0", "setcur 0.1"), ("irnaut 1", "irange 3"), ("ecmode 1", "irnaut 1"),
        ("ceenab 1", "dcntrl 1"), ("brenab 0", "bireji 0.1"), ("plinit;ppoint 1;pdatap 0 1", "pstart"),
        ("arbrst;arbtyp 1", "arbtyp 1"), ("arbrst;arbtyp 1", "arbrun 1"), ("ramprs", "rampst 0"),
        ("getbda 1", "avgexp 1"),
    ],
)  # fmt: skip
def test_commands_are_refused_in_the_wrong_state(client: Client, before: str, line: str) -> None:
    client.send(before)
    client.send("nulcmd")
    client.send(line)
    client.send("getbda 0")  # a set command too: the registers still tell
    assert client.ask("*ESR? 4") == "1"


def pulses(client: Client, points: list[tuple[int, int]], limit: int, increments: set[int]) -> None:
    client.send(f"irange 4;avgexp 6;plinit;ppoint {len(points) - 1};psteps 0;plimit {limit};plendm 1")
    for index, (level, hold) in enumerate(points):
        client.send(f"pdatap {index} {level};pholdt {index} {hold};pincrm {index} 0 {int(index in increments)}")
    assert client.ask("pprogm?") == "0"


def test_the_public_drivers_step_program_plays_once(client: Client) -> None:
    # lib-maxiv-ec301, `potentialStep`: "it seems you have to add more points than you think".
    client.send(
        "irange 4;avgexp 4;plinit;psteps 50;plimit 1;ppoint 3;pdatap 0 0;pholdt 0 2500;pdatap 1 200;pholdt 1 5000"
    )
    client.send("pincrm 1 0 0;pdatap 2 0;pholdt 2 1000;pincrm 2 0 1;pdatap 3 0;pholdt 3 1000;pincrm 3 0 1;plendm 1")
    assert client.ask("pprogm?") == "0"
    levels = client.levels("trgarm 0;pstart 0", 0.1, PULSE)
    assert [level for level, _ in levels] == [0.0, 0.2, 0.0]
    np.testing.assert_allclose([length for _, length in levels], [0.01, 0.02, 0.008], atol=1.5e-4)


def test_point_0_plays_once_and_the_others_again(client: Client) -> None:
    pulses(client, [(10, 500), (50, 500), (0, 500)], limit=2, increments={2})
    levels = client.levels("pstart", 0.05, PULSE)
    assert [level for level, _ in levels] == [0.01, *[0.05, 0.0] * 3]


def test_a_baseline_turns_round_without_end(client: Client) -> None:
    client.send("irange 4;avgexp 4;plinit;ppoint 1;psteps 100;plimit 2;plendm 0;pincrm 1 1 1")
    client.send("pdatap 0 0;pholdt 0 1000;pdatap 1 50;pholdt 1 1000")
    assert client.ask("pprogm?") == "0"
    levels = client.levels("pstart", 0.04, PULSE)
    assert [level for level, _ in levels][:8] == [0.0, 0.05, 0.15, 0.25, 0.15, 0.05, 0.15, 0.25]
    client.send("getbda 0;plstop")
    assert client.ask("scntrg?") == "0"
    assert client.ask("cellon?") == "1", "the control loop stays closed, p. 116"


def test_starting_a_program_closes_the_cell(client: Client) -> None:
    pulses(client, [(0, 500), (20, 500)], limit=1, increments={1})
    assert client.ask("cellon?") == "0"
    client.send("pstart")
    assert client.ask("cellon?") == "1"


@pytest.mark.parametrize("missing", ["ppoint 2", "ppoint 6"])
def test_a_program_with_a_point_without_data_is_not_verified_nor_started(client: Client, missing: str) -> None:
    pulses(client, [(0, 500), (20, 500)], limit=1, increments={1})
    client.send(missing)
    assert client.ask("pprogm?") == "1"
    client.send("pstart")
    assert client.ask("scntrg?") == "0"


def test_state_bits_tell_ranges_averages_edges_and_the_cell(client: Client) -> None:
    pulses(client, [(0, 1600), (50, 1600), (0, 1600)], limit=1, increments={1, 2})
    client.send("eadcrg 1;getbda 1")
    client.clock.advance(0.02)
    client.send("pstart")
    client.clock.advance(0.06)
    frames = client.frames()
    flags = frames["flags"]
    assert set(flags >> 4 & 15) == {4}
    assert set(flags >> 8 & 7) == {5}
    assert set(flags >> 15 & 15) == {6}
    closed = flags & 1 == 0
    running = (flags & 1 << PULSE) != 0
    assert not closed[:70].any()
    assert closed[running].all()
    toggles = np.flatnonzero(np.diff(flags >> 20 & 1))
    assert len(toggles) == 3, "one edge into each point"


def test_overloads_are_told_in_the_footer_and_in_the_measurement_register(client: Client) -> None:
    client.send("irange 8;setvol 100;ceenab 1;getbda 1")  # 10 uA through a range of 100 nA
    client.clock.advance(64 * 4e-6)
    client.talk.run()
    packet = bytes(client.talk.output)
    client.talk.output.clear()
    *_, overloads, _ = struct.unpack("<4fB6xB", packet[-24:])
    assert overloads == 1 << 3
    assert packet[-1] == sum(packet[:-1]) & 0xFF
    np.testing.assert_allclose(np.frombuffer(packet[16:-24], "<f4")[10::4], -2e-7, rtol=1e-6)
    client.send("getbda 0")
    assert int(client.ask("MESR?")) & 1 << 2


def test_the_ce_limit_is_told_in_the_state_bits(client: Client) -> None:
    client.send("celimt 1;celimv 500;setvol 600;ceenab 1;getbda 1")
    client.clock.advance(64 * 4e-6)
    assert (client.frames()["flags"] >> 3 & 1).all()


def test_a_linear_sweep_opens_the_cell_at_its_end_if_asked(client: Client) -> None:
    client.send(
        "irange 4;avgexp 4;ramprs;scantp 1;scanem 0;ramppt 0 0;ramppt 1 200;ramprt 0 20000;rampdt 0 50;rampdt 1 20"
    )
    assert client.ask("ramppg? 0") == str(1 << 4 | 1 << 6), "P3 and R2 are missing for a CV"
    assert client.ask("ramppg? 1") == "0"
    client.send("getbda 1;rampst 1")
    client.clock.advance(0.2)
    frames = client.frames()
    running = (frames["flags"] & 1 << RAMP) != 0
    assert running.sum() * 64e-6 == pytest.approx(0.107, abs=2e-4)
    assert (frames["flags"][np.flatnonzero(running)[-1] + 2 :] & 1).all()
    client.send("getbda 0")
    assert client.ask("cellon?") == "0"


def test_a_ramp_repeats_its_unit(client: Client) -> None:
    client.send(
        "irange 4;avgexp 5;ramprs;scantp 0;rampcy 2;scanem 1;ramppt 0 0;ramppt 1 100;ramppt 2 -100;ramprt 0 100000"
    )
    client.send("ramprt 1 100000;rampdt 0 0;rampdt 1 0")
    assert client.ask("ramppg? 0") == "0"
    client.send("getbda 1;rampst 0")
    client.clock.advance(0.2)
    frames = client.frames()
    played = frames["potential"][(frames["flags"] & 1 << RAMP) != 0]
    assert np.sum(np.diff(np.sign(played - 0.08)) == 2) == 3
    assert len(played) * 128e-6 == pytest.approx(0.01 + 5 * 0.02, abs=3e-4)


def test_an_arbitrary_waveform_opens_the_cell_at_its_end_if_asked(client: Client) -> None:
    client.send("arbrst;arbtyp 1;arbdiv 10;arbend 1")
    for point in range(4):
        client.ask(f"arbset? {point} {10 * point}")
    client.send("arbrun 1")
    client.clock.advance(30e-6)
    assert client.ask("cellon?") == "1"
    client.clock.advance(20e-6)
    assert client.ask("cellon?") == "0"


def test_arbrun_0_stops_and_opens(client: Client) -> None:
    client.send("arbrst;arbtyp 1;arbcyc 0;arbdiv 100")
    assert client.ask("arbset? 0 10") == "0"
    client.send("arbrun 1")
    client.clock.advance(1.0)
    assert client.ask("scntrg?") == "1"
    client.send("arbrun 0")
    assert client.ask("cellon?") == "0"


@pytest.mark.parametrize("first", [0, 1])
def test_the_range_of_a_point_tells_which_type_it_has(first: int) -> None:
    # The table of p. 125 counts from 0, the examples of pp. 124 and 132 from 1.
    client = Client(first_arb_type=first)
    client.send(f"arbrst;arbtyp {first}")
    assert client.ask("arbset? 0 15000") == "0"
    client.send(f"arbrst;arbtyp {first + 1}")
    assert client.ask("arbset? 0 1000") == "0"
    assert client.ask("arbset? 0 1001") != "0"
    client.send(f"arbrst;arbtyp {first + 5}")
    assert client.ask("arbset? 0 2000") == "0"
    assert client.ask("arbset? 0 2001") != "0"


def test_a_rising_trigger_is_waited_for(client: Client) -> None:
    pulses(client, [(0, 500), (20, 500)], limit=1, increments={1})
    client.send("pstart 1")
    client.clock.advance(0.1)
    assert client.ask("scntrg?") == "0"
    client.engine.trigger()
    assert client.ask("scntrg?") == "1"


def test_queries_are_void_while_the_stream_runs(client: Client) -> None:
    client.send("getbda 1")
    assert client.ask("vlevel?") == ""
    client.send("getbda 0")
    assert client.ask("cellon?") == "0"


def test_packets_are_counted(client: Client) -> None:
    client.send("getbda 1")
    counters = []
    for _ in range(3):
        client.clock.advance(65 * 4e-6)
        client.talk.run()
        counters.append(struct.unpack_from("<xxH", client.talk.output)[0])
        client.talk.output.clear()
    assert counters == [0, 1, 2]


def test_a_client_that_comes_soon_after_another_is_not_heard_once_the_interface_jams() -> None:
    client = Client()
    client.device.inject("reconnect-jam")
    client.clock.advance(5.0)
    client.talk = client.device.client_session()
    assert client.ask("nulcmd?") == "0"
    patient, client.talk = client.talk, client.device.client_session()
    assert client.ask("nulcmd?") == ""
    client.clock.advance(4.0)
    assert client.ask("nulcmd?") == "0"
    client.talk = patient
    assert client.ask("nulcmd?") == "0"
