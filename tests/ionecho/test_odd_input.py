"""Is every file that people really have read, or refused with exit status 2 and one document?"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.ionecho.commands import command
from tests.protocols.test_texts import GOOD, ODD

posix_names = pytest.mark.skipif(sys.platform == "win32", reason="names and pipes that Windows does not have")

NOBODY = "TCPIP::127.0.0.1::9::SOCKET"
TABLE = "time/s\tvoltage/V\tcurrent/µA\n" + "".join(f"{k}\t0.01\t{k}.5\n" for k in range(20))
SPECTRUM = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\n" + "".join(f"{10.0**k}\t{100 + k}\t{k + 1}\n" for k in range(8))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setenv("IONECHO_CONFIG", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command in both ways; return the sentence of its refusal."""
    status = command(*arguments, "--json")
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert status == 2, (document, printed.err)
    assert set(document) == {"error"}
    assert document["error"]["exit_status"] == 2
    assert document["error"]["kind"] in {"usage", "protocol"}
    assert "Traceback" not in printed.err
    assert all(one.isprintable() or one in "\n\t" for one in printed.err), "nothing acts on the terminal"
    assert command(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert all(one.isprintable() or one in "\n\t" for one in printed.err)
    return str(document["error"]["message"])


@pytest.mark.parametrize("kind", ODD)
def test_odd_protocols_are_refused(capsys: pytest.CaptureFixture[str], folder: Path, kind: str) -> None:
    (folder / "odd.toml").write_text(ODD[kind][0], encoding="utf-8")
    refused(capsys, "check", "odd.toml")
    refused(capsys, "run", "odd.toml", "-r", NOBODY)


def test_a_protocol_of_windows_names_the_byte(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "odd.toml").write_bytes(GOOD.encode("cp1252"))
    assert "line 6, column 14" in refused(capsys, "check", "odd.toml")


@pytest.mark.parametrize(
    "volts", ["1e999 V", "9" * 6000 + " V", "2026-11-25", "1 m**9**9**9", "1 V" + 300 * " V", "inf"]
)
def test_odd_limits_of_the_rig_are_refused(capsys: pytest.CaptureFixture[str], volts: str) -> None:
    assert "limits of this rig" in refused(capsys, "run", "pump_probe", "-r", NOBODY, "--max-voltage", volts)


@pytest.mark.parametrize(
    "book", ["[instruments]\n# Gerät\n".encode("cp1252"), b"[", b"x = " + 20_000 * b"[", b"a = " + 6000 * b"9", None]
)
def test_an_odd_address_book_is_refused(capsys: pytest.CaptureFixture[str], folder: Path, book: bytes | None) -> None:
    path = folder / "config" / "instruments.toml"
    path.mkdir() if book is None else path.write_bytes(book)
    for arguments in (
        ("run", "pump_probe", "-r", "smu"), ("discover", "smu"), ("discover",), ("discover", "--forget", "smu"),
        ("discover", NOBODY, "--remember", "smu"),
    ):  # fmt: skip
        assert "address book" in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("x.results.nxs", "results file"), (f"{300 * 'n'}.nxs", "at most"), ("taken.nxs", "exists already"),
        ("taken.nxs/x.nxs", "is a file"), (f"{300 * 'f'}/x.nxs", "no file can be made"),
    ],
)  # fmt: skip
def test_a_run_file_that_cannot_be_is_refused_before_the_run(
    capsys: pytest.CaptureFixture[str], folder: Path, output: str, words: str
) -> None:
    (folder / "taken.nxs").write_text("x")
    (folder / "table.txt").write_text(TABLE, encoding="utf-8")
    assert words in refused(capsys, "run", "pump_probe", "-r", NOBODY, "-o", output)
    assert words in refused(capsys, "import", "table.txt", "-o", output)
    assert (folder / "taken.nxs").read_text() == "x"


@posix_names
@pytest.mark.parametrize("name", ["a\x1b[2Jb.toml", "a\nb.toml", "a\tb.toml", "\x9b31m", "a\u2028b"])
def test_names_that_act_on_a_terminal_are_refused(capsys: pytest.CaptureFixture[str], folder: Path, name: str) -> None:
    (folder / name).write_text(GOOD, encoding="utf-8")
    assert "control characters" in refused(capsys, "check", name)


@pytest.mark.parametrize(
    "name",
    # The second is the byte of µ in cp1252, as Python gives it.
    ["a\u202eb.toml", pytest.param("\udcb5.toml", marks=posix_names), "LiPON µm Ω.toml", "[red].toml"],
)
def test_other_names_are_files_like_any(capsys: pytest.CaptureFixture[str], folder: Path, name: str) -> None:
    (folder / name).write_text(GOOD.replace("two pulses", "[bold]two[/] pulses"), encoding="utf-8")
    assert command("check", name) == 0
    assert "[bold]two[/] pulses" in capsys.readouterr().out
    (folder / name).write_text("x")
    refused(capsys, "check", name)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no line with two numbers"),
        (b"\x00" * 5000, "no line with two numbers"),
        (b"[" * 20_000, "no line with two numbers"),
        (TABLE.replace("current/µA", "current density").encode(), "density"),
        ((TABLE + f"21\t0.01\t{6000 * '9'}\n").encode(), "not finite"),
        ((TABLE + "21\t0.01\t2026-11-25\n").encode(), "expected a number, found '2026-11-25'"),
        ((TABLE + "3\t0.01\t1\n").encode(), "Times must increase"),
        ((TABLE + "21\t0.01\n22\t0.01\t3\n").encode(), "line 22: 2 cells, none in column 3"),
        ((TABLE + 200_000 * "x" + "\n").encode(), "this is no table"),
        (TABLE.replace("time/s", "time/ohm").encode(), "unit"),
    ],
)
def test_odd_tables_are_refused(capsys: pytest.CaptureFixture[str], folder: Path, content: bytes, words: str) -> None:
    (folder / "table.txt").write_bytes(content)
    assert words in refused(capsys, "import", "table.txt")
    assert not (folder / "table.nxs").exists()


def test_a_separator_is_one_character(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "table.txt").write_text(TABLE, encoding="utf-8")
    assert "one character" in refused(capsys, "import", "table.txt", "--separator", "ab")
    assert "no column" in refused(capsys, "import", "table.txt", "--time", "9" * 6000)


@pytest.mark.parametrize(("encoding", "words"), [("cp1252", "Windows-1252"), ("utf-16", "UTF-16"), ("utf-8-sig", "")])
def test_a_table_of_windows_is_read_with_a_note(
    capsys: pytest.CaptureFixture[str], folder: Path, encoding: str, words: str
) -> None:
    (folder / "table.txt").write_bytes(TABLE.encode(encoding))
    assert command("import", "table.txt", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["columns"]["current"]["unit"] == "µA"
    assert words in " ".join(document["notes"])
    assert bool(document["notes"]) == bool(words)
    (folder / "table.nxs").chmod(0o644)  # Windows removes no file that is read-only
    (folder / "table.nxs").unlink()
    assert command("import", "table.txt") == 0
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no line with two numbers or more was found (a frequency"),
        (SPECTRUM.replace("100\t", "x\t").encode() + b"a\tb\tc\n", "no three numbers"),
        ("\n".join(SPECTRUM.splitlines()[:4]).encode() + b"\n", "too few"),
        (("a\tb\tc\n" * 10).encode(), "no line with two numbers"),
        (SPECTRUM.replace("freq", "x").encode(), "no column of frequency"),
    ],
)
def test_odd_spectra_are_refused(capsys: pytest.CaptureFixture[str], folder: Path, content: bytes, words: str) -> None:
    (folder / "z.txt").write_bytes(content)
    assert words in refused(capsys, "fit", "z.txt")


@pytest.mark.parametrize("model", ["p(" * 2000, "R0-" * 2000, "Pr1:" + 6000 * "9", "R0-\u202eC1", "R" + 6000 * "1"])
def test_odd_circuits_are_refused(capsys: pytest.CaptureFixture[str], folder: Path, model: str) -> None:
    (folder / "z.txt").write_text(SPECTRUM, encoding="utf-8")
    refused(capsys, "fit", "z.txt", "--model", model)


@pytest.mark.parametrize(
    "content", [b"[series]\nR_s = 2026-11-25\n[bulk]\n", "# µ\n".encode("cp1252"), b"a = " + 20_000 * b"[",
                b"bulk = 3\n", b"a = " + 6000 * b"9", b"[series]\nR_s = 1\n[bulk]\nG_inf = 1" + 400 * b"0" + b"\n"]
)  # fmt: skip
def test_odd_cells_are_refused(capsys: pytest.CaptureFixture[str], folder: Path, content: bytes) -> None:
    (folder / "cell.toml").write_bytes(content)
    assert "cell" in refused(capsys, "sim", "keithley2461", "--cell", "cell.toml")


def test_files_that_may_not_be_read_are_refused(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("p.toml", "table.txt", "run.nxs"):
        (folder / name).write_text(TABLE, encoding="utf-8")
    whole = Path.open

    def forbidden(self: Path, *arguments: object, **named: object) -> object:
        if self.name in {"p.toml", "table.txt", "run.nxs"}:
            raise PermissionError(13, "Permission denied", str(self))
        return whole(self, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", forbidden)  # modes do not hold root back; `read_bytes` opens as well
    for arguments in (("check", "p.toml"), ("import", "table.txt"), ("fit", "run.nxs"), ("note", "run.nxs"),
                      ("recover", "run.nxs"), ("fit", "table.txt")):  # fmt: skip
        assert "no permission" in refused(capsys, *arguments)


@pytest.mark.parametrize("name", [300 * "n", f"{300 * 'n'}.nxs", pytest.param("pipe", marks=posix_names)])
def test_names_that_are_too_long_and_pipes_are_refused(
    capsys: pytest.CaptureFixture[str], folder: Path, name: str
) -> None:
    if name == "pipe":
        os.mkfifo(folder / name)
    for arguments in (("check",), ("import",), ("fit",), ("note",), ("recover",)):
        refused(capsys, *arguments, name)
    refused(capsys, "sim", "keithley2461", "--cell", name)
