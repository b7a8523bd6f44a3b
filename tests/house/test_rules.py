"""Rules of the house that no linter knows: sizes, first lines, numbers with reasons, private names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.sources import ROOMS, Source, sources

LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def test_a_long_file_says_why() -> None:
    """All in one test: a test for each of 800 files takes longer to collect and to tell than to run."""
    long = [source for source in sources() if len(source.lines) > LONGEST_FILE]
    assert [f"{one.path}: {len(one.lines)} lines" for one in long if "on purpose" not in one.docstring] == []


def _lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its docstring."""
    assert function.end_lineno is not None
    told = ast.get_docstring(function, clean=False)
    return function.end_lineno - function.lineno + 1 - (len(told.splitlines()) if told else 0)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements of a tree; `ast.walk` passes through their expressions too, which are most of its time."""
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        for one in getattr(node, block, ()):
            yield one
            yield from _statements(one)


def test_only_compiled_loops_are_longer_than_a_screen() -> None:
    long = []
    for source in sources():
        for node in _statements(source.tree) if len(source.lines) > LONGEST_FUNCTION else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines_of(node) > LONGEST_FUNCTION:
                is_loop = any(
                    "compiled" in ast.unparse(one) or "njit" in ast.unparse(one) for one in node.decorator_list
                )
                if not is_loop:
                    long.append(f"{source.path}: {node.name}: {_lines_of(node)} lines")
    assert long == []


def test_the_product_asserts_nothing() -> None:
    found = [
        f"{source.path}:{node.lineno}"
        for source in sources()
        if "assert" in source.text
        for node in _statements(source.tree)
        if isinstance(node, ast.Assert)
    ]
    assert found == []


ASKS = re.compile(r"^(Does|Do|Is|Are|Has|How|Why|Who)\b|\?$|\? [A-Z]")


def test_first_lines_stand_alone() -> None:
    """A noun phrase or an imperative; a question may follow as the second line (decision 150)."""
    found = []
    for source in sources(*ROOMS, "benchmarks", "docs", "examples"):
        first = source.docstring.split("\n", 1)[0]
        if not first or ASKS.search(first):
            found.append(f"{source.path}: {first}")
    assert found == []


def _is_constant(name: str) -> bool:
    return re.fullmatch(r"_?[A-Z][A-Z0-9_]*(_[a-zA-Z]+)?", name) is not None and any(c.isupper() for c in name)


def _numbers(node: ast.expr) -> bool:
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, int | float) and not isinstance(one.value, bool)
        for one in ast.walk(node)
    )


def _has_reason(source: Source, body: list[ast.stmt], place: int) -> bool:
    """Whether a comment stands on or above the statement, or a docstring below it.

    One comment may serve a block of constants that stand together.
    """
    node = body[place]
    assert node.end_lineno is not None
    own = source.lines[node.lineno - 1 : node.end_lineno]
    if any("#" in line for line in own):
        return True
    above = node.lineno - 2
    while above >= 0 and source.lines[above].strip() and not source.lines[above].lstrip().startswith("#"):
        above -= 1
    if above >= 0 and source.lines[above].lstrip().startswith("#"):
        return True
    after = body[place + 1] if place + 1 < len(body) else None
    return isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)


def test_every_number_that_is_a_constant_has_a_reason() -> None:
    found = []
    for source in sources():
        for place, node in enumerate(source.tree.body):
            if isinstance(node, ast.Assign):
                targets = [
                    one
                    for target in node.targets
                    for one in (target.elts if isinstance(target, ast.Tuple) else [target])
                ]
            elif isinstance(node, ast.AnnAssign):
                targets = [node.target]
            else:
                continue
            names = [target.id for target in targets if isinstance(target, ast.Name) and _is_constant(target.id)]
            if (
                names
                and node.value is not None
                and _numbers(node.value)
                and not _has_reason(source, source.tree.body, place)
            ):
                found.append(f"{source.path}:{node.lineno}: {', '.join(names)}")
    assert found == []


# A tree is parsed and walked only where the text can be against the rule: reading all trees takes seconds.
IMPORTS = re.compile(r"^[ \t]*from\s+[\w.]+\s+import\s+(?:\((?:[^)#]|#.*)*\)|.*)", re.MULTILINE)
PRIVATE_WORD = re.compile(r"(?<!\w)_(?!_)")
PRIVATE_ATTRIBUTE = re.compile(r"(?:\.self|\.cls|(?<!\bself)(?<!\bcls))\s*\.\s*_[a-zA-Z]")


def test_no_private_name_is_taken_across_files() -> None:
    """Not even by tests and benchmarks: what they need is public."""
    found = []
    for source in sources(*ROOMS, "tests", "benchmarks", "docs", "examples"):
        if not any(PRIVATE_WORD.search(one) for one in IMPORTS.findall(source.text)):
            continue
        for node in ast.walk(source.tree):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module
                and node.module.split(".")[0] in (*ROOMS, "tests", "benchmarks")
            ):
                parts = node.module.split(".")
                names = [alias.name for alias in node.names]
                private = [one for one in (*parts, *names) if one.startswith("_") and not one.startswith("__")]
                own = source.path.rsplit("/", 1)[0].replace("/", ".")
                if private and not (node.module.startswith(own) and own.startswith(("benchmarks", "docs"))):
                    found.append(f"{source.path}:{node.lineno}: {node.module}: {', '.join(private)}")
    assert found == []


def test_tests_and_benchmarks_touch_no_private_attribute() -> None:
    found = []
    for source in sources("tests", "benchmarks"):
        if PRIVATE_ATTRIBUTE.search(source.text) is None:
            continue
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Attribute) or not re.match(r"_[a-zA-Z].*[^_]$", node.attr):
                continue
            if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
                continue
            found.append(f"{source.path}:{node.lineno}: {ast.unparse(node)}")
    assert found == []
