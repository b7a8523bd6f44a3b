"""Is an address book as people edit it read, kept, or refused in a sentence?"""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers import addresses, forget, remember, resolved
from drivers.address_book import AddressBookError
from protocols import InputError, InstrumentError

SMU = 'smu = "TCPIP::192.168.0.10::5025::SOCKET"\n'


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IONECHO_CONFIG", str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "instruments.toml"


@pytest.mark.parametrize(
    "content", [f"[instruments]\n{SMU}", f"\ufeff[instruments]\r\n{SMU}", f"# lab\ninstruments.{SMU}"]
)
def test_a_book_is_read_as_editors_write_it(book: Path, content: str) -> None:
    book.write_bytes(content.encode("utf-8"))
    assert resolved("smu") == "TCPIP::192.168.0.10::5025::SOCKET"


WRONG = {
    "windows": (
        '[instruments]\n# Gerät\nsmu = "x"\n'.encode("cp1252"),
        "byte 0xE4 ('ä' in Windows-1252) in line 2, column 6",
    ),
    "utf-16": (f"[instruments]\n{SMU}".encode("utf-16"), "UTF-16"),
    "no toml": (b"[instruments\n", "not TOML"),
    "brackets": (b"x = " + 20_000 * b"[", "nested more than"),
    "digits": (b"[instruments]\nsmu = " + 6000 * b"9", "too many digits"),
    "a date": (b"[instruments]\nsmu = 2026-11-25\n", "the address of smu is none: it is no text"),
    "a number": (b"[instruments]\nsmu = 1\n", "it is no text"),
    "a list": (b"instruments = []\n", "must hold lines such as"),
    "another table": (f"[instrument]\n{SMU}".encode(), "'instrument' is not known there"),
    "twice": (f"[instruments]\n{SMU}{SMU}".encode(), "not TOML"),
    "empty": (b'[instruments]\nsmu = " "\n', "it is empty"),
    "long": (b'[instruments]\nsmu = "' + 300 * b"x" + b'"\n', "has 300 characters"),
    "long name": (b"[instruments]\n" + 300 * b"n" + b' = "x"\n', "cannot be a name"),
    "a name with a colon": (b'[instruments]\n"a::b" = "x"\n', "cannot be a name"),
    "controls": (b'[instruments]\nsmu = "TCPIP\\u001b[2J"\n', r"control characters"),
    "controls in a name": (b'[instruments]\n"\\u001b[2J" = "x"\n', "cannot be a name"),
}


@pytest.mark.parametrize("content", WRONG)
def test_what_is_not_understood_is_refused_and_kept(book: Path, content: str) -> None:
    data, words = WRONG[content]
    book.write_bytes(data)
    for act in (addresses, lambda: resolved("smu"), lambda: remember("smu", "ASRL1::INSTR"), lambda: forget("smu")):
        with pytest.raises(AddressBookError, match="cannot be read") as refused:
            act()
        assert words in str(refused.value)
        assert str(book) in str(refused.value)
        assert "\x1b" not in str(refused.value)
    assert book.read_bytes() == data, "a book that was not understood is not written anew"


def test_the_error_is_one_of_input_and_one_of_instruments(book: Path) -> None:
    book.write_text("[\n")
    with pytest.raises(InputError):
        addresses()
    with pytest.raises(InstrumentError):
        addresses()


def test_a_folder_in_its_place_is_refused(book: Path) -> None:
    book.mkdir()
    with pytest.raises(AddressBookError, match="folder"):
        addresses()


def test_a_book_that_may_not_be_read_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book.write_text(f"[instruments]\n{SMU}")

    def refused(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refused)  # modes do not hold root back
    with pytest.raises(AddressBookError, match="no permission"):
        resolved("smu")


def test_a_book_that_cannot_be_written_stays(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book.write_text(f"[instruments]\n{SMU}", newline="")

    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(AddressBookError, match=r"No space left.*as it was"):
        remember("cryo", "ASRL1::INSTR")
    assert book.read_bytes() == f"[instruments]\n{SMU}".encode()


def test_comments_and_order_survive_a_change(book: Path) -> None:
    book.write_text(f'# rack 2\n[instruments]\nzahner = "ASRL2::INSTR"  # top\n{SMU}')
    remember("cryo", "ASRL1::INSTR")
    remember("smu", "ASRL3::INSTR")
    text = book.read_text()
    assert "# rack 2" in text
    assert "# top" in text
    assert addresses() == {"zahner": "ASRL2::INSTR", "smu": "ASRL3::INSTR", "cryo": "ASRL1::INSTR"}
    forget("zahner")
    assert list(addresses()) == ["smu", "cryo"]
    assert "# rack 2" in book.read_text()


@pytest.mark.parametrize("resource", ["", "x\x1b[2J", "TCPIP::a\n::1::SOCKET", 300 * "x"])
def test_no_address_that_could_not_be_read_again_is_entered(book: Path, resource: str) -> None:
    with pytest.raises(AddressBookError, match="cannot be an address"):
        remember("smu", resource)
    assert not book.exists()
