"""Is text that people really have read rightly, or refused in a sentence that says where and what to do?"""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from protocols import Protocol, ProtocolError, Sample, parse_quantity, printable
from protocols.texts import any_text, read_text_file, toml_tables, utf8_text

GOOD = (
    'name = "two pulses"\nnotes = "on the bench"\n[sequence]\nkind = "pulse"\nlevel = "20 mV"\nwidth = "250 µs"\n'
    '[sampling]\ninterval = "10 us"\n[limits]\nvoltage = "0.1 V"\ncurrent = "10 µA"\n'
)
"""U+00B5, the micro sign of keyboards; U+03BC is the Greek letter that some programs write instead."""


def refusal(path: Path) -> str:
    with pytest.raises(ProtocolError) as refused:
        Protocol.load(path)
    return str(refused.value)


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "p.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("µ", "\u03bc"), GOOD.replace("\n", "\r\n")])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_both_micro_signs_and_a_byte_order_mark_are_read(tmp_path: Path, text: str, mark: str) -> None:
    protocol = Protocol.load(written(tmp_path, mark + text))
    assert protocol.limits.current_A == 1e-5
    assert protocol.sequence.duration_s == 250e-6


def test_a_file_of_windows_is_refused_with_the_place_of_the_byte(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, GOOD.encode("cp1252")))
    # The width is in line 6; the sign is the fourteenth of it.
    assert "byte 0xB5 ('µ' in Windows-1252) in line 6, column 14" in message
    assert "Save the file as UTF-8" in message


def test_the_place_is_counted_in_characters_and_behind_the_mark(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"byte 0xFF .*in line 2, column 3"):
        utf8_text("\ufeffä\nµΩ".encode() + b"\xff")
    with pytest.raises(ValueError, match=r"byte 0xFF .*in line 1, column 2"):
        utf8_text("\ufeffx".encode() + b"\xff")


@pytest.mark.parametrize(("encoding", "name"), [("utf-16", "UTF-16"), ("utf-32", "UTF-32")])
def test_other_encodings_are_named(tmp_path: Path, encoding: str, name: str) -> None:
    assert name in refusal(written(tmp_path, GOOD.encode(encoding)))


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


ODD = {
    "a date": (changed('"250 µs"', "2026-11-25"), "sequence.width", "the date 2026-11-25"),
    "a moment": (changed('"250 µs"', "2026-11-25T10:00:00Z"), "sequence.width", "the date 2026-11-25T10:00:00"),
    "a time of day": (changed('"250 µs"', "10:15:00"), "sequence.width", "the time 10:15:00"),
    "a date as a name": (changed('"two pulses"', "2026-11-25"), "name", "the date"),
    "infinity": (changed('"250 µs"', "inf"), "sequence.width", "not inf"),
    "no number": (changed('"250 µs"', "nan"), "sequence.width", "not nan"),
    "a number beyond floats": (changed('"250 µs"', "1e999"), "sequence.width", "not inf"),
    "text of a number beyond floats": (changed('"250 µs"', '"1e999 s"'), "sequence.width", "1e999"),
    "a huge exponent": (changed('"250 µs"', '"1e9999999999 us"'), "sequence.width", "1e9999999999"),
    "a whole number beyond floats": (changed('"250 µs"', "1" + 400 * "0"), "sequence.width", "1329 bits"),
    "6000 digits": (changed('"250 µs"', 6000 * "9"), "", "too many digits"),
    "6000 hexadecimal digits": (changed('"250 µs"', "0x" + 6000 * "f"), "sequence.width", "24000 bits"),
    "6000 digits in text": (changed('"250 µs"', f'"{6000 * "9"} s"'), "sequence.width", "99…"),
    "6000 digits of a fraction": (changed('"250 µs"', f"0.{6000 * '9'}") + "x = 1\n", "limits.x", "is not known"),
    "thirty thousand years": (changed('"250 µs"', '"1e12 s"'), "duration", "more than a sequence may last"),
    "20000 brackets": (changed('"250 µs"', 20_000 * "["), "", "nested more than"),
    "20000 closed brackets": (changed('"250 µs"', 20_000 * "[" + 20_000 * "]"), "", "nested more than"),
    "a megabyte of parts of a key": (GOOD + ".".join(500_000 * ["a"]) + " = 1\n", "", "more than 32 parts"),
    "a megabyte of parts of a table": (GOOD + "[" + ".".join(300_000 * ['"a"']) + "]\n", "", "more than 32 parts"),
    "40 brackets": (changed('"250 µs"', 40 * "[" + 40 * "]"), "", "nested more than"),
    "a name of 300 letters": (changed("two pulses", 300 * "n"), "name", "has 300 characters; at most 200"),
    "an escape sequence in a name": (changed("two pulses", "\\u001b[2J off"), "name", r"character 1 .*\\x1b"),
    "a change of direction": (changed("two pulses", "a\\u202eb"), "name", r"character 2 .*\\u202e"),
    "a line end in a name": (changed("two pulses", "a\\nb"), "name", r"character 2 .*\\n"),
    "notes of 30000 letters": (changed("on the bench", 30_000 * "n"), "notes", "at most 20000"),
    "an unknown unit that works hard": (changed('"250 µs"', '"1 m**9**9**9"'), "sequence.width", "not a unit"),
    "brackets in a unit": (changed('"250 µs"', f'"1 {40 * "("}s{40 * ")"}"'), "sequence.width", "not a unit"),
    "a unit of many words": (
        changed('"250 µs"', '"1 s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s*s!"'),
        "",
        "not a unit",
    ),
    "a unit that divides by nothing": (changed('"250 µs"', '"1 s/0"'), "sequence.width", "not a unit"),
    "a key with an escape sequence": (GOOD + '"\\u001b[2J" = 1\n', r"\x1b[2J", "not known"),
    "a control character": (GOOD.replace("two", "t\x07wo"), "", "not TOML"),
    "a list as a name": (changed('"two pulses"', '["x"]'), "name", "a list of 1 value"),
}


@pytest.mark.parametrize("content", ODD)
def test_what_is_odd_is_refused_with_its_place(tmp_path: Path, content: str) -> None:
    text, place, words = ODD[content]
    path = written(tmp_path, text)
    with pytest.raises(ProtocolError, match=words) as refused:
        Protocol.load(path)
    assert all(one.isprintable() or one == "\n" for one in str(refused.value))
    assert len(str(refused.value)) < 1500, "a message is read by people"
    if place:
        assert any(problem.path.endswith(place) for problem in refused.value.problems)


@pytest.mark.parametrize("kind", ["train", "bipolar", "staircase"])
def test_a_billion_of_anything_is_refused_before_it_is_made(tmp_path: Path, kind: str) -> None:
    fields = {
        "train": 'level = "1 mV"\nwidth = "1 ms"\nperiod = "2 ms"\ncount = 1e9\n',
        "bipolar": 'level = "1 mV"\nwidth = "1 ms"\ncount = 1e9\n',
        "staircase": 'start = "0 V"\nstop = "1 V"\nsteps = 1e9\ndwell = "1 ms"\n',
    }[kind]
    sequence = f'kind = "{kind}"\n{fields}'
    message = refusal(written(tmp_path, GOOD.replace('kind = "pulse"\nlevel = "20 mV"\nwidth = "250 µs"\n', sequence)))
    assert "at most 1000000, not 1e+09" in message
    assert "repeats" in refusal(written(tmp_path, "repeats = 1e9\n" + GOOD))


def test_whole_numbers_may_be_written_as_floats(tmp_path: Path) -> None:
    assert Protocol.load(written(tmp_path, "repeats = 1e3\n" + GOOD)).repeats == 1000


def test_names_of_300_bytes_and_folders_are_refused(tmp_path: Path) -> None:
    too_long = "no such file" if sys.platform == "win32" else "cannot be read"
    assert too_long in refusal(tmp_path / (300 * "n"))
    assert too_long in refusal(Path(300 * "n"))
    assert "folder" in refusal(tmp_path)
    assert "no such file" in refusal(tmp_path / "nothing\x00.toml")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes and devices among its files")
def test_what_may_keep_a_reader_waiting_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # nobody writes into it: whoever opens it waits
    assert "a device or a pipe" in refusal(tmp_path / "pipe")
    assert "a device or a pipe" in refusal(Path("/dev/zero"))


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, GOOD)

    def refused(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refused)  # modes do not hold root back
    assert "no permission" in refusal(path)


def test_text_of_other_programs_is_read_with_a_note() -> None:
    assert any_text("Strom/µA\n1\n".encode()) == ("Strom/µA\n1\n", "")
    text, note = any_text("Strom/µA\n1\n".encode("cp1252"))
    assert text == "Strom/µA\n1\n"
    assert "Windows-1252" in note
    assert "0xB5 as µ" in note.replace("'", "")
    assert any_text("Strom/µA\n".encode("utf-16"))[0] == "Strom/µA\n"
    assert "UTF-16" in any_text("Strom/µA\n".encode("utf-16"))[1]
    assert "Latin-1" in any_text(b"\x81\n")[1], "a byte that Windows-1252 does not have"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("LiPON, 1 µm, Ω", "LiPON, 1 µm, Ω"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\u202eb\u2066", r"a\u202eb\u2066"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u2028b", r"a\u2028b"),
        ("\udcff.nxs", r"\udcff.nxs"),  # a byte of a file name that is no text
        ("\u06a9\u200c\u0645", "\u06a9\u200c\u0645"),
    ],
)
def test_controls_are_spelt_out_and_all_else_stays(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(printable(text)) == shown
    shown.encode("utf-8")


def test_no_character_acts_on_a_terminal() -> None:
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(character) in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        }:  # fmt: skip
            assert printable(character).isascii(), hex(code)


def test_texts_of_samples_have_their_bounds() -> None:
    assert Sample(name=200 * "s", electrodes=1000 * "e").name == 200 * "s"
    with pytest.raises(ProtocolError, match="at most 200"):
        Sample(name=201 * "s")
    with pytest.raises(ProtocolError, match="control character"):
        Sample(electrodes="Au\x1b[2J")


def test_notes_may_have_lines() -> None:
    protocol = Protocol.from_toml(GOOD.replace('"on the bench"', '"""one\n\ttwo"""'))
    assert protocol.notes == "one\n\ttwo"
    assert Protocol.from_toml(protocol.to_toml()) == protocol


@pytest.mark.parametrize("number", ["0e99999999999999999999", "-0.0e-99999999999999999999", "1e-99999999999999999999"])
@pytest.mark.parametrize("unit", ["V", "mV", "kV", "statV"])
def test_zeros_with_exponents_are_zero_or_refused(number: str, unit: str) -> None:
    try:
        assert parse_quantity(f"{number} {unit}", "V") == 0.0
    except ValueError as error:
        assert "not a unit" in str(error)  # noqa: PT017 - either is right


def test_a_zero_needs_the_right_unit_too() -> None:
    with pytest.raises(ValueError, match="not a unit of V"):
        parse_quantity("0 A", "V")
    assert parse_quantity("0 °C", "K") == pytest.approx(273.15)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1 S/m", "S/m", 1.0), ("1 mS/cm", "S/m", 0.1), ("2 cm^2", "m^2", 2e-4), ("2 cm²", "m^2", 2e-4),
        ("2 cm**2", "m^2", 2e-4), ("3 1/s", "1/s", 3.0), ("25 °C", "K", 298.15), ("1 kΩ", "ohm", 1000.0),
        ("5 %", "", 0.05), ("1 J/(A*V)", "s", 1.0), ("36 mA*h", "C", 129.6), ("1.5 eV", "eV", 1.5),
    ],
)  # fmt: skip
def test_units_of_the_bench_are_still_read(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-12)


def test_a_text_file_and_its_tables_are_read_by_one_function_each(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffa = 1\n")
    assert toml_tables(read_text_file(path)) == {"a": 1}
