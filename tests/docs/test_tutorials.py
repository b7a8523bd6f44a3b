"""Each tutorial, followed word for word in an environment that has nothing but ionecho.

`.ci/wheel` makes that environment of the wheel and names it in ``IONECHO_CLEAN``; elsewhere these tests are skipped,
and `test_snippets` reads the pages with stand-ins.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.snippets import PROJECT, commands_of, snippets_of
from tests.patience import patience

CLEAN = os.environ.get("IONECHO_CLEAN", "")
TUTORIALS = [one for one in sorted((PROJECT / "docs" / "tutorials").glob("*.md")) if one.stem != "notebooks"]
PORT = 5025

pytestmark = [
    pytest.mark.skipif(not CLEAN, reason="no clean environment: `.ci/wheel` makes one (IONECHO_CLEAN)"),
    pytest.mark.slow,
]


class Newcomer:
    """Somebody with a clean environment, an empty home and an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        programs = str(Path(CLEAN).resolve() / "bin")
        self.environment = {
            "HOME": str(folder),
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen",
        }
        self._served: list[subprocess.Popen[bytes]] = []

    def type(self, words: tuple[str, ...]) -> None:
        """Type a command, and leave it running if it is one that runs until it is stopped."""
        if words[:2] == ("ionecho", "sim"):
            self._served.append(subprocess.Popen(words, cwd=self.folder, env=self.environment))
            self._wait_until_served()
        elif words[:2] == ("ionecho", "gui"):
            window = subprocess.Popen(words, cwd=self.folder, env=self.environment)
            with pytest.raises(subprocess.TimeoutExpired):  # it stays open
                window.wait(10)
            window.terminate()
            window.wait(patience(20))
        else:
            self.run(*words)

    def run(self, *words: str) -> None:
        """Run a program to its end, and fail as it does."""
        ended = subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, encoding="utf-8", check=False
        )
        assert ended.returncode == 0, f"{' '.join(words)}: {ended.stdout}{ended.stderr}"

    def _wait_until_served(self) -> None:
        deadline = time.monotonic() + patience(30)
        while True:
            try:
                socket.create_connection(("127.0.0.1", PORT), timeout=1.0).close()
            except OSError:
                assert time.monotonic() < deadline, "the simulator does not answer"
                time.sleep(0.1)
            else:
                return

    def leave(self) -> None:
        """Press Ctrl-C in the other terminal."""
        for process in self._served:
            process.terminate()
            process.wait(patience(20))


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """Return somebody with a clean environment."""
    with socket.socket() as free:
        if free.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"port {PORT}, which the tutorials name, is in use here")
    somebody = Newcomer(tmp_path)
    yield somebody
    somebody.leave()


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_word_for_word(page: Path, newcomer: Newcomer) -> None:
    script = []
    for snippet in snippets_of(page):
        if snippet.reason_not_run:
            continue
        if snippet.language == "console":
            for command in commands_of(snippet):
                newcomer.type(command.words)
        elif snippet.language == "python":  # all blocks of a page are one session
            script.append(snippet.text)
    if script:
        (newcomer.folder / "session.py").write_text("\n".join(script), encoding="utf-8")
        newcomer.run("python", "session.py")
    assert script or any(newcomer.folder.glob("*.nxs"))
