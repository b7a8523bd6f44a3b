"""API pages: one for each package, of the names in its ``__all__``, and one of the command line.

The pages are written into ``docs/reference/api/`` before the site is read. They are not kept in git: the docstrings are
their source.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.domains.python import PyObject

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

FRONT = "ionecho"
PACKAGES = (FRONT, "protocols", "drivers", "daq", "fitting", "reports", "gui", "sim_instruments")


def package_page(package: str) -> str:
    """Return the page of a package: its docstring, a table of its public names, and each of them."""
    module = import_module(package)
    docstring = inspect.getdoc(module) or ""
    names = sorted(module.__all__, key=lambda name: (not name[0].isupper(), name.lower()))
    lines = [f"``{package}``", "=" * (len(package) + 4), "", docstring, "", f".. py:module:: {package}", ""]
    if package == FRONT:
        own = [name for name in names if _is_own(getattr(module, name))]
        others = [name for name in names if name not in own]
        lines += [line for name in own for line in ("", *_entry(name, getattr(module, name)))]
        return "\n".join([*lines, "", *_names_of_others(others, _public_paths())]) + "\n"
    lines += [".. autosummary::", "   :nosignatures:", ""]
    lines += [f"   {name}" for name in names if callable(getattr(module, name))]
    for name in names:
        lines += ["", *_entry(name, getattr(module, name))]
    return "\n".join(lines) + "\n"


def _is_own(thing: object) -> bool:
    """Whether a name of the front is defined there, and not in a package below it."""
    return str(getattr(thing, "__module__", "")).partition(".")[0] == FRONT


def _names_of_others(names: list[str], paths: dict[str, str]) -> list[str]:
    """Return a table of names that other packages define, with links to their pages."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 35 65", "", "   * - name", "     - summary"]
    for name in names:
        summary = (inspect.getdoc(getattr(import_module(FRONT), name)) or "").partition("\n")[0]
        shown = f":py:obj:`{name} <{paths[name]}>`" if name in paths else f"``{name}``"
        lines += [f"   * - {shown}", f"     - {summary}"]
    return lines


def _entry(name: str, thing: object) -> list[str]:
    if inspect.isclass(thing):
        inherits = [] if thing.__bases__ == (object,) else ["   :show-inheritance:"]
        return [f".. autoclass:: {name}", "   :members:", *inherits]
    if inspect.isroutine(thing):
        return [f".. autofunction:: {name}"]
    return [f".. py:data:: {name}", f"   :type: {type(thing).__name__}"]


def command_page() -> str:
    """Return the page of the command line: every command with its arguments and options."""
    import typer

    from ionecho.cli import app

    group: Any = typer.main.get_command(app)
    lines = ["# Command line", "", "What `ionecho COMMAND --help` prints, on one page.", ""]
    for name, command in sorted(group.commands.items()):
        positional = [_metavar(one) for one in command.params if one.param_type_name == "argument"]
        usage = " ".join([f"ionecho {name} [OPTIONS]", *positional])
        lines += [f"## `ionecho {name}`", "", command.help or "", "", "```text", usage, "```", ""]
        lines += ["| argument or option | meaning |", "|---|---|"]
        lines += [_parameter_row(parameter) for parameter in command.params]
        lines += ["", (command.epilog or "").replace("Example:", "For example:"), ""]
    return "\n".join(lines)


def _metavar(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _parameter_row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = f"`{_metavar(parameter)}`"
    else:
        name = ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])
    meaning = (parameter.help or "").replace("|", "\\|")
    default = parameter.default
    if default not in {None, False, ""} and not callable(default):
        meaning += f" Unless given: `{default}`."
    return f"| {name} | {meaning} |"


def write_pages(app: Sphinx) -> None:
    """Write the pages whose text has changed."""
    folder = Path(app.srcdir) / "reference" / "api"
    folder.mkdir(exist_ok=True, parents=True)
    pages = {f"{package}.rst": package_page(package) for package in PACKAGES}
    pages["command-line.md"] = command_page()
    for name, text in pages.items():
        page = folder / name
        if not page.exists() or page.read_text() != text:
            page.write_text(text)


@cache
def _public_paths() -> dict[str, str]:
    """Return the public path of each object, by the path of where it is defined and by its bare name."""
    paths: dict[str, str] = {}
    for package in PACKAGES:
        module = import_module(package)
        for name in module.__all__:
            thing = getattr(module, name)
            if package == FRONT and not _is_own(thing):
                continue
            for path in (name, f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', name)}"):
                paths[path] = f"{package}.{name}"
    return paths


def resolve_public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """Let the type of a parameter lead to the page where it is public; leave other types plain.

    A numpy docstring gives types in words ("array of shape (n,)"), which Sphinx takes for references, and names of all
    kinds in single backticks. References with a role are left to Sphinx, which refuses those that lead nowhere.
    """
    if node.get("refdomain") != "py" or (node.get("refwarn") and node["reftype"] != "obj"):
        return None
    target = node["reftarget"]
    path = _public_paths().get(target) or _public_paths().get(target.rpartition(".")[2])
    if path is None or path not in env.domains["py"].objects:  # type: ignore[attr-defined]
        return content
    return env.domains["py"].resolve_xref(env, node["refdoc"], app.builder, "obj", path, node, content)


def split_attributes(*event: Any) -> None:
    """Give attributes that share a line of a docstring ("low, high : float") a line each, as Sphinx needs it."""
    lines: list[str] = event[-1]
    if "Attributes" not in lines:
        return
    begin = lines.index("Attributes") + 2
    end = next((n - 1 for n in range(begin + 1, len(lines)) if lines[n].startswith("---")), len(lines))
    entries: list[list[str]] = []
    for line in lines[begin:end]:
        if line[:1].strip() or not entries:
            entries.append([line])
        else:
            entries[-1].append(line)
    split: list[str] = []
    for head, *description in entries:
        names, colon, kind = head.partition(" : ")
        for one in names.split(", "):
            split += [f"{one}{colon}{kind}", *description]
    lines[begin:end] = split


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the three steps; attributes are called so."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", split_attributes, priority=100)  # before napoleon reads the sections
    app.connect("missing-reference", resolve_public_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
