"""Bus, multiplexer, second electrode, peaks and sleep of simulated EmStats, by raw lines of the maker's examples."""

from __future__ import annotations

import numpy as np
import pytest

from sim_instruments.core.clock import ManualClock
from sim_instruments.palmsens.emstat import EmStat, EmStat4LR, EmStatPico
from sim_instruments.sample.cell import load_cell
from tests.sim_instruments.palmsens.test_methodscript_wider import run, values

TELL = "pck_start\npck_add {}\npck_end\n"
THERMOMETER = """
    var a
    var m
    var l
    array w 2
    array r 2
    i2c_config 100k 7
    store_var w[0i] 0x03i ja
    store_var w[1i] {mode} ja
    i2c_write 0x48i w 2 a
    i2c_write_byte 0x48i 0x00i a
    i2c_read 0x48i r 2 a
    array_get r 0i m
    array_get r 1i l
    bit_lsl_var m 8i
    add_var m l
    pck_start
    pck_add a
    pck_add m
    pck_end
"""


@pytest.mark.parametrize(("mode", "word"), [("0x80i", 27 * 128), ("0x00i", 27 * 16 << 3)])
def test_the_thermometer_of_a_pico_gives_its_temperature_in_steps_of_the_data_sheet(mode: str, word: int) -> None:
    assert values(run(EmStatPico, THERMOMETER.format(mode=mode)), "ja").tolist() == [0.0, word]


def test_who_is_not_on_the_bus_acknowledges_nothing() -> None:
    script = "var a\ni2c_config 100k 7\ni2c_write_byte 0x53i 1i a\n" + TELL.format("a")
    for kind in (EmStatPico, EmStat4LR):
        assert values(run(kind, script), "ja").tolist() == [1.0]
    assert "!400C" in run(EmStatPico, "var a\ni2c_write_byte 0x48i 1i a")[1]


@pytest.mark.parametrize(("kind", "number", "channels"), [(EmStatPico, 4, 16), (EmStat4LR, 3, 8), (EmStat4LR, 2, 16)])
def test_a_multiplexer_has_the_channels_of_its_type(kind: type[EmStat], number: int, channels: int) -> None:
    script = f"var n\nmux_config {number}i 0x0020\nmux_get_channel_count n\nmux_set_channel n\n" + TELL.format("n")
    assert values(run(kind, script), "ja").tolist() == [channels]
    assert "!002F" in "".join(run(kind, f"mux_config {number}i 0\nmux_set_channel {channels + 1}i"))


def test_a_type_of_another_model_is_refused_and_so_is_a_channel_without_any() -> None:
    assert run(EmStatPico, "mux_config 3i 0x0020")[1] == "!001B: Line 1"
    assert run(EmStat4LR, "mux_config 4i 0")[1] == "!001B: Line 1"
    assert run(EmStat4LR, "mux_set_channel 1i")[1] == "!400C: Line 1"


def test_alternating_channels_read_the_one_cell() -> None:
    script = """
        var p
        array c 8
        mux_config 3i 0
        set_pgstat_mode 3
        set_range ba 100u
        set_e 100m
        cell_on
        meas_loop_ca_alt_mux p c 100m 200m 400m 1i 8i
        pck_start
        pck_add c[0i]
        pck_add c[7i]
        pck_end
        endloop
    """
    np.testing.assert_allclose(values(run(EmStat4LR, script), "ba"), 0.1 / 10_000.0, rtol=5e-3)


def test_the_second_electrode_of_a_pico_reads_no_current() -> None:
    script = """
        var p
        var c
        var d
        set_pgstat_mode 2
        set_bipot_mode 1
        set_bipot_potential -20m
        set_range ba 100u
        set_e 0
        cell_on
        meas_loop_lsv p c 0 40m 20m 1 add_meas(0 bb d)
        pck_start
        pck_add d
        pck_end
        endloop
    """
    assert values(run(EmStatPico, script), "bb").tolist() == [0.0] * 3
    assert run(EmStat4LR, "set_bipot_mode 1")[0].startswith("e!001B")


def test_peaks_are_told_by_index_and_height_and_none_by_minus_one() -> None:
    ridge = [0.0, 1.0, 0.5, 4.0, 1.0, 2.0, 0.0]  # heights over their feet: 0.5, 4, 1
    stored = "".join(f"store_var y[{k}i] {round(1e3 * y)}m aa\n" for k, y in enumerate(ridge))
    told = "pck_start\npck_add i[0i]\npck_add i[1i]\npck_end\npck_start\npck_add h[0i]\npck_end"
    script = f"array y 7\narray i 2\narray h 2\n{stored}peak_detect y 7i i h {{}}\n{told}"
    assert values(run(EmStatPico, script.format("0i 800m")), "ja").tolist() == [3.0, 5.0]
    assert values(run(EmStatPico, script.format("0i 800m")), "aa").tolist() == [4.0]
    assert values(run(EmStatPico, script.format("0i 3")), "ja").tolist() == [3.0, -1.0]
    assert values(run(EmStatPico, script.format("1i 3")), "ja").tolist() == [-1.0, -1.0]


@pytest.mark.parametrize(("mask", "wakes"), [("0x0Bi", True), ("0x02i", False)])
def test_a_line_wakes_it_only_if_the_mask_says_so_and_the_seconds_are_those_of_the_timer(
    mask: str, wakes: bool
) -> None:
    clock = ManualClock()
    line = EmStatPico(clock, load_cell("resistor"), 1).client_session()
    line.receive(f'e\nhibernate {mask} 60\nsend_string "up"\n\n'.encode())
    clock.advance(120.0)
    line.run()
    assert line.waiting
    line.receive(b"\n")
    clock.advance(1.0)
    line.run()
    assert (b"Tup" in line.output) is wakes
    if not wakes:
        line.receive(b"Z\n")
    assert not line.waiting
