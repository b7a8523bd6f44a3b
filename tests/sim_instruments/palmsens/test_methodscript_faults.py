"""Is every documented fault of MethodSCRIPT told with its number, line and column? Plain pyserial asks.

Numbers and meanings: MethodSCRIPT manual v1.8, appendix A. Columns: where the parser stood (the vendor's SDK shows
"Line 1, Col 16" for ``invalid_command``).
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import serial

from sim_instruments.palmsens.faults import Code
from sim_instruments.serving.in_process import InProcess, served_here
from sim_instruments.serving.injected_faults import Fault
from tests.patience import patience

pytestmark = pytest.mark.waits

ON = "set_pgstat_mode 3\ncell_on\n"
PC = "var p\nvar c\n"
LONG = "a" * 33

# What is wrong when it is loaded: script, number, line, column.
LOADED = [
    ("invalid_command", 0x4001, 1, 16),
    ("beep 24 70 200m", 0x001B, 1, 5),
    ("# " + "x" * 254, 0x0008, 1, 256),
    ("var 1a", 0x402B, 1, 7),
    (f"var {LONG}", 0x402C, 1, 38),
    ("var a\nvar a", 0x4026, 2, 6),
    ("set_e x", 0x420B, 1, 8),
    ("store_var x 1 aa", 0x420B, 1, 12),
    ("var a\nstore_var a[0i] 1 aa", 0x420B, 2, 12),
    ("array a 3i\nadd_var a 1", 0x420E, 2, 10),
    ("array a 3i\nvar b\ncopy_var a[0] b", 0x4207, 3, 14),
    ("var a\nstore_var a 1 zz", 0x4209, 2, 17),
    ("add_var 1 2", 0x420D, 1, 10),
    ("wait 1 2", 0x420A, 1, 9),
    ("pck_start nope(1)", 0x4008, 1, 15),
    ("wait", 0x4004, 1, 5),
    ("wait 1.5", 0x4004, 1, 7),
    ("var a\nif a = 1\nendif", 0x4004, 2, 6),
    ("var a\nset_pgstat_mode a", 0x4004, 2, 17),
    ("send_string off", 0x4004, 1, 13),
    ('var a\nsend_string f"{a"', 0x4210, 2, 18),
    ("endloop", 0x400E, 1, 8),
    ("endif", 0x400E, 1, 6),
    ("var a\nif a == 1\nelse\nelse\nendif", 0x400E, 4, 5),
    ("on_finished:\non_finished:", 0x400E, 2, 13),
    ("breakloop", 0x400C, 1, 10),
    (f"{PC}meas_loop_ca p c 0 1 2\nmeas_loop_ca p c 0 1 2", 0x400B, 4, 13),
    ("var a\n" + "loop a < 1\n" * 17, 0x400D, 18, 5),
    ("var a\nloop a < 1", 0x4018, 2, 11),
]

# What goes wrong in the run: script, number, line.
IN_THE_RUN = [
    ("array a 0i", 0x4204, 1),
    ("array a 60000i", 0x000B, 1),
    ("array a 2i\nvar b\ncopy_var a[2i] b", 0x400F, 3),
    ("var a\nbit_inv_var a", 0x4207, 2),
    ("var a\ndiv_var a 0", 0x0028, 2),
    ("var a\nmod_var a 0", 0x0028, 2),
    ("var a\nstore_var a -1 aa\npow_var a 500m", 0x0010, 3),
    ("wait -1", 0x4205, 1),
    ("set_max_bandwidth -1", 0x4205, 1),
    ("set_acquisition_frac 101", 0x4205, 1),
    ("set_int 0", 0x4204, 1),
    ("await_int", 0x400C, 1),
    ("set_pgstat_chan 7", 0x002F, 1),
    ("set_pgstat_mode 9", 0x0021, 1),
    ("set_e 9", 0x000F, 1),
    ("set_range_minmax da -9 9", 0x000F, 1),
    (f"{PC}meas_loop_ca p c 0 10m 100m\nendloop", 0x4027, 3),
    (f"{ON}var p\nmeas_loop_ocp p 10m 100m\nendloop", 0x0014, 4),
    (f"{ON}{PC}meas_loop_ca p c 0 100m 10m\nendloop", 0x4029, 5),
    (f"{ON}{PC}meas_loop_ca p c 0 0 10m\nendloop", 0x4204, 5),
    (f"{ON}{PC}meas_loop_ca p c 0 1u 10m\nendloop", 0x005A, 5),
    (f"{ON}{PC}meas_loop_ca p c 0 10m 100m\nset_e 0\nendloop", 0x4032, 6),
    (f"{ON}{PC}meas_loop_lsv p c 0 100m 1u 1\nendloop", 0x001C, 5),
    (f"{ON}{PC}meas_loop_cv p c 500m 0 100m 10m 1\nendloop", 0x0007, 5),
    (f"{ON}{PC}meas_loop_dpv p c 0 100m 10m 1u 10m 100m\nendloop", 0x001D, 5),
    (f"{ON}{PC}meas_loop_dpv p c 0 100m 10m 50m 90m 100m\nendloop", 0x0007, 5),
    (f"{ON}{PC}meas_loop_pad p c 0 100m 10m 100m 1 9i\nendloop", 0x0025, 5),
    ("pck_add 1", 0x401B, 1),
    ("pck_end", 0x401B, 1),
    ("pck_start\npck_start", 0x401B, 2),
    ("pck_start\n" + "pck_add 1\n" * 21, 0x401C, 22),
]

# What is wrong with a command outside of scripts: line, answer.
COMMANDS = [
    ("x", "x!0003"),
    ("G", "G!004B"),
    ("GZZ", "G!006D"),
    ("GFF", "G!0004"),
    ("Z", "Z!0006"),
    ("Y", "Y!0006"),
]

# What it cannot meet at will: an EmStat4 alone can (below), the instrument's own faults bring it, or the state does.
ELSEWHERE = {
    Code.NOT_SIMULATED,  # test_methodscript_wider.py
    Code.SCRIPT_TOO_LARGE,
    Code.ARRAY_TOO_SMALL,
    Code.CRITICAL_OVERLOAD,
    Code.FAST_TIMING,
    Code.UNSPECIFIED,
    Code.NO_SCRIPT,
    Code.READ_ONLY_REGISTER,
    Code.WRITE_ONLY_REGISTER,
}


@pytest.fixture(scope="module", params=["emstat-pico", "emstat4"])
def served(request: pytest.FixtureRequest) -> Iterator[InProcess]:
    with served_here(request.param, "pty", speed=50.0) as instrument:
        yield instrument


@pytest.fixture(scope="module")
def line(served: InProcess) -> Iterator[serial.Serial]:
    path = served.resource.removeprefix("ASRL").removesuffix("::INSTR")
    with serial.Serial(path, 230_400, timeout=patience(5.0), xonxoff=True) as opened:
        yield opened


def last_word(line: serial.Serial, script: str) -> str:
    """Send a script with ``e`` and return its fault, or the empty line it ends with."""
    line.write(f"e\n{script}\n\n".encode())
    while True:
        got = line.readline().decode()
        assert got.endswith("\n"), f"no answer to {script[:200]!r}"
        if got == "\n" or got.startswith(("e!", "!")):
            return got.rstrip("\n")


def hears_again(line: serial.Serial) -> None:
    """After a fault it hears nothing for 50 ms (SDK), then answers as ever, the cell switched off by us."""
    time.sleep(0.06)
    line.reset_input_buffer()
    assert last_word(line, "cell_off") == ""


@pytest.mark.parametrize(("script", "number", "at", "column"), LOADED)
def test_a_fault_in_a_script_is_told_with_line_and_column(
    line: serial.Serial, script: str, number: int, at: int, column: int
) -> None:
    assert last_word(line, script) == f"e!{number:04X}: Line {at}, Col {column}"
    hears_again(line)


@pytest.mark.parametrize(("script", "number", "at"), IN_THE_RUN)
def test_a_fault_in_the_run_is_told_with_its_line(line: serial.Serial, script: str, number: int, at: int) -> None:
    assert last_word(line, script) == f"!{number:04X}: Line {at}"
    hears_again(line)


@pytest.mark.parametrize(("command", "answer"), COMMANDS)
def test_a_wrong_command_is_told_by_its_letter_and_number(line: serial.Serial, command: str, answer: str) -> None:
    line.write(command.encode() + b"\n")
    assert line.readline().decode().rstrip("\n") == answer
    hears_again(line)


def test_a_line_without_an_end_is_refused_once_it_is_too_long(line: serial.Serial) -> None:
    line.write(b"x" * 5000)
    assert line.readline() == b"x!0008\n"
    hears_again(line)


def test_a_script_beyond_the_memory_is_refused_at_the_line_that_does_not_fit(
    line: serial.Serial, served: InProcess
) -> None:
    fits = (65_536 if served.served.kind == "emstat4" else 16_384) // 7
    assert last_word(line, "wait 0\n" * (fits + 1)).startswith(f"e!4005: Line {fits + 1}, Col ")
    time.sleep(0.2)
    hears_again(line)


@pytest.mark.parametrize(
    ("fault", "number"), [("compliance", 0x0032), ("buffer-overrun", 0x0058), ("error-storm", 0x0001)]
)
def test_what_befalls_the_instrument_has_its_number(fault: str, number: int) -> None:
    with served_here("emstat4", "pty", speed=1.0) as instrument:
        path = instrument.resource.removeprefix("ASRL").removesuffix("::INSTR")
        with serial.Serial(path, 230_400, timeout=patience(5.0), xonxoff=True) as line:
            if fault == "error-storm":
                instrument.do(lambda: instrument.served.host.inject([Fault(fault)]))
                line.write(b"v\n")
                assert line.readline() == b"v!0001\n"
                return
            line.write(f"e\n{ON}{PC}meas_loop_ca p c 0 10m 5\nendloop\n\n".encode())
            assert [line.readline() for _ in range(2)] == [b"e\n", b"M0007\n"]
            instrument.do(lambda: instrument.served.host.inject([Fault(fault)]))
            assert line.readline().decode().startswith(f"!{number:04X}: Line 5")


def test_an_array_too_small_for_a_fast_scan_and_scripts_that_are_not_there() -> None:
    with served_here("emstat4", "pty", speed=50.0) as instrument:
        path = instrument.resource.removeprefix("ASRL").removesuffix("::INSTR")
        with serial.Serial(path, 230_400, timeout=patience(5.0), xonxoff=True) as line:
            for command in ("r", "Fmscr", "Lmscr"):
                line.write(command.encode() + b"\n")
                assert line.readline().decode() == f"{command[0]}!000C\n"
                time.sleep(0.06)
            script = f"{ON}array p 5i\narray c 5i\nvar n\nmeas_fast_cv p c n 0 100m -100m 10m 1"
            assert last_word(line, script) == "!420F: Line 6"


def test_registers_that_only_read_or_only_write_say_so(line: serial.Serial) -> None:
    found = set()
    for number in range(256):
        for command in (f"G{number:02X}", f"S{number:02X}0"):
            line.write(command.encode() + b"\n")
            answer = line.readline().decode().strip()
            if "!" in answer:
                found.add(int(answer.partition("!")[2], 16))
                time.sleep(0.052)
                line.reset_input_buffer()
            if {0x0005, 0x0043} <= found:
                return
    pytest.fail(f"only {sorted(found)}")


def test_no_number_of_the_simulation_is_left_out_here() -> None:
    told = {number for _, number, *_ in LOADED + IN_THE_RUN}
    told |= {int(answer.partition("!")[2], 16) for _, answer in COMMANDS}
    assert {code for code in Code if code.value not in told} == ELSEWHERE
