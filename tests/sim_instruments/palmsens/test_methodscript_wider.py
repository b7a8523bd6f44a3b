"""Impedance, galvanostat, files, pins and array functions of simulated EmStats, by raw script lines.

Scripts have the commands of the vendor's public MethodSCRIPT examples; expected values are closed forms.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim_instruments.core.clock import ManualClock
from sim_instruments.palmsens.emstat import EmStat, EmStat4LR, EmStatPico
from sim_instruments.sample.admittance import admittance
from sim_instruments.sample.cell import Cell, load_cell

MODELS = [EmStatPico, EmStat4LR]


def run(kind: type[EmStat], script: str, cell: str | Cell = "resistor", wait_s: float = 400.0) -> list[str]:
    """Return the lines that a script says."""
    clock = ManualClock()
    return run_on(kind(clock, load_cell(cell) if isinstance(cell, str) else cell, 1), clock, script, wait_s)


def run_on(device: EmStat, clock: ManualClock, script: str, wait_s: float = 400.0) -> list[str]:
    line = device.client_session()
    body = "\n".join(part.strip() for part in script.splitlines() if part.strip())
    line.receive(f"e\n{body}\n\n".encode())
    for _ in range(int(wait_s)):
        if not line.waiting:
            break
        clock.advance(1.0)
        line.run()
    assert not line.waiting, "the script has not ended"
    return bytes(line.output).decode().split("\n")


def fields(lines: list[str], kind: str) -> list[str]:
    return [field for line in lines if line.startswith("P") for field in line[1:].split(";") if field.startswith(kind)]


def values(lines: list[str], kind: str) -> np.ndarray:
    """Numbers of the packages: seven hexadecimal digits less 2^27, and a prefix."""
    scale = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, " ": 0, "k": 3, "M": 6, "i": 0}
    found = [field.split(",")[0] for field in fields(lines, kind)]
    return np.array([(int(text[2:9], 16) - 2**27) * 10.0 ** scale[text[9]] for text in found])


def Z_of(cell: Cell, f_Hz: np.ndarray) -> np.ndarray:
    """Series resistance, ohmic bulk and a constant-phase electrode, in closed form."""
    p = cell.parameters
    blocking = 1.0 / (p["Q"] * (2j * np.pi * f_Hz) ** p["n"]) if "Q" in p else 0.0
    return np.asarray(p["R_s"] + 1.0 / p["G_inf"] + blocking + 0.0 * f_Hz)


EIS = """
    var f
    var r
    var j
    set_pgstat_chan 0
    set_pgstat_mode 3
    set_max_bandwidth 200k
    set_range ba 100u
    set_autoranging ba 1n 5m
    set_e {dc}
    cell_on
    meas_loop_eis f r j 10m 100k 100 11 {dc}{option}
        pck_start
        pck_add f
        pck_add r
        pck_add j
        pck_end
    endloop
    on_finished:
    cell_off
"""


def test_the_admittance_of_a_cell_is_that_of_its_circuit() -> None:
    for name in ("rc", "resistor"):
        cell = load_cell(name)
        for f_Hz in (0.1, 10.0, 1e3, 1e5):
            assert abs(admittance(cell, f_Hz) * Z_of(cell, np.array([f_Hz]))[0] - 1.0) < 2e-4


@pytest.mark.parametrize("kind", MODELS)
def test_eis_gives_the_cells_impedance_at_logarithmic_frequencies(kind: type[EmStat]) -> None:
    cell = load_cell("rc")
    lines = run(kind, EIS.format(dc="0", option=""), cell)
    assert lines[1] == "M000D"
    f_Hz = values(lines, "dc")
    np.testing.assert_allclose(f_Hz, np.geomspace(1e5, 100.0, 11), rtol=1e-5)
    Z = values(lines, "cc") + 1j * values(lines, "cd")
    np.testing.assert_allclose(Z, Z_of(cell, f_Hz), rtol=2e-3)
    assert (Z.imag < 0).all(), "a capacitance has a negative imaginary part"
    assert fields(lines, "cc")[0].split(",")[1] == "10", "neither overload nor underload"


def test_waveforms_of_eis_have_the_phase_of_the_impedance() -> None:
    script = EIS.replace("var f", "array u 64i\n array c 64i\n var n\n var s\n var f").replace(
        "pck_end",
        "pck_end\n store_var n 0i ja\n loop n < 64i\n pck_start\n pck_add u[n]\n pck_add c[n]\n pck_end\n"
        "add_var n 1i\n endloop",
    )
    cell = load_cell("rc")
    lines = run(EmStat4LR, script.format(dc="0", option=" eis_tdd(u c n s 0)"), cell)
    u, i = values(lines, "ce")[-64:], values(lines, "cf")[-64:]
    turn = np.exp(-2j * np.pi * np.arange(64) / 64)
    Z = (u @ turn) / (i @ turn)
    assert abs(Z / Z_of(cell, np.array([100.0]))[0] - 1.0) < 2e-3


GALVANOSTAT = """
    var p
    var c
    set_pgstat_chan 0
    set_pgstat_mode 6
    set_max_bandwidth 10
    set_range ab 1
    set_autoranging ab 100m 1
    set_i 0
    cell_on
    {loop}
        pck_start
        pck_add c
        pck_add p
        pck_end
    endloop
    on_finished:
    cell_off
"""


def test_chronopotentiometry_charges_a_capacitor_on_a_resistor() -> None:
    cell = load_cell("rc")
    p = cell.parameters
    assert p["n"] == 1.0
    lines = run(EmStat4LR, GALVANOSTAT.format(loop="meas_loop_cp p c 1u 100m 2"), cell)
    np.testing.assert_allclose(values(lines, "db"), 1e-6)
    t_s = 0.1 * np.arange(1, 21) - 0.025  # the middle of a reading of half the interval
    expected = 1e-6 * (p["R_s"] + 1.0 / p["G_inf"] + t_s / p["Q"])
    np.testing.assert_allclose(np.diff(values(lines, "ab")), np.diff(expected), rtol=0.02)
    assert fields(lines, "ab")[0].split(",")[2] == "206", "1 V is range 6 of an EmStat4 (vendor's mscript.py)"


def test_linear_sweep_potentiometry_is_ohms_law() -> None:
    lines = run(EmStat4LR, GALVANOSTAT.format(loop="meas_loop_lsp p c -5u 5u 1u 10u"))
    current = values(lines, "db")
    np.testing.assert_allclose(current, 1e-6 * np.arange(-5, 6), atol=1e-12)
    np.testing.assert_allclose(values(lines, "ab"), 10_000.0 * current, atol=1e-4)


def test_a_current_that_needs_too_much_potential_is_told_as_overload() -> None:
    lines = run(EmStat4LR, GALVANOSTAT.format(loop="meas_loop_cp p c 1m 100m 500m"))
    np.testing.assert_allclose(values(lines, "ab"), 3.0, atol=1e-3)  # 10 V would be right
    assert all(field.split(",")[1] == "12" for field in fields(lines, "ab"))


def test_galvanostatic_eis_gives_the_same_impedance() -> None:
    script = GALVANOSTAT.format(loop="meas_loop_geis f p c 1u 1k 10 5 0").replace("var p", "var f\nvar p")
    cell = load_cell("rc")
    lines = run(EmStat4LR, script.replace("pck_add p", "pck_add p\npck_add f"), cell)
    Z = values(lines, "cc") + 1j * values(lines, "cd")
    np.testing.assert_allclose(Z, Z_of(cell, values(lines, "dc")), rtol=2e-3)


@pytest.mark.parametrize("command", ["set_i 0", "meas_loop_cp a b 1u 1 1", "meas_fast_ca a b c 0 1m 1", "beep 24 70 1"])
def test_what_a_pico_has_no_hardware_for_is_not_supported(command: str) -> None:
    assert run(EmStatPico, command)[0].startswith("e!001B: Line 1, Col ")


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("command", ["subarray a b 1i 2i", "get_progress a", "set_scan_dir 1i"])
def test_what_it_has_but_this_is_not_simulated_says_so(kind: type[EmStat], command: str) -> None:
    (found, _) = run(kind, command)
    assert found.startswith("e!7FFF: Line 1, Col ")
    assert found.endswith(": not simulated")


def test_fast_amperometry_fills_its_arrays() -> None:
    script = """
        array e 100i
        array i 100i
        var n
        var k
        set_pgstat_mode 3
        set_max_bandwidth 200k
        set_range ba 100u
        set_autoranging ba 100u 100u
        cell_on
        meas_fast_ca e i n 100m 1m 50m
        store_var k 0i ja
        loop k < n
            pck_start
            pck_add i[k]
            pck_end
            add_var k 1i
        endloop
        cell_off
    """
    current = values(run(EmStat4LR, script), "ba")
    assert len(current) == 50
    np.testing.assert_allclose(current, 1e-5, rtol=2e-2)


def test_inputs_with_pull_ups_read_one() -> None:
    # Vendor's example MSExample033: GPIO0 is an input with a pull-up, and reads 1 until somebody pulls it down.
    script = "set_gpio_cfg 0b1 0\nset_gpio_pullup 0b1 1\nvar g\nget_gpio g\npck_start\npck_add g\npck_end"
    assert values(run(EmStatPico, script), "ec") == [1]
    assert values(run(EmStatPico, script.replace("set_gpio_pullup 0b1 1", "set_gpio_pullup 0b1 0")), "ec") == [0]
    outputs = "set_gpio_cfg 0b111 1\nset_gpio 0b101\nvar g\nget_gpio g\npck_start\npck_add g\npck_end"
    assert values(run(EmStatPico, outputs), "ec") == [5]


def test_the_board_is_warm() -> None:
    lines = run(EmStatPico, "var t\nset_pgstat_mode 2\nmeas 100m t ef\npck_start\npck_add t\npck_end")
    assert 20.0 < values(lines, "ef")[0] < 45.0


def test_open_circuit_tells_the_potential_range_that_is_set() -> None:
    script = (
        "var p\nset_pgstat_mode 3\nset_range ab {full}\nmeas_loop_ocp p 100m 1\npck_start\npck_add p\npck_end\nendloop"
    )
    for full, code in (("50m", "202"), ("500m", "205"), ("1", "206")):
        assert fields(run(EmStat4LR, script.format(full=full)), "ab")[0].split(",")[2] == code


def test_scripts_write_files_with_a_number_of_their_own() -> None:
    # Vendor's example MSExample008: output_0000.txt, then output_0001.txt; 3 is the line and the file.
    clock = ManualClock()
    device = EmStatPico(clock, load_cell("resistor"), 1)
    script = 'file_open "output_&i.txt" 2\nset_script_output {where}\nsend_string "there"\nfile_close'
    assert "Tthere" in run_on(device, clock, script.format(where=3))
    assert "Tthere" not in run_on(device, clock, script.format(where=2))
    assert device.storage.files == {"output_0000.txt": "Tthere\n", "output_0001.txt": "Tthere\n"}
    assert run_on(device, clock, 'file_open "a&i" 1')[1].startswith("!0007")
    run_on(device, clock, 'file_open "a" 1\nset_script_output 2\nsend_string "x"')
    run_on(device, clock, 'file_open "a" 1\nset_script_output 2\nsend_string "y"')
    assert device.storage.files["a"] == "Tx\nTy\n"


def test_a_logarithm_is_of_ten() -> None:
    lines = run(EmStatPico, "var x\nstore_var x 1k ja\nlog_var x\npck_start\npck_add x\npck_end")
    assert values(lines, "ja") == [pytest.approx(3.0)]
    assert run(EmStatPico, "var x\nstore_var x 0 ja\nlog_var x")[1] == "!0010: Line 3"


FILL = """
    array x 40i
    array y 40i
    var k
    var v
    store_var k 0i ja
    store_var v 0 ja
    loop k < 40i
        copy_var v x[k]
        {to_y}
        add_var v 1
        add_var k 1i
    endloop
"""


def test_smoothing_keeps_a_parabola_and_removes_scatter() -> None:
    show = "\nstore_var k 0i ja\nloop k < 40i\npck_start\npck_add y[k]\npck_end\nadd_var k 1i\nendloop"
    parabola = FILL.format(to_y="copy_var v y[k]\nmul_var y[k] v")
    found = values(run(EmStatPico, parabola + "smooth y y 2i" + show), "ja")
    np.testing.assert_allclose(found, np.arange(40.0) ** 2, atol=1e-5)
    spike = FILL.format(to_y="store_var y[k] 0 ja") + "store_var y[20i] 35 ja\n"
    after = values(run(EmStatPico, spike + "smooth y 40i y 1i" + show), "ja")
    # Savitzky and Golay (1964), table I: the centre of five points has weight 17/35, its neighbours 12 and -3.
    np.testing.assert_allclose(after[18:23], [-3.0, 12.0, 17.0, 12.0, -3.0], atol=1e-5)
    assert run(EmStatPico, spike + "smooth y y 9i")[-2].startswith("!4205")


def test_a_line_is_fitted_by_least_squares() -> None:
    line = FILL.format(to_y="copy_var v y[k]\nmul_var y[k] 3\nadd_var y[k] 7")
    shown = "\nvar a\nvar b\nlinear_fit x y a b\npck_start\npck_add a\npck_add b\npck_end"
    np.testing.assert_allclose(values(run(EmStatPico, line + shown), "ja"), [3.0, 7.0])


def test_the_clock_and_the_timer_run() -> None:
    script = (
        "var a\nvar b\nvar c\nvar d\nvar e\nvar f\n{wait}rtc_get a b c d e f\npck_start\npck_add e\npck_add f\npck_end"
    )
    early = values(run(EmStatPico, script.format(wait="")), "ja")
    late = values(run(EmStatPico, script.format(wait="hibernate 4i 130\n")), "ja")
    assert (late - early).tolist() == [2.0, 10.0]
    assert run(EmStatPico, "hibernate 4i 0")[1] == "!4205: Line 1"


def test_alternating_current_voltammetry_gives_level_and_impedance() -> None:
    names = ("dp", "dc", "ap", "ac", "zr", "zi")
    script = (
        "\n".join(f"var {name}" for name in names)
        + """
        set_pgstat_mode 3
        set_range ba 100u
        set_autoranging ba 1u 1m
        cell_on
        meas_loop_acv dp dc ap ac zr zi -100m 100m 50m 1 10m 15
            pck_start
            pck_add dp
            pck_add dc
            pck_add ac
            pck_add zr
            pck_end
        endloop
        cell_off
    """
    )
    lines = run(EmStat4LR, script)
    level = values(lines, "da")
    np.testing.assert_allclose(level, [-0.1, -0.05, 0.0, 0.05, 0.1], atol=1e-4)
    np.testing.assert_allclose(values(lines, "ba"), level / 10_000.0, rtol=1e-6)
    np.testing.assert_allclose(values(lines, "cj"), 1e-6, rtol=1e-3)
    np.testing.assert_allclose(values(lines, "cc"), 10_000.0, rtol=1e-3)
    assert math.isclose(len(level), 5)
