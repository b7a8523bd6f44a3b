"""Is whatever a user may do wrong refused in a sentence, with exit status 2, and in one shape as JSON?"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import ionecho
from drivers.registry import driver_name_of, driver_names
from sim_instruments import CATALOGUE, kind_named
from tests.ionecho.commands import command
from tests.patience import core_slowness

NOBODY = "TCPIP::127.0.0.1::9::SOCKET"
SHAPE = {"kind", "message", "where", "hint", "problems", "exit_status"}


@pytest.fixture(autouse=True)
def in_a_folder_of_nonsense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("x\n")
    (tmp_path / "run.nxs").write_text("x\n")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "lists.toml").write_text(
        'name = ["x"]\nsampling = 3\n[sequence]\nkind = "pulse"\nlevel = ["1 V", "2 V"]\nwidth = { a = 1 }\n'
        '[limits]\nvoltage = ["1 V"]\ncurrent = true\n'
    )
    (tmp_path / "cell.toml").write_text("cell = [1,\n")


WRONG = [
    ["nonsense"],
    ["--nonsense"],
    ["check"],
    ["check", "nonsense"],
    ["check", "folder"],
    ["check", "text.txt"],
    ["check", "binary.toml"],
    ["check", "lists.toml"],
    ["check", "pump_probe", "--instrument", "nonsense"],
    ["check", "pump_probe", "--instrument", "lakeshore336"],
    ["check", "pump_probe", "--stretch", "0"],
    ["check", "pump_probe", "--stretch", "nan"],
    ["check", "pump_probe", "--stretch", "1e300"],
    ["run", "pump_probe"],
    ["run", "pump_probe", "-r", ""],
    ["run", "pump_probe", "-r", "nonsense"],
    ["run", "nonsense", "-r", NOBODY],
    ["run", "pump_probe", "-r", NOBODY, "--folder", "text.txt"],
    ["run", "pump_probe", "-r", NOBODY, "-o", "folder"],
    ["run", "pump_probe", "-r", NOBODY, "-o", "text.txt"],
    ["run", "pump_probe", "-r", NOBODY, "--transcript", "folder"],
    ["run", "pump_probe", "-r", NOBODY, "--max-voltage", "1 A"],
    ["run", "pump_probe", "-r", NOBODY, "--max-current", "-1 A"],
    ["fit"],
    ["fit", "nonsense.nxs"],
    ["fit", "folder"],
    ["fit", "text.txt", "--rank"],
    ["fit", "text.txt", "text.txt", "--temperature", "300"],
    ["fit", "text.txt", "--mains", "much"],
    ["fit", "text.txt", "--compare"],
    ["fit", "text.txt", "--model", "XX"],
    ["fit", "text.txt", "--model", ""],
    ["fit", "text.txt", "--model", "R0-"],
    ["fit", "text.txt", "text.txt", "--temperature", "300", "--temperature", "-1"],
    ["fit", "run.nxs", "--mains", "-50"],
    ["fit", "run.nxs", "--area", "1 mm"],
    ["fit", "run.nxs", "--thickness", "0 mm"],
    ["fit", "run.nxs", "--thickness", "1 mm", "--thickness", "2 mm"],
    ["fit", "run.nxs", "--permittivity", "0.5"],
    ["fit", "run.nxs", "--grain-size", "fine"],
    ["fit", "run.nxs", "--spectrum", "--area", "1 mm^2"],
    ["fit", "run.nxs", "run.nxs", "--thickness", "1 mm"],
    ["fit", "run.nxs", "run.nxs", "--compare", "--permittivity", "30"],
    ["fit", "run.nxs", "--hold", "R0"],
    ["fit", "run.nxs", "--hold", "R9=1 ohm"],
    ["fit", "run.nxs", "--hold", "R0=1 V"],
    ["fit", "run.nxs", "--hold", "R0=-1 ohm"],
    ["fit", "run.nxs", "--rank", "--hold", "R0=1 ohm"],
    ["fit", "run.nxs", "--table", "--rank"],
    ["fit", "run.nxs", "--table", "--carrier-density", "1e22 cm^-3"],
    ["fit", "run.nxs", "--table", "--tracer-diffusion", "1 mm"],
    ["fit", "run.nxs", "--table", "--tracer-diffusion", "1e-12 m^2/s", "--charge-number", "0"],
    ["fit", "run.nxs", "--tracer-diffusion", "1e-12 m^2/s"],
    ["fit", "run.nxs", "run.nxs", "run.nxs", "--table", "--thickness", "1 mm", "--thickness", "2 mm"],
    ["import"],
    ["import", "nonsense.txt"],
    ["import", "folder"],
    ["import", "text.txt", "-o", "run.nxs"],
    ["recover"],
    ["recover", "nonsense.nxs"],
    ["recover", "folder"],
    ["sim"],
    ["sim", "nonsense"],
    ["sim", "keithley2461", "--cell", "nonsense"],
    ["sim", "keithley2461", "--cell", "folder"],
    ["sim", "keithley2461", "--cell", "cell.toml"],
    ["sim", "keithley2461", "--fault", "nonsense"],
    ["sim", "keithley2461", "--fault", "drop-fin@x"],
    ["sim", "keithley2461", "--transport", "pigeon"],
    ["sim", "keithley2461", "--port", "99999"],
    ["sim", "keithley2461", "--seed", "-1"],
    ["discover", "nonsense"],
    ["discover", "--remember", "smu"],
    ["discover", "--forget", "nonsense"],
    ["demo", "--folder", "text.txt"],
    ["demo", "--speed", "0"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_usage_is_refused_in_a_sentence_and_as_one_document(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*arguments, "--json") == 2
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert set(document) == {"error"}
    assert set(document["error"]) == SHAPE
    assert document["error"]["kind"] in {"usage", "protocol"}
    assert document["error"]["exit_status"] == 2
    assert document["error"]["message"] != ""
    assert "Traceback" not in printed.err
    assert command(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip()) > 20
    assert "Traceback" not in printed.err


def test_every_problem_of_a_protocol_has_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("check", "lists.toml", "--json") == 2
    problems = {one["path"]: one["message"] for one in json.loads(capsys.readouterr().out)["error"]["problems"]}
    assert set(problems) == {
        "name", "sampling", "sequence.level", "sequence.width", "limits.voltage", "limits.current",
    }  # fmt: skip
    assert problems["sequence.level"].startswith('expected a quantity in V, such as "10 mV", not a list of 2 values. ')
    assert problems["sequence.level"].endswith('[[sweep]]\n    field = "sequence.level"\n    values = ["1 V", "2 V"]')
    assert problems["sampling"] == "expected a table, not 3"


def test_a_port_in_use_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command("sim", "keithley2461", "--port", str(port), "--json") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["where"] == "--port"
    assert f"port {port} of 127.0.0.1 is in use" in error["message"]


def test_a_run_that_reaches_nobody_says_so_in_its_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("run", "pump_probe", "-r", NOBODY, "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["state"] == "refused"
    assert set(document["error"]) == SHAPE
    assert document["error"]["kind"] == "connection"
    assert "nothing listens" in document["error"]["message"]


def test_a_defect_is_a_sentence_and_its_traceback_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def defective(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by a test")

    monkeypatch.setattr("ionecho.commands.files.recover_runs", defective)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert command("recover", "text.txt", "--json") == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["kind"] == "internal"
    assert "ZeroDivisionError: by a test" in error["message"]
    (kept,) = tmp_path.glob("ionecho-*.traceback.txt")
    assert str(kept) in error["hint"]
    assert "in defective" in kept.read_text()


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    line = [sys.executable, "-m", "ionecho", "sim", "list", "--json"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_the_window_is_refused_where_there_is_no_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert command("gui") == 2
    # Without Qt's system libraries that is what is said first.
    errors = capsys.readouterr().err
    assert "there is no screen" in errors or "apt-get install libgl1" in errors


@pytest.mark.parametrize("kind", sorted(set(CATALOGUE) - {"keithley2400"}))
def test_a_driver_has_the_name_of_its_simulated_instrument(kind: str) -> None:
    assert driver_name_of(kind) is not None


@pytest.mark.parametrize("driver", sorted(set(driver_names()) - {"b2901", "keithley2612b", "keithley2636b"}))
def test_a_simulated_instrument_has_the_name_of_its_driver(driver: str) -> None:
    kind = kind_named(driver)
    assert kind is not None
    assert driver_name_of(kind) == driver


@pytest.mark.parametrize(
    ("written", "kind"), [("2461", "keithley2461"), ("EmStat Pico", "emstat-pico"), ("B2912A", "b2912a")]
)
def test_names_are_taken_as_people_write_them(written: str, kind: str) -> None:
    assert kind_named(written) == kind
    assert driver_name_of(written) == driver_name_of(kind)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--version") == 0
    assert capsys.readouterr().out == f"ionecho {ionecho.__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_is_shown_for_every_shell(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Else the shell is whichever started the tests, and none is found where that has ended.
    monkeypatch.setattr("shellingham.detect_shell", lambda *_: (shell, f"/bin/{shell}"))
    assert command("--show-completion") == 0
    assert "_IONECHO_COMPLETE" in capsys.readouterr().out


def test_completion_completes_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("_IONECHO_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "ionecho rec")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert command() == 0
    assert capsys.readouterr().out.split() == ["recover"]


@pytest.mark.realtime  # what the command line promises, of processor time
def test_help_takes_at_most_three_tenths_of_a_second_of_processor_time() -> None:
    script = (
        "import os, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'ionecho', '--help'], check=True, stdout=subprocess.DEVNULL)\n"
        "print(os.times().children_user + os.times().children_system)"
    )
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    used_s = [
        float(
            subprocess.run(
                [sys.executable, "-c", script], env=bare, capture_output=True, encoding="utf-8", check=True
            ).stdout
        )
        for _ in range(5)
    ]
    assert sorted(used_s)[2] < 0.3 * core_slowness()
