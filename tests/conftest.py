"""What do all tests share: settings of the property tests, the measured data, simulated instruments?"""

from __future__ import annotations

import gc
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from daq.shared_folder import ENVIRONMENT
from tests.patience import patience
from tests.properties import examples

# Each worker has one core: threads of linear algebra would only stand in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# The runs of tests are in no catalogue of whoever runs them.
_catalogue = tempfile.TemporaryDirectory(prefix="ionecho-catalogue-")
os.environ["IONECHO_CATALOGUE"] = _catalogue.name

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # Hundreds of processes are started, which would compile the project anew each time: a third of a second each. Not
    # into a folder of its own (PYTHONPYCACHEPREFIX): what is installed would be compiled into that once more.
    sys.dont_write_bytecode = False

settings.register_profile(
    "ionecho", max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ionecho")

# New objects between two looks for garbage, as in a process of `ionecho` (ionecho/cli.py).
GARBAGE_OBJECTS = 50_000
PROJECT = Path(__file__).parent.parent
TESTS = Path(__file__).parent
WINDOW_TESTS = TESTS / "gui"
# Folders and files of tests by their order, where a worker has loaded them in another one.
_places: dict[pytest.Item | pytest.Collector, int] = {}

APT_LINE = "apt-get install libgl1 libegl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon0"


def _problem_of_qt() -> str:
    """Return why Qt cannot be loaded here, with what helps; empty if it can."""
    try:
        import PySide6.QtGui
        import PySide6.QtTest
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        return f"the window's tests need Qt, which this machine cannot load ({error}): {APT_LINE}"
    return ""


PROBLEM_OF_QT = _problem_of_qt()

# pytest-qt ends the whole session where Qt cannot be loaded, so pyproject.toml keeps it from loading by itself.
pytest_plugins = [] if PROBLEM_OF_QT else ["pytestqt.plugin"]
os.environ.setdefault("PYTEST_QT_API", "pyside6")


class WindowTestsWithoutQt(pytest.Directory):
    """The folder of the window's tests on a machine whose Qt cannot be loaded: skipped as a whole, with the reason."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        raise pytest.skip.Exception(PROBLEM_OF_QT)


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Skip the window's tests where Qt cannot be loaded."""
    if PROBLEM_OF_QT and path == WINDOW_TESTS:
        return WindowTestsWithoutQt.from_parent(parent, path=path)
    return None


def pytest_xdist_auto_num_workers() -> int:
    """Return twice as many workers as cores: tests wait for instruments and processes a third of their time.

    With one more than two cores, the cores did nothing in a sixth of the time.
    """
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage, and leave what was made then out of all later looks.

    Those are modules, functions and items, which stay: half a second a look, hundreds of times. Later looks are as rare
    as in the command line: by Python's default of 700 objects they take a twentieth of the suite's processor time.
    """
    gc.disable()
    result = yield
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)
    gc.enable()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Have each worker begin with other folders: what one has compiled the others find, as they all load all tests.

    In a fresh clone that is half of the collection. `pytest_collection_modifyitems` brings the tests into order again.
    """
    report = yield
    worker, n_workers = os.environ.get("PYTEST_XDIST_WORKER", ""), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if collector.path == TESTS and worker.startswith("gw"):
        children = [one for one in report.result if isinstance(one, pytest.Collector)]
        _places.update({one: place for place, one in enumerate(children)})
        weights = [sum(1 for _ in one.path.rglob("*.py")) if one.path.is_dir() else 1 for one in children]
        share = int(worker.removeprefix("gw")) / n_workers * sum(weights)
        first = next((place for place in range(len(children)) if sum(weights[:place]) >= share), 0)
        report.result = [*children[first:], *children[:first]]
    return report


def pytest_sessionfinish() -> None:
    """Keep the coverage that was measured: a worker that takes more than 10 s to end is killed by xdist."""
    if (measured := Coverage.current()) is not None:
        measured.save()


def pytest_runtest_teardown() -> None:
    """Destroy closed windows, and look for garbage where a window has put off Python's own collector.

    Not all tests run an event loop, and every window that is still there makes the next one's style and palette slower.
    """
    if "gui.services.garbage" not in sys.modules:
        return
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication

    from gui.services.garbage import GuiThreadCollector

    application = QApplication.instance()
    if application is None:
        return
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    collector = application.findChild(GuiThreadCollector)
    if isinstance(collector, GuiThreadCollector):
        collector.collect_if_due()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark what needs Qt, skip serial lines without pseudo-terminals, and put what is left by `-m` in order."""
    for item in items:
        if item.path.is_relative_to(WINDOW_TESTS):
            item.add_marker(pytest.mark.gui)
        if sys.platform == "win32" and re.search(r"[\[-]pty[\]-]", item.name):
            item.add_marker(pytest.mark.skip(reason="Windows has no pseudo-terminals"))
    yield
    items[:] = _in_order(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _in_order(items: list[pytest.Item], n_workers: int) -> list[pytest.Item]:
    """Return tests in the order of all workers, of which each begins with an equal part of them.

    The first worker begins with what waits, so that at all times others have the cores to work; the second one with
    what is slow: at the end, one such test would keep a worker while the others have nothing left.
    """
    items = sorted(items, key=lambda item: next((_places[one] for one in item.listchain() if one in _places), 0))
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    quick.sort(key=lambda item: item.get_closest_marker("waits") is None)
    second = len(items) // n_workers if n_workers > 1 else 0
    return [*quick[:second], *slow, *quick[second:]]


@pytest.fixture(scope="session", autouse=True)
def _children() -> Iterator[None]:
    """Have children copied where that is the same as starting them; what a copy does is measured by no coverage."""
    if sys.platform != "linux" or Coverage.current() is not None:
        yield
        return
    from tests.copied_processes import copied_processes  # loads numpy, which must see the variable above

    with copied_processes():
        yield


@pytest.fixture(scope="session")
def _shared_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    parent = tmp_path_factory.mktemp("shared")
    return (parent / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def shared_folder_of_test(_shared_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of the test's own for locks on instruments and markers of outputs.

    Simulators of several tests have the same ports and lines: what one test leaves is not for the next.
    """
    folder = next(_shared_folders)
    folder.mkdir()
    monkeypatch.setenv(ENVIRONMENT, str(folder))
    monkeypatch.setenv("IONECHO_STATE", str(folder / "state"))  # queues of the test's own
    return folder


@pytest.fixture
def measured_data() -> Path:
    """Return the folder of measured data, which is not ours to ship."""
    folder = Path(os.environ.get("IONECHO_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no measured data at {folder}: set IONECHO_DATA")
    return folder


@pytest.fixture
def import_cases() -> Path:
    """Return the folder of small inputs whose right reading is known, which are not ours to ship."""
    folder = Path(os.environ.get("IONECHO_CASES", PROJECT.parent / "shared" / "cases")) / "import"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}: set IONECHO_CASES")
    return folder


@pytest.fixture
def simulated() -> Iterator[Callable[..., str]]:
    """Return a function that serves a simulated 2461 in a process of its own and gives its VISA resource."""
    served: list[subprocess.Popen[str]] = []

    def serve(cell: str = "demo", *, seed: int = 1, speed: float = 1.0) -> str:
        command = [sys.executable, "-m", "ionecho", "sim", "keithley2461", "--json"]
        command += ["--cell", cell, "--seed", str(seed), "--speed", str(speed)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        served.append(process)
        assert process.stdout is not None
        return str(json.loads(process.stdout.readline())["resource"])

    yield serve
    for process in served:
        process.terminate()
        process.wait(patience(10))
        if process.stdout is not None:
            process.stdout.close()
