"""Every command and every snippet of the documentation is run, page by page, as a reader would run it."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from fitting.archive import dispatch
from ionecho.cli import app
from protocols import Protocol
from protocols.campaigns import Campaign, is_campaign
from sim_instruments import load_cell
from tests.docs.snippets import PLAIN, PROJECT, RUNNABLE, Command, Snippet, commands_of, pages, snippets_of
from tests.docs.stand_ins import FILES, METER_ADDRESSES, ONLY_PARSED, OTHER_PROGRAMS, SIMULATED_WITH, in_this_process
from tests.patience import patience

PAGES = [page for page in pages() if snippets_of(page)]
PACKAGES = ("protocols", "drivers", "daq", "fitting", "reports", "gui", "sim_instruments", "ionecho")
ENTRY_POINTS = ("ionecho.drivers", "ionecho.elements", "ionecho.readers")
RECIPES = set(re.findall(r"^([a-z][\w-]*)(?: [^\n:]*)?:(?!=)", (PROJECT / "justfile").read_text(), re.MULTILINE))


class Reader:
    """Somebody who reads a page from its beginning to its end and does what it says, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.meter = ""
        self._served: list[subprocess.Popen[str]] = []

    def do(self, snippet: Snippet) -> None:
        """Run a block."""
        for name, make in FILES.items():
            path = self.folder / name
            if name in snippet.text and not path.exists():
                path.parent.mkdir(exist_ok=True)
                make(path)
        if snippet.language == "python":
            # A page of the project, not somebody else's text.
            exec(compile(self.in_place(snippet.text), snippet.name, "exec"), self.names)  # noqa: S102
        elif snippet.language == "json":
            json.loads(snippet.text)
        elif snippet.language == "toml":
            self.read_toml(snippet)
        else:
            for command in commands_of(snippet):
                self.carry_out(command)

    def read_toml(self, snippet: Snippet) -> None:
        """Read a file with the reader that ionecho has for it."""
        document = tomllib.loads(snippet.text)
        if "sequence" in document:
            read = Campaign if is_campaign(snippet.text) else Protocol
            read.from_toml(snippet.text)
        elif "bulk" in document:
            (self.folder / "cell.toml").write_text(snippet.text)
            load_cell(self.folder / "cell.toml")
        elif "instruments" in document:
            (self.folder / "settings" / "instruments.toml").write_text(self.in_place(snippet.text))
            self.invoke(("discover", *document["instruments"], "--json"))
        else:
            assert set(document) <= {"project"}, f"{snippet.name}: nobody reads such a file"

    def carry_out(self, command: Command) -> None:
        """Run a command of ionecho; hold another program's to what can be known of it."""
        if not command.is_ours:
            check_other(command)
            return
        words = command.words[1:]
        if words[0] in {"--help", "--version"}:
            self.invoke(words)
            return
        if words[0] == "--install-completion":  # it would write into the home of whoever runs the tests
            assert "--install-completion" in self.invoke(("--help",))
            return
        parse(words)
        if words[0] == "sim" and words[1] != "list":
            self.serve(words[1:])
        elif words[0] not in ONLY_PARSED or any(not word.startswith("-") for word in words[1:]):
            output = self.invoke(words)
            for line in command.shown:
                assert line in output, f"{line!r} is not what {' '.join(words)} prints:\n{output}"

    def invoke(self, words: tuple[str, ...]) -> str:
        """Run a command of ionecho in this process and return what it printed, lines stripped."""
        result = CliRunner().invoke(app, [self.in_place(word) for word in words])
        assert result.exit_code == 0, f"ionecho {' '.join(words)}: {result.output}"
        return result.output

    def serve(self, words: tuple[str, ...]) -> None:
        """Start a simulator, at a free port, and leave it running until the page ends."""
        chosen = list(words)
        for option, value in SIMULATED_WITH.items():
            if option in chosen:
                chosen[chosen.index(option) + 1] = value
            else:
                chosen += [option, value]
        process = subprocess.Popen(
            [sys.executable, "-m", "ionecho", "sim", *chosen, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._served.append(process)
        assert process.stdout is not None
        served = json.loads(process.stdout.readline())
        if words[0] == "keithley2461" and "--fault" not in words:
            self.meter = served["resource"]

    def in_place(self, text: str) -> str:
        """Return a text with the simulated instrument's address in place of those that pages name."""
        for address in METER_ADDRESSES:
            if address in text:
                if not self.meter:
                    self.serve(("keithley2461",))
                text = text.replace(address, self.meter)
        return text

    def leave(self) -> None:
        """End the simulators."""
        for process in self._served:
            process.terminate()
            process.wait(patience(10))
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Return a reader in an empty folder, with an address book of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings").mkdir()
    monkeypatch.setenv("IONECHO_CONFIG", str(tmp_path / "settings"))
    monkeypatch.setenv("IONECHO_CATALOGUE", str(tmp_path / "settings"))
    monkeypatch.setattr(dispatch, "processes", in_this_process)
    reading = Reader(tmp_path)
    yield reading
    reading.leave()


@cache
def command_line() -> Any:
    """Return the commands with their options: hundreds of pages name some."""
    return get_command(app)


def parse(words: tuple[str, ...]) -> None:
    """Let the command line read a command without carrying it out; an unknown command or option is an error."""
    group = command_line()
    context = group.make_context("ionecho", list(words))
    name, command, rest = group.resolve_command(context, list(words))
    command.make_context(name, rest, parent=context)


def check_other(command: Command) -> None:
    """Hold what is said about other programs to this project: recipes and scripts exist."""
    program, *rest = command.words
    assert program in OTHER_PROGRAMS, f"{program} is neither ours nor listed in stand_ins.py"
    if program == "just":
        assert set(rest[:1]) <= RECIPES, f"there is no recipe {rest[0]}"
    for word in rest:
        if program == "python" and word.endswith(".py"):
            assert (PROJECT / word).is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_a_page_does_what_it_says(page: Path, reader: Reader) -> None:
    for snippet in snippets_of(page):
        if not snippet.reason_not_run and snippet.language in RUNNABLE:
            reader.do(snippet)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_block_says_what_it_is(page: Path) -> None:
    for snippet in snippets_of(page):
        known = snippet.language in {*RUNNABLE, *PLAIN} or re.fullmatch(r"\{[\w:-]+\}", snippet.language)
        assert known, f"{snippet.name}: a block of {snippet.language!r} is not run by any test"


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    blocks = [one for page in PAGES for one in snippets_of(page) if one.language in RUNNABLE]
    left_out = [one for one in blocks if one.reason_not_run]
    assert len(left_out) < 0.1 * len(blocks)


def test_every_stand_in_is_named_by_a_page() -> None:
    text = "".join(one.text for page in PAGES for one in snippets_of(page))
    assert [name for name in (*FILES, *METER_ADDRESSES) if name not in text] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(PROJECT)))
def test_commands_and_recipes_within_the_text_exist(page: Path) -> None:
    known = command_line().commands
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for name, rest in re.findall(r"`(?:uv run )?ionecho ([a-z]+)([^`]*)`", text):
        assert name in known, f"`ionecho {name}` does not exist"
        options = {option for parameter in known[name].params for option in (*parameter.opts, "--help")}
        assert set(re.findall(r"(?<!\w)--?[a-z][\w-]*", rest)) <= options, f"`ionecho {name}{rest}`"
    for recipe in re.findall(r"`just ([\w-]+)", text):
        assert recipe in RECIPES, f"there is no recipe {recipe}"


@pytest.mark.parametrize("page", [one for one in pages() if one.parent.name != "decisions"], ids=lambda page: page.stem)
def test_names_within_the_text_exist(page: Path) -> None:
    for dotted in re.findall(rf"`((?:{'|'.join(PACKAGES)})\.[\w.]+)[^`]*`", page.read_text(encoding="utf-8")):
        if dotted not in ENTRY_POINTS and not dotted.endswith((".toml", ".nxs")):
            assert is_there(dotted), f"{page.relative_to(PROJECT)}: there is no {dotted}"


def is_there(dotted: str) -> bool:
    """Whether a module, or a name within one, can be imported."""
    module, rest = dotted, ""
    while module:
        with suppress(ModuleNotFoundError):
            thing: Any = importlib.import_module(module)
            return all((thing := getattr(thing, name, None)) is not None for name in rest.split(".") if name)
        module, _, last = module.rpartition(".")
        rest = f"{last}.{rest}".strip(".")
    return False


def test_the_markers_are_understood(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "1. x\n\n   <!-- not run: needs\n   root -->\n   ```console\n"
        "   $ a b \\\n       c && uv run d  # e\n   f\n   ```\n\n"
        "```python\n1\n```\n\n    indented\n"
    )
    console, python, indented = snippets_of(page)
    assert (console.reason_not_run, python.reason_not_run, indented.language) == ("needs root", "", "")
    assert commands_of(console) == [Command(("a", "b", "c")), Command(("d",), ("f",))]


def test_a_command_that_does_not_exist_is_an_error() -> None:
    refuses: Callable[[tuple[str, ...]], None] = parse
    for words in (("measure",), ("fit", "run.nxs", "--modle", "R0"), ("check",)):
        with pytest.raises(Exception, match=r"(?i)no such|missing"):
            refuses(words)
