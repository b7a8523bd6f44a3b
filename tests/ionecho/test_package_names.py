"""Does ionecho notice when one of its top-level names is somebody else's?"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ionecho.package_names import PACKAGES, foreign_packages
from tests.patience import core_slowness


def test_own_packages_are_no_cause_for_a_warning() -> None:
    assert foreign_packages() == {}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_module_of_that_name_that_python_finds_first_is_foreign(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / f"{name}.py"
    module.write_text("raise SystemExit('this module must not be imported by the check')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    assert foreign_packages() == {name: module}


def test_a_package_that_another_distribution_wrote_over_is_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As an installer leaves it: ours was recorded, then another wheel unpacked its own daq/__init__.py over it.
    digests = {}
    for name in PACKAGES:
        (tmp_path / name).mkdir()
        own = tmp_path / name / "__init__.py"
        own.write_text(f'"""Package {name} of ionecho."""\n')
        digests[name] = base64.urlsafe_b64encode(hashlib.sha256(own.read_bytes()).digest()).rstrip(b"=").decode()
        monkeypatch.delitem(sys.modules, name, raising=False)
    record = tmp_path / "ionecho-9.9.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text("".join(f"{name}/__init__.py,sha256={digests[name]},40\n" for name in PACKAGES))
    monkeypatch.syspath_prepend(tmp_path)
    assert foreign_packages(tmp_path) == {}
    written_over = tmp_path / "daq" / "__init__.py"
    written_over.write_text("data_acquisition = True\n")
    assert foreign_packages(tmp_path) == {"daq": written_over}


def test_the_command_warns_and_works_on(tmp_path: Path) -> None:
    (tmp_path / "gui.py").write_text("raise SystemExit('not imported')\n")
    command = [sys.executable, "-m", "ionecho", "--help"]  # -m puts the working folder first
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    (warning,) = done.stderr.splitlines()
    assert f"gui is {tmp_path / 'gui.py'}" in warning
    assert "uv tool install" in warning
    assert "Usage: ionecho" in done.stdout


@pytest.mark.realtime  # what each start of a command may take, of processor time
def test_the_check_takes_less_than_five_milliseconds() -> None:
    foreign_packages()
    begun = time.process_time()
    for _ in range(10):
        foreign_packages()
    assert (time.process_time() - begun) / 10 < 5e-3 * core_slowness()
