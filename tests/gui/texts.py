"""Texts of the window, as its source has them, and those that a catalogue lacks: ``python -m tests.gui.texts``.

With ``--add`` those that are missing are put into the catalogues, unfinished.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from gui.common.language import read_catalogue

GUI = Path(__file__).parents[2] / "gui"
CATALOGUES = GUI / "languages"
# Functions that take texts, and at which places: positions of arguments, or names of them.
MARKS = {
    "tr": (0,),
    "tr_later": (0,),
    "ActionSpec": (1, 4, "text", "tip"),
    "spec": (1, 3, "text", "tip"),  # what areas call to make an `ActionSpec`
    "DockSpec": (1, "title"),
}
# What shows a text as it is given.
SHOWS = {
    "setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName", "setAccessibleDescription",
    "setInformativeText", "setTitle", "setStatusTip", "addAction", "addTab", "addMenu", "addButton", "label", "button",
    "QAction", "QLabel", "QPushButton", "QCheckBox", "QGroupBox", "QToolButton", "QMenu", "QRadioButton", "QDockWidget",
    "QMessageBox",
    "JsonChild", "setHorizontalHeaderLabels", "setSpecialValueText", "setTabText", "setHeaderLabels", "addRow",
}  # fmt: skip
PLACEHOLDER = re.compile(r"\{[a-zA-Z_]*[^{}]*\}")


def sources() -> list[Path]:
    return sorted(GUI.rglob("*.py"))


def calls(path: Path) -> list[tuple[str, ast.Call]]:
    """Calls in a file, each with the name of what is called."""
    found = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [
        (call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", ""), call)
        for call in found
    ]


def literal(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def marked(path: Path) -> list[str]:
    """Texts of a file that pass through the catalogue."""
    texts: list[str | None] = []
    for name, call in calls(path):
        for place in MARKS.get(name, ()):
            if isinstance(place, int) and place < len(call.args):
                texts.append(literal(call.args[place]))
            texts += [literal(one.value) for one in call.keywords if one.arg == place]
    return [text for text in texts if text]


def all_texts() -> dict[str, list[str]]:
    """Every text of the window with the files that it stands in."""
    from gui.app.area import Menu

    found: dict[str, list[str]] = {menu.value: ["app/area.py"] for menu in Menu}
    for path in sources():
        for text in marked(path):
            found.setdefault(text, []).append(path.relative_to(GUI).as_posix())
    return found


def shown_as_they_are() -> list[str]:
    """Literals with a word in them that are shown without passing through the catalogue, with their places."""
    found = []
    for path in sources():
        for name, call in calls(path):
            texts = [literal(one) for one in call.args[:1]] if name in SHOWS else []
            found += [
                f"{path.relative_to(GUI).as_posix()}:{call.lineno}: {name}({text!r})"
                for text in texts
                if text and re.search(r"[A-Za-z]{2}", text) and text != "ionecho" and "::" not in text
            ]
    return found


def missing(catalogue: Path) -> list[str]:
    """Texts that a catalogue does not have, or with other placeholders."""
    texts = read_catalogue(catalogue)
    return [
        text
        for text in all_texts()
        if not texts.get(text) or sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(texts[text]))
    ]


def add_missing(catalogue: Path) -> None:
    """Put what a catalogue lacks into it, unfinished, and take out what the window no longer says."""
    known, wanted = read_catalogue(catalogue), sorted(all_texts())
    root = ET.Element("TS", {"version": "2.1", "language": catalogue.stem, "sourcelanguage": "en"})
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = "ionecho"
    for text in wanted:
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "source").text = text
        translation = ET.SubElement(message, "translation")
        translation.text = known.get(text, "")
        if not translation.text:
            translation.set("type", "unfinished")
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    catalogue.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8")


if __name__ == "__main__":
    for one in sorted(CATALOGUES.glob("*.ts")):
        if "--add" in sys.argv:
            add_missing(one)
        for text in missing(one):
            sys.stdout.write(f"{one.name}: {text!r} ({', '.join(all_texts()[text])})\n")
    for place in shown_as_they_are():
        sys.stdout.write(f"not through tr: {place}\n")
