"""A module that is to be loaded late is loaded by the first use of one of its names, once, and by no import."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.visa.late_module import load_later
from tests.patience import patience


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return a package that takes a while to load, and counts how often it is."""
    name = f"late_{tmp_path.name.replace('-', '_')}"
    package = tmp_path / name
    package.mkdir()
    (tmp_path / "loads.txt").touch()
    (package / "__init__.py").write_text(
        "import time\n"
        f"with open({str(tmp_path / 'loads.txt')!r}, 'a') as file:\n    file.write('x')\n"
        "time.sleep(0.2)\n"
        "from . import part\n"
        "VALUE = part.VALUE\n"
    )
    (package / "part.py").write_text("VALUE = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    load_later(name)
    yield name
    for one in (name, f"{name}.part"):
        sys.modules.pop(one, None)


def test_an_import_alone_loads_nothing_and_a_name_loads_it_once(name: str, tmp_path: Path) -> None:
    module = __import__(name)
    assert (tmp_path / "loads.txt").read_text() == ""
    assert module.VALUE == 7
    assert __import__(name) is module
    with pytest.raises(AttributeError, match="nothing"):
        _ = module.nothing
    assert (tmp_path / "loads.txt").read_text() == "x"


def test_threads_that_use_it_at_once_all_see_it_whole(name: str, tmp_path: Path) -> None:
    module = __import__(name)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(module.VALUE)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience(20))
    assert found == [7, 7, 7, 7]
    assert (tmp_path / "loads.txt").read_text() == "x"


def test_what_is_not_there_is_still_no_module() -> None:
    load_later("no_such_module_of_anybody")
    with pytest.raises(ImportError):
        __import__("no_such_module_of_anybody")


def test_a_run_loads_no_search_of_the_network_and_a_search_does() -> None:
    script = (
        "import sys\n"
        "from drivers import load_drivers\n"
        "load_drivers('TCPIP::127.0.0.1::5025::SOCKET')\n"
        "assert not {'asyncio', 'ssl', 'zeroconf._core'} & set(sys.modules)\n"
        "from zeroconf import ServiceBrowser\n"
        "import pyvisa_py.tcpip\n"
        "assert pyvisa_py.tcpip.zeroconf.ServiceBrowser is ServiceBrowser\n"
    )
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=patience(60), check=False)
    assert done.returncode == 0, done.stderr
