"""Files of the editor: nothing is lost, whatever stands on the disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from gui.services.protocol_files import (
    LONGEST_TEXT,
    ChangedOnDiskError,
    TextFile,
    digest_on_disk,
    keep_draft,
    open_text,
    save_text,
)
from protocols import InputError, Protocol, PulseSequence


def test_line_ends_and_mark_stay_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    written = b'\xef\xbb\xbfname = "x"\r\n# \xc2\xb5 and \xc2\xa0\r\n'
    path.write_bytes(written)
    file = open_text(path)
    assert "\r" not in file.text
    assert save_text(file, file.text).digest == file.digest
    assert path.read_bytes() == written
    save_text(file, file.text + "a = 1\n")
    assert path.read_bytes() == written + b"a = 1\r\n"


def test_a_file_that_somebody_else_has_changed_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "shared.toml"
    path.write_text("a = 1\n")
    file = open_text(path)
    path.write_text("b = 2\n")
    assert digest_on_disk(path) != file.digest
    with pytest.raises(ChangedOnDiskError, match=r"shared\.toml"):
        save_text(file, "c = 3\n")
    assert path.read_text() == "b = 2\n"
    save_text(file, "c = 3\n", replace_changed=True)
    assert path.read_text() == "c = 3\n"
    path.unlink()  # gone is no conflict: it is written again
    assert save_text(file, "d = 4\n").text == path.read_text() == "d = 4\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links and rights")
def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("a = 1\n")
    real.chmod(0o640)
    link.symlink_to(real)
    save_text(open_text(link), "a = 2\n")
    assert link.is_symlink()
    assert real.read_text() == "a = 2\n"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.toml"
    path.write_text("a = 1\n")
    file = open_text(path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_text(file, "a = 2\n")
    assert path.read_text() == "a = 1\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"\xff\xfea", "UTF-16"), (b"a = 1\rb = 2", "no editor"), (b"#" * (LONGEST_TEXT + 1), "at most 50,000")],
)
def test_what_cannot_be_edited_is_refused_in_words(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "strange.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        open_text(path)


def test_a_draft_needs_no_other_file_and_is_kept_once(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    n = 2000
    sequence = PulseSequence.from_arrays(np.arange(n) * 0.01, np.linspace(-0.01, 0.01, n), n * 0.01)
    protocol = Protocol("Long/../ one", sequence, {"interval": "1 ms"}, {"voltage": "1 V", "current": "1 mA"})  # type: ignore[arg-type]
    protocol.save(source / "long.toml")
    text = (source / "long.toml").read_text()
    draft = keep_draft(tmp_path / "runs", protocol.name, text, source)
    assert draft.parent == tmp_path / "runs" / "drafts"
    assert Protocol.load(draft) == protocol
    assert keep_draft(tmp_path / "runs", protocol.name, text, source) == draft
    assert len(list(draft.parent.iterdir())) == 1
    broken = keep_draft(tmp_path / "runs", "", "no [ toml", None)
    assert broken.read_text() == "no [ toml"
    assert isinstance(open_text(draft), TextFile)
