"""Does a simulated EmStat run MethodSCRIPT as its manual defines it? Plain pyserial asks; no driver of ours."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import pytest
import serial

from sim_instruments.serving.in_process import served_here
from tests.patience import patience

OHM = 10_000.0


@pytest.fixture(scope="module", params=["emstat-pico", "emstat4"])
def line(request: pytest.FixtureRequest) -> Iterator[serial.Serial]:
    with served_here(request.param, "pty", speed=20.0) as served:
        path = served.resource.removeprefix("ASRL").removesuffix("::INSTR")
        with serial.Serial(path, 230_400, timeout=patience(5.0), xonxoff=True) as opened:
            yield opened


def ask(line: serial.Serial, text: str) -> str:
    line.write(text.encode() + b"\n")
    return line.readline().decode().rstrip("\n")


def run(line: serial.Serial, script: str) -> list[str]:
    """Send a script with ``e``; return the lines up to the empty one, or to the fault."""
    body = "\n".join(part.strip() for part in script.strip().splitlines())
    line.write(f"e\n{body}\n\n".encode())
    lines: list[str] = []
    while True:
        got = line.readline().decode()
        assert got.endswith("\n"), f"no line after {lines[-3:]}"
        lines.append(got.rstrip("\n"))
        if got == "\n" or got.startswith(("e!", "!")):
            return lines


def values(lines: list[str], kind: str) -> list[float]:
    """The values of one variable type in the packages: seven hexadecimal digits less 2^27, and a prefix."""
    scale = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, " ": 0, "k": 3}
    found = []
    for package in (text[1:] for text in lines if text.startswith("P")):
        for field in package.split(";"):
            if field.startswith(kind):
                number = field.split(",")[0]
                found.append((int(number[2:9], 16) - 2**27) * 10.0 ** scale[number[9]])
    return found


READY = """
    var p
    var c
    set_pgstat_chan 0
    set_pgstat_mode 3
    set_max_bandwidth 200k
    set_range_minmax da -500m 500m
    set_range ba 100u
    set_autoranging ba 100u 100u
    cell_on
"""


def test_it_says_who_it_is_in_two_lines(line: serial.Serial) -> None:
    line.write(b"t\n")
    assert line.readline().startswith(b"tes")
    assert line.readline().rstrip().endswith(b"*")
    assert ask(line, "v").startswith("v")
    assert ask(line, "i").startswith("i")


def test_chronoamperometry_gives_ohms_law_every_interval(line: serial.Serial) -> None:
    script = READY + "meas_loop_ca p c 100m 10m 100m\npck_start\npck_add p\npck_add c\npck_end\nendloop\ncell_off"
    lines = run(line, script)
    assert lines[0] == "e"
    assert lines[1] == "M0007"
    assert lines[-2:] == ["*", ""]
    currents = values(lines, "ba")
    assert len(currents) == 10
    assert all(math.isclose(current, 0.1 / OHM, rel_tol=0.02) for current in currents)


def test_a_linear_sweep_goes_step_by_step_from_begin_to_end(line: serial.Serial) -> None:
    script = READY + "meas_loop_lsv p c -100m 100m 20m 1\npck_start\npck_add p\npck_add c\npck_end\nendloop\ncell_off"
    lines = run(line, script)
    assert lines[1] == "M0000"
    potentials, currents = values(lines, "da"), values(lines, "ba")
    assert len(potentials) == 11
    assert all(math.isclose(p, -0.1 + 0.02 * k, abs_tol=4e-4) for k, p in enumerate(potentials))
    assert all(math.isclose(c, p / OHM, abs_tol=2e-7) for p, c in zip(potentials, currents, strict=True))


def test_square_wave_gives_difference_forward_and_reverse(line: serial.Serial) -> None:
    loop = "meas_loop_swv p c f r -50m 50m 10m 20m 25\npck_start\npck_add c\npck_add f\npck_add r\npck_end\nendloop"
    script = READY.replace("var c", "var c\nvar f\nvar r") + loop + "\ncell_off"
    lines = run(line, script)
    assert lines[1] == "M0002"
    currents = values(lines, "ba")
    difference, forward, reverse = currents[0::3], currents[1::3], currents[2::3]
    assert len(difference) == 11
    for d, f, r in zip(difference, forward, reverse, strict=True):
        assert math.isclose(d, f - r, abs_tol=1e-9)
        assert math.isclose(d, 0.04 / OHM, rel_tol=0.05)


def test_loops_variables_and_conditions(line: serial.Serial) -> None:
    lines = run(
        line,
        """
        var n
        var s
        store_var n 0i ja
        store_var s 0i ja
        loop n < 5i
          add_var n 1i
          if n == 3i
            send_string "three"
          elseif n > 3i
            add_var s n
          else
            send_string "few"
          endif
        endloop
        pck_start
        pck_add s
        pck_end
        """,
    )
    assert [text for text in lines if text.startswith("T")] == ["Tfew", "Tfew", "Tthree"]
    assert [text for text in lines if text in {"L", "+"}] == ["L", "+"]
    package = next(text for text in lines if text.startswith("P"))
    assert int(package[3:10], 16) - 2**27 == 9


def test_on_finished_runs_after_an_abort_too(line: serial.Serial) -> None:
    line.write(
        (
            "e\n"
            + "\n".join(part.strip() for part in READY.strip().splitlines())
            + "\nmeas_loop_ca p c 0 100m 1000\npck_start\npck_add c\npck_end\nendloop\n"
            'on_finished:\ncell_off\nsend_string "off"\n\n'
        ).encode()
    )
    assert line.readline() == b"e\n"
    assert line.readline() == b"M0007\n"
    line.readline()
    line.write(b"Z\n")
    rest = [line.readline().decode().rstrip("\n") for _ in range(4)]
    while rest[-1] != "":
        rest.append(line.readline().decode().rstrip("\n"))
    assert "Z" in rest
    assert "Toff" in rest


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("invalid_command", "e!4001: Line 1, Col 16"),
        ("var a\nvar a", "e!4026: Line 2, Col 6"),
        ("set_e x", "e!420B: Line 1, Col 8"),
        ("var p\nvar c\nmeas_loop_ca p c 0 1 2\nmeas_loop_ca p c 0 1 2", "e!400B: Line 4"),
        ("endloop", "e!400E: Line 1"),
        ("var a\nloop a < 1", "e!4018: Line 2"),
        ("wait 1 2", "e!420A: Line 1"),
        ("add_var 1 2", "e!420D: Line 1"),
    ],
)
def test_a_wrong_script_is_refused_with_line_and_column(line: serial.Serial, script: str, fault: str) -> None:
    assert run(line, script)[-1].startswith(fault)
    time.sleep(0.06)  # then it hears nothing for 50 ms
    assert ask(line, "v").startswith("v")


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("var p\nvar c\nmeas_loop_ca p c 0 10m 100m\nendloop", "!4027: Line 3"),
        ("set_pgstat_mode 9", "!0021: Line 1"),
        ("var a\nstore_var a 1 aa\ndiv_var a 0", "!0028: Line 3"),
    ],
)
def test_what_goes_wrong_in_the_run_is_told_with_its_line(line: serial.Serial, script: str, fault: str) -> None:
    assert run(line, script)[-1].startswith(fault)


def test_a_command_without_a_script_to_abort_is_refused(line: serial.Serial) -> None:
    assert ask(line, "Z") == "Z!0006"
    time.sleep(0.06)
    assert ask(line, "v").startswith("v")
