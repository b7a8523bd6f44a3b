"""Names and phrases that the field would not understand, and that stand nowhere in the project any more."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.house.sources import PROJECT, ROOMS, files, sources, text_of

# Identifiers in code: modules, classes, functions, attributes, arguments, variables.
IDENTIFIERS = """
    Outlook Landscape out_of_sight PulseEvidence inward outward freed bend_A2 widening n_doubted
    _misread _sudden _coloured leap landed suffer Conversation TspConversation speaker
    _tell _switched_off _closed _must_go_on _watched _took_over _heard _COLD outcome_dict
    _must_be_content _must_obey _may_be_used unheard going said
""".split()  # noqa: SIM905 - a list of words reads better as words
# Modules that were renamed or moved.
MODULES = """
    fitting.echo fitting.outlook fitting._rivals fitting._holds fitting._measured fitting._layout fitting._evidence
    fitting.noise fitting.band fitting.averaging fitting.barriers fitting.relaxations
    daq.unconfirmed daq.watch daq.job daq.closing daq._durable daq._locks
    drivers._measuring drivers._readings drivers.addresses drivers.contract.outputs
    sim_instruments.kinds sim_instruments.exchange sim_instruments.serving.faults
    gui.follower gui.notices gui.fit_view gui.plan_view gui.closing_question
    ionecho.fit_one ionecho.fit_several ionecho.truth
""".split()  # noqa: SIM905 - a list of words reads better as words
# Phrases in code, messages, window, help and docs.
PHRASES = (
    "goes on there",
    "a run goes on",
    "run that goes on",
    "hangs on",
    "hang on",
    "owed to",
    "for ever",
    "Charge given back",
    "Kept for good",
    "evidence of misfit",
    "cannot suffer",
)
TEXTS = tuple(
    name
    for name in files()
    if name.endswith((".py", ".md", ".toml")) and not name.startswith(("tests/house/", "docs/decisions/"))
)


@cache
def on_one_line(name: str) -> str:
    """Return a file's text in small letters on one line: a phrase may stand over the end of a line."""
    return " ".join(text_of(name).split()).lower()


def name_of(node: ast.AST) -> str | None:
    """Return the identifier that a node of a syntax tree introduces or uses, if any."""
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.keyword(arg=name) | ast.Attribute(attr=name):
            return name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.alias():
            return node.asname or node.name
    return None


def test_no_identifier_of_before_is_left() -> None:
    forbidden = set(IDENTIFIERS)
    words = re.compile(rf"\b(?:{'|'.join(IDENTIFIERS)})\b")
    found = []
    for source in sources(*ROOMS, "tests", "benchmarks", "docs", "examples"):
        if words.search(source.text) is None:  # a tree is walked only where the word stands at all
            continue
        found += [
            f"{source.path}:{getattr(node, 'lineno', '?')}: {name_of(node)}"
            for node in ast.walk(source.tree)
            if name_of(node) in forbidden
        ]
    assert found == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_of_before_is_left(module: str) -> None:
    path = module.replace(".", "/")
    assert not (PROJECT / f"{path}.py").exists()
    named = re.compile(rf"(?<![\w.]){re.escape(module)}(?!\w)")
    assert [name for name in TEXTS if module in text_of(name) and named.search(text_of(name))] == []


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_phrase_of_before_is_left(phrase: str) -> None:
    small = phrase.lower()
    whole = re.compile(rf"(?<!\w){re.escape(small)}(?!\w)")
    assert [name for name in TEXTS if small in on_one_line(name) and whole.search(on_one_line(name))] == []
