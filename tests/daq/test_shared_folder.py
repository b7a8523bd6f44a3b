"""The folder that all programs and users of a computer share, and what others may have put into it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import daq.shared_folder
from daq.locks import Lock
from daq.shared_folder import ENVIRONMENT, open_shared, read_text, shared_folder, write_text
from protocols import InstrumentError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has one folder for all users, %PROGRAMDATA%")


@pytest.fixture
def candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two folders in place of the system's, and no choice of the user's."""
    found = tmp_path / "first", tmp_path / "second"
    monkeypatch.setattr(daq.shared_folder, "CANDIDATES", tuple(str(one) for one in found))
    monkeypatch.delenv(ENVIRONMENT)
    return found


def test_the_first_folder_is_taken_in_which_everybody_may_write_and_nobody_remove_what_is_anothers(
    candidates: tuple[Path, Path],
) -> None:
    first, second = candidates
    second.mkdir()
    second.chmod(0o1777)
    assert shared_folder() == second, "the first one is missing"
    first.mkdir()
    for mode in (0o700, 0o1755, 0o777):
        first.chmod(mode)
        assert shared_folder() == second, f"a folder with the mode {mode:o} is not shared"
    first.chmod(0o1777)
    assert shared_folder() == first
    first.rmdir()
    first.symlink_to(second)
    assert shared_folder() == second, "a link is not followed"


def test_where_no_folder_is_shared_the_refusal_says_what_to_do(candidates: tuple[Path, Path]) -> None:
    with pytest.raises(InstrumentError, match=rf"{candidates[0]}.*Nothing was sent.*chmod 1777.*{ENVIRONMENT}"):
        shared_folder()


def test_a_chosen_folder_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "missing"))
    with pytest.raises(InstrumentError, match=r"missing, which .* names, is no folder"):
        shared_folder()


def test_programs_with_different_folders_for_temporary_files_share_one(tmp_path: Path) -> None:
    found = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        environment = {key: value for key, value in os.environ.items() if key != ENVIRONMENT}
        environment |= {"TMPDIR": str(tmp_path / name)}
        script = "from daq.shared_folder import shared_folder; print(shared_folder())"
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, encoding="utf-8", check=True
        )
        found.add(done.stdout)
    assert len(found) == 1


def test_what_is_no_plain_file_of_one_name_is_not_opened(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "link").symlink_to(precious)
    (tmp_path / "second name").hardlink_to(precious)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "second name", "pipe", "folder"):
        with pytest.raises(OSError):  # noqa: PT011 - each has an error number of its own
            open_shared(tmp_path / name, 0o666)
    assert precious.read_text() == "precious"


def test_a_text_is_read_up_to_a_bound_and_without_control_characters(tmp_path: Path) -> None:
    descriptor = open_shared(tmp_path / "file", 0o666)
    write_text(descriptor, "\x1b[31mred\n" + "x" * 100_000)
    text = read_text(descriptor)
    os.close(descriptor)
    assert text.startswith("[31mred")
    assert len(text) < 5000
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666, "whatever the umask"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
def test_another_users_file_is_locked_for_this_user_too() -> None:
    script = (
        "import os, sys; from pathlib import Path; from daq.locks import Lock, LockHeldError; os.setuid(65534)\n"
        "try: Lock(Path(sys.argv[1]), 'nobody', 0o666)\n"
        "except LockHeldError as holder: print('held by', holder)\n"
        "else: print('free')"
    )
    with TemporaryDirectory(dir="/var/tmp") as folder:  # the folders of tests are closed to other users
        Path(folder).chmod(0o1777)
        path = Path(folder) / "instrument.lock"
        ask = [sys.executable, "-c", script, str(path)]
        for mode in (0o666, 0o644):  # the second as a umask may have made it
            lock = Lock(path, "root", mode)
            path.chmod(mode)
            assert subprocess.run(ask, capture_output=True, encoding="utf-8", check=True).stdout == "held by root\n"
            lock.release()
        assert subprocess.run(ask, capture_output=True, encoding="utf-8", check=True).stdout == "free\n"
