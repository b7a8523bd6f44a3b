"""Contrast of every pair of colours of the window, on a light and on a dark desktop, as WCAG 2.2 defines it."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import pairwise, product
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette, QTextDocument

from gui.common.theme import Colours, Theme, colours_of, palette_of, style_sheet
from gui.common.trace_lane import glyph, overlay_colour
from gui.protocol.editor_highlighter import TomlHighlighter

TEXT, LINE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
THEMES = [Theme.LIGHT, Theme.DARK]
FIELDS = ("QLineEdit", "QComboBox", "QSpinBox", "QDoubleSpinBox")


def luminance(colour: QColor) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def rules(palette: QPalette) -> dict[str, dict[str, str]]:
    """Selectors of the style sheet with what they set."""
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style_sheet(palette)):
        settings = dict(part.split(":", 1) for part in body.split(";") if ":" in part)
        for selector in selectors.split(","):
            found.setdefault(" ".join(selector.split()), {}).update({k.strip(): v.strip() for k, v in settings.items()})
    return found


def grounds(selector: str, all_rules: dict[str, dict[str, str]], palette: QPalette) -> list[QColor]:
    """What something stands on: its own ground, that of its plain state or of its frame; else page and panel."""
    plain = re.sub(r"(?<!:):[a-z]+$", "", selector)
    for one in (selector, plain, selector.split(maxsplit=1)[0]):
        named = all_rules.get(one, {}).get("background", "transparent")
        if named != "transparent":
            return [QColor(named)]
    return outside(palette)


def outside(palette: QPalette) -> list[QColor]:
    """Page and panel."""
    all_rules = rules(palette)
    return [QColor(all_rules[name]["background"]) for name in ("QWidget#upperEdge", "QMainWindow#window")]


def border_of(settings: dict[str, str]) -> list[QColor]:
    values = [value for name, value in settings.items() if name.startswith("border") and "radius" not in name]
    colours = [QColor(value.split()[-1]) for value in values if value.split()[-1] not in {"none", "transparent"}]
    return [colour for colour in colours if colour.isValid()]


def test_the_formula_gives_what_the_standard_says() -> None:
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_of_the_style_sheet_is_read_on_its_ground(theme: Theme) -> None:
    palette = palette_of(theme)
    all_rules = rules(palette)
    texts = {selector: settings["color"] for selector, settings in all_rules.items() if "color" in settings}
    assert len(texts) > 15
    for selector, colour in texts.items():
        for ground in grounds(selector, all_rules, palette):
            assert contrast(QColor(colour), ground) >= TEXT, (selector, colour, ground.name())


@pytest.mark.parametrize("theme", THEMES)
def test_every_border_and_line_of_the_style_sheet_is_seen_on_page_and_panel(theme: Theme) -> None:
    palette = palette_of(theme)
    all_rules = rules(palette)
    borders = [(selector, colour) for selector, one in all_rules.items() for colour in border_of(one)]
    borders += [(name, QColor(all_rules[name]["background"])) for name in ("QFrame#line", "QProgressBar::chunk")]
    assert len(borders) > 15
    for (selector, colour), ground in product(borders, outside(palette)):
        assert contrast(colour, ground) >= LINE, (selector, colour.name(), ground.name())


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("role", ["stop", "primary"])
def test_the_frame_of_the_focus_differs_from_the_button_that_has_it(theme: Theme, role: str) -> None:
    all_rules = rules(palette_of(theme))
    selector = f'QPushButton[role="{role}"]'
    (ring,) = border_of(all_rules[f"{selector}:focus"])
    assert contrast(ring, QColor(all_rules[selector]["background"])) >= LINE


@pytest.mark.parametrize("theme", THEMES)
def test_every_curve_and_axis_is_seen_on_the_ground_of_the_plots(theme: Theme) -> None:
    colours = colours_of(palette_of(theme))
    for field in fields(Colours):
        if field.name not in {"ground", "overlays"}:
            least = TEXT if field.name in {"ink", "faint"} else LINE
            assert contrast(getattr(colours, field.name), colours.ground) >= least, field.name


@pytest.mark.parametrize("theme", THEMES)
def test_overlays_are_read_in_their_legend_and_no_two_of_ten_look_alike(theme: Theme) -> None:
    colours = colours_of(palette_of(theme))
    for colour in colours.overlays:
        assert contrast(colour, colours.ground) >= TEXT, colour.name()
    looks = [(overlay_colour(colours, index).name(), glyph(index)) for index in range(10)]
    assert len(set(looks)) == 10
    for (_, line), (_, next_line) in pairwise(looks):
        assert line != next_line  # neighbours differ without any colour too


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_of_syntax_is_read_on_its_ground_and_on_the_line_with_the_cursor(theme: Theme) -> None:
    colours = colours_of(palette_of(theme))
    document = QTextDocument('# note\n[sequence]\nlevel = "1 V"\nn = 3\ntext = """\nmore')
    highlighter = TomlHighlighter(document, colours)
    assert highlighter.document() is document
    shown = set()
    block = document.firstBlock()
    while block.isValid():
        shown |= {one.format.foreground().color().name() for one in block.layout().formats()}
        block = block.next()
    assert len(shown) >= 5, "comment, header, key, text and number"
    for colour in shown:
        assert contrast(QColor(colour), colours.ground) >= TEXT, colour


@pytest.mark.parametrize("theme", THEMES)
def test_marks_of_faults_and_selected_rows_are_seen_on_what_they_stand_on(theme: Theme) -> None:
    palette = palette_of(theme)
    all_rules, colours = rules(palette), colours_of(palette)
    for view in ("QListWidget", "QTreeView", "QTableView"):
        chosen = all_rules[f"{view}::item:selected"]
        assert contrast(QColor(chosen["color"]), QColor(chosen["background"])) >= TEXT, view
        assert contrast(QColor(chosen["background"]), colours.ground) >= LINE, view
    for wrong in ('QLineEdit[wrong="true"]', 'QPlainTextEdit[wrong="true"]'):
        (mark,) = border_of(all_rules[wrong])
        assert contrast(mark, colours.ground) >= LINE, wrong
    assert contrast(colours.fault, colours.ground) >= TEXT, "faults in words"
    for icon_colour in (colours.faint, colours.ink):  # of titles, menus and the tool bar
        for ground in outside(palette):
            assert contrast(icon_colour, ground) >= LINE


@pytest.mark.parametrize("theme", THEMES)
def test_all_fields_have_one_shape_whose_border_is_seen_and_whose_arrow_is_drawn(theme: Theme) -> None:
    palette = palette_of(theme)
    all_rules = rules(palette)
    shapes = [{k: v for k, v in all_rules[kind].items() if "padding" not in k} for kind in FIELDS]
    assert all(one == shapes[0] for one in shapes), "a box of choices looks like any other field"
    for kind in FIELDS:
        for state in ("", ":focus"):
            assert all(
                contrast(line, QColor(shapes[0]["background"])) >= LINE for line in border_of(all_rules[kind + state])
            )
    files = re.findall(r'url\("([^"]+)"\)', style_sheet(palette))
    assert len(files) >= 3
    for file in files:
        stroke = re.search(r'stroke="(#[0-9a-f]{6})"', Path(file).read_text(encoding="utf-8"))
        assert stroke is not None, file
        assert contrast(QColor(stroke[1]), QColor(shapes[0]["background"])) >= LINE, file


@pytest.mark.parametrize("theme", THEMES)
def test_texts_of_the_palette_are_read_on_what_they_stand_on(theme: Theme) -> None:
    palette = palette_of(theme)
    role = QPalette.ColorRole
    for ink, ground in (
        (role.Text, role.Base),
        (role.WindowText, role.Window),
        (role.ButtonText, role.Button),
        (role.ToolTipText, role.ToolTipBase),
        (role.PlaceholderText, role.Base),
        (role.HighlightedText, role.Highlight),
        (role.Link, role.Base),
        (role.Link, role.Window),
    ):
        assert contrast(palette.color(ink), palette.color(ground)) >= TEXT, ink
