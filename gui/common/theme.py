"""Colours and shapes of the window, on a light and on a dark desktop.

Everything neutral comes from the system's palette. The few colours that mean something (voltage, current, fit, alarm)
come in two sets, for a light and for a dark ground. Texts have a contrast of at least 4.5:1 to what they stand on
(WCAG 2.2, 1.4.3), curves, borders and the frame of what has the focus 3:1 (1.4.11); a test computes every pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication


class Theme(StrEnum):
    """Light, dark, or as the desktop is."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


_FAINT = 0.68
"""Share of the text's colour in secondary text: 4.5:1 on the panels too. More, and it is no longer secondary."""
_LINE = 0.53
"""Share of the text's colour in borders and lines: 3:1 on the panels too. More, and they are louder than the texts."""
_MEASURED = 0.7
"""Share of the current's colour in the broad line under a fit: 3:1. More, and the fit over it is harder to see."""

_ARROWS = Path(__file__).parent / "arrows"

_ACCENT = "#3071d3"
"""Of what is chosen, with white letters: 4.7:1. Lighter, and they are not read; darker, and it is lost on dark."""
_LINKS = {Theme.LIGHT: "#1f63c4", Theme.DARK: "#74a9f7"}

# Button and window colour, from which Qt derives all others, then base and text.
_PALETTES = {
    Theme.LIGHT: ("#efefef", "#efefef", "#ffffff", "#1b1d20"),
    Theme.DARK: ("#2a2d31", "#1d1f22", "#1d1f22", "#e6e6e6"),
}


def palette_of(theme: Theme) -> QPalette:
    """Return the palette of a theme; for the desktop's theme the one that Qt has from there."""
    if theme not in _PALETTES:
        return QPalette()
    button, window, base, text = (QColor(colour) for colour in _PALETTES[theme])
    palette = QPalette(button, window)
    palette.setColor(QPalette.ColorRole.Base, base)
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(role, text)
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, mixed(text, base, 0.5))
    palette.setColor(QPalette.ColorRole.Highlight, QColor(_ACCENT))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor("#ffffff"))
    palette.setColor(QPalette.ColorRole.Link, QColor(_LINKS[theme]))
    palette.setColor(QPalette.ColorRole.ToolTipBase, button)
    palette.setColor(QPalette.ColorRole.ToolTipText, text)
    palette.setColor(QPalette.ColorRole.PlaceholderText, mixed(text, base, _FAINT))
    return palette


def set_theme(theme: Theme) -> None:
    """Give the application the palette of a theme; every window follows."""
    QApplication.setPalette(palette_of(theme))


@dataclass(frozen=True)
class Colours:
    """Colours by what they mean.

    Attributes
    ----------
    ground, ink, faint : QColor
        Of plots: background, text and axes, grid and secondary text.
    voltage, current, fit, measured : QColor
        Of curves; `measured` is the current under its fit.
    fault : QColor
        Of texts and marks that say what is wrong.
    charge, temperature, cursor : QColor
        Of curves, and of the cursors.
    overlays : tuple of QColor
        Of curves of other runs, in their order; their line styles differ too.
    """

    ground: QColor
    ink: QColor
    faint: QColor
    voltage: QColor
    current: QColor
    fit: QColor
    measured: QColor
    fault: QColor
    charge: QColor
    temperature: QColor
    cursor: QColor
    overlays: tuple[QColor, ...]


_LIGHT = ("#0b7a62", "#1f63c4", "#c2410c", "#a4120a", "#7a4fb0", "#a3306b", "#5c5f66")
_DARK = ("#3fb59a", "#74a9f7", "#ffab5c", "#ff9a90", "#c0a3f0", "#f08fbd", "#b8bcc4")
# Told apart with each kind of colour blindness by lightness and hue together with the line style (decision 292).
_LIGHT_OVERLAYS = ("#8a5a00", "#8d2f9b", "#00728c", "#4f6b00", "#b0263f", "#42454a")
_DARK_OVERLAYS = ("#f0b43c", "#d9a0ec", "#56c4de", "#b9d24a", "#ff8fa3", "#d5d8dd")


def colours_of(palette: QPalette) -> Colours:
    """Return the colours that go with a palette."""
    ground = palette.color(QPalette.ColorRole.Base)
    ink = palette.color(QPalette.ColorRole.Text)
    dark = is_dark(palette)
    voltage, current, fit, fault, charge, temperature, cursor = (QColor(one) for one in (_DARK if dark else _LIGHT))
    measured = mixed(current, ground, _MEASURED)
    neutral = (ground, ink, mixed(ink, ground, _FAINT))
    overlays = tuple(QColor(one) for one in (_DARK_OVERLAYS if dark else _LIGHT_OVERLAYS))
    return Colours(*neutral, voltage, current, fit, measured, fault, charge, temperature, cursor, overlays)


def is_dark(palette: QPalette) -> bool:
    """Whether a palette has light text on a dark ground."""
    return palette.color(QPalette.ColorRole.Base).lightness() < palette.color(QPalette.ColorRole.Text).lightness()


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Return a colour between two, nearer to the first one the larger its share."""
    pairs = ((one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue()))
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs))


# Red and white, on a light and on a dark desktop.
_BANNER = """
    QFrame#unknownOutput { background: #c62020; border: none; }
    QFrame#unknownOutput QLabel { color: white; font-weight: 600; }
    QFrame#unknownOutput QPushButton { background: white; color: #8f1010; border: none; font-weight: 700; }
    """


def _badge(line: str, faint: str, edge: str, *, dark: bool) -> str:
    """Return the part of the style sheet for the badge of the output, in its three tones."""
    on, on_ground = ("#ffd27a", "#4a3a12") if dark else ("#7a4b00", "#fff3d6")
    return f"""
    QLabel#outputBadge {{ padding: 4px 10px; border-radius: 5px; border: 1px solid {line}; font-weight: 600; }}
    QLabel#outputBadge[tone="quiet"] {{ color: {faint}; }}
    QLabel#outputBadge[tone="on"] {{ background: {on_ground}; color: {on}; border-color: {on}; }}
    QLabel#outputBadge[tone="alarm"] {{ background: #c62020; color: white; border-color: {edge}; }}
    """


def _keys_on_buttons(faint: str) -> str:
    """Return the part of the style sheet for the keys that stand on Run and Stop."""
    return f"""
    QPushButton#runButton, QPushButton#stopButton {{ padding: 5px 52px 5px 14px; }}
    QPushButton[role="primary"] QLabel[role="key"] {{ color: white; }}
    QPushButton[role="stop"] QLabel[role="key"] {{ color: white; }}
    QPushButton QLabel[role="key"]:disabled {{ color: {faint}; }}
    """


def _labels(faint: str, error: str) -> str:
    """Return the part of the style sheet for labels by their roles."""
    return f"""
    QLabel[role="heading"] {{ font-weight: 600; }}
    QLabel[role="faint"] {{ color: {faint}; }}
    QLabel[role="headline"] {{ font-size: 15pt; font-weight: 600; }}
    QLabel[role="banner"] {{ font-size: 15pt; font-weight: 600; }}
    QLabel[role="warning"] {{ color: {error}; font-weight: 700; }}
    QLabel[role="figure"] {{ font-size: 17pt; }}
    QLabel[role="fault"] {{ color: {error}; }}
    """


def _editor(line: str, ground: str, accent: str, error: str) -> str:
    """Return the part of the style sheet for texts, for what has the focus, and for fields with a fault."""
    return f"""
    QPlainTextEdit {{ border: 1px solid {line}; border-radius: 5px; background: {ground}; }}
    QTreeView:focus, QPlainTextEdit:focus {{ border-color: {accent}; }}
    QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] {{ border: 2px solid {error}; }}
    """


def _lists(line: str, ground: str, accent: str) -> str:
    """Return the part of the style sheet for trees and tables that are chosen from, and for buttons with a menu."""
    return f"""
    QTreeView, QTableView {{ border: 1px solid {line}; border-radius: 5px; background: {ground}; outline: none; }}
    QTreeView::item, QTableView::item {{ padding: 3px 4px; }}
    QTreeView::item:selected, QTableView::item:selected {{ background: {accent}; color: white; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    QHeaderView {{ background: {ground}; border: none; }}
    QTableCornerButton::section {{ background: {ground}; border: none; border-bottom: 1px solid {line}; }}
    QPushButton[role="menu"] {{ padding-right: 24px; }}
    QPushButton[role="menu"]::menu-indicator {{ subcontrol-position: right center; left: -8px; }}
    """


def _arrows(*, dark: bool) -> dict[str, str]:
    """Return the drawings of arrows in fields: the style sheet takes files only, so each colour has its own."""
    colour = "dark" if dark else "light"
    return {way: (_ARROWS / f"{way}-{colour}.svg").as_posix() for way in ("down", "up")}


def _fields(line: str, ground: str, faint: str, raised: str, accent: str, *, dark: bool) -> str:
    """Return the part of the style sheet for fields that are typed into and chosen from: all of one shape."""
    arrows = _arrows(dark=dark)
    kinds = ("QLineEdit", "QComboBox", "QSpinBox", "QDoubleSpinBox")
    all_kinds, focused, disabled = (
        ", ".join(f"{kind}{state}" for kind in kinds) for state in ("", ":focus", ":disabled")
    )
    return f"""
    {all_kinds} {{ padding: 4px 6px; border: 1px solid {line}; border-radius: 5px; background: {ground}; }}
    {focused} {{ border-color: {accent}; }}
    {disabled} {{ color: {faint}; background: {raised}; }}
    QComboBox {{ padding-right: 20px; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ image: url("{arrows["down"]}"); width: 10px; height: 10px; }}
    QSpinBox::up-button, QDoubleSpinBox::up-button {{ border: none; width: 16px; subcontrol-position: top right; }}
    QSpinBox::down-button, QDoubleSpinBox::down-button {{ border: none; width: 16px;
        subcontrol-position: bottom right; }}
    QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url("{arrows["up"]}"); width: 9px; height: 9px; }}
    QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url("{arrows["down"]}"); width: 9px; height: 9px; }}
    QSpinBox, QDoubleSpinBox {{ padding-right: 18px; }}
    QComboBox QLineEdit {{ border: none; padding: 0; background: transparent; }}
    QComboBox QAbstractItemView {{ border: 1px solid {line}; background: {ground}; }}
    """


def _dock_titles(raised: str, text: str, held: str) -> str:
    """Return the part of the style sheet for titles of docks that stand alone."""
    return f"""
    QDockWidget::title {{ background: {raised}; padding: 5px 8px; }}
    QWidget#dockTitle {{ background: {raised}; }}
    QLabel[role="dockTitle"] {{ color: {text}; }}
    QToolButton[role="title"] {{ border: none; border-radius: 4px; padding: 4px; }}
    QToolButton[role="title"]:hover {{ background: {held}; }}
    """


def _verdicts(palette: QPalette, line: str, error: str, error_ground: str) -> str:
    """Return the part of the style sheet for verdicts and notices, each tone with a ground and an edge of its own."""
    tones = {
        "good": ("#7ddca0", "#17301f") if is_dark(palette) else ("#14602f", "#e7f5ec"),
        "open": ("#9ec5ff", "#1c2b42") if is_dark(palette) else ("#1a4f9c", "#e8f0fc"),
        "bad": (error, error_ground),
        "warning": ("#ffd27a", "#3d3011") if is_dark(palette) else ("#7a4b00", "#fff3d6"),
    }
    plain = palette.color(QPalette.ColorRole.Text).name()
    rules = [f"QFrame#verdict {{ border: 1px solid {line}; border-radius: 6px; }}"]
    for tone, (ink, ground) in tones.items():
        rules.append(f'''
    QFrame#verdict[tone="{tone}"] {{ background: {ground}; border: 1px solid {ink}; border-left: 5px solid {ink};
        border-top-left-radius: 0; border-bottom-left-radius: 0; }}
    QFrame#verdict[tone="{tone}"] QLabel[role="verdict"], QFrame#verdict[tone="{tone}"] QWidget#verdictMark
        {{ color: {ink}; }}
    QFrame#verdict[tone="{tone}"] QLabel[role="faint"] {{ color: {plain}; }}
    QFrame[notice="{tone}"] {{ background: {ground}; border: 1px solid {ink}; border-radius: 5px; }}
    QFrame[notice="{tone}"] QLabel, QFrame[notice="{tone}"] QWidget {{ color: {ink}; }}''')
    return (
        "".join(rules)
        + f"""
    QLabel[role="verdict"] {{ font-size: 12pt; font-weight: 600; }}
    QLabel[role="subheading"] {{ font-weight: 600; }}
    QFrame[notice="note"] {{ border: 1px solid {line}; border-radius: 5px; }}
    QToolButton[role="section"] {{ border: none; font-weight: 600; padding: 4px 2px; text-align: left; }}
    QToolButton[role="section"]:focus {{ border: 1px solid {line}; border-radius: 4px; }}"""
    )


def _scroll_bars(handle: str) -> str:
    """Return the part of the style sheet for scroll bars: narrow ones without arrows."""
    return f"""
    QScrollBar:vertical {{ background: transparent; border: none; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; border: none; height: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {handle}; border-radius: 3px; min-height: 20px; margin: 1px 2px; }}
    QScrollBar::handle:horizontal {{ background: {handle}; border-radius: 3px; min-width: 20px; margin: 2px 1px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
    QFrame#unknownOutput QScrollBar::handle:vertical {{ background: white; }}
    """


def _frame(raised: str, held: str, line: str) -> str:
    """Return the part of the style sheet for what holds the docks together: menus, tool bar, lines between docks."""
    return f"""
    QMainWindow::separator {{ background: {raised}; width: 5px; height: 5px; }}
    QMainWindow::separator:hover {{ background: {line}; }}
    QToolBar {{ border: none; background: transparent; spacing: 2px; padding-right: 8px; }}
    QMenuBar {{ background: {raised}; padding-left: 4px; }}
    QMenuBar::item {{ background: transparent; padding: 5px 9px; }}
    QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {held}; }}
    """


def style_sheet(palette: QPalette) -> str:
    """Return the style sheet of the window for a palette."""
    faint = colours_of(palette).faint.name()
    base = palette.color(QPalette.ColorRole.Base)
    text = palette.color(QPalette.ColorRole.Text)
    line = mixed(text, base, _LINE).name()
    held = mixed(text, base, 0.18).name()
    raised = mixed(text, base, 0.05).name()
    error, error_ground = ("#ff9a90", "#43201e") if is_dark(palette) else ("#a4120a", "#fdecea")
    accent, pressed = (_ACCENT, "#2559a8")
    # Red alone is too near to a dark ground; a frame of the focus must differ from the red and from the ground.
    edge, ring = ("#ff9a90", "#ffffff") if is_dark(palette) else ("#c62020", "#000000")
    return f"""
    QMainWindow#window {{ background: {raised}; }}
    QWidget#upperEdge {{ background: {base.name()}; }}
    QStatusBar {{ background: {raised}; }} QStatusBar::item {{ border: none; }}
    QDockWidget::title {{ background: {raised}; padding: 5px 8px; }}
    {_frame(raised, held, line)}
    QFrame#header {{ background: {base.name()}; border: none; border-bottom: 1px solid {line}; }}
    {_labels(faint, error)}
    QFrame#line {{ background: {line}; border: none; max-height: 1px; min-height: 1px; }}
    QPushButton {{ padding: 5px 12px; border: 1px solid {line}; border-radius: 5px; background: {base.name()}; }}
    QPushButton[fit="tight"] {{ padding: 4px 8px; }}
    QPushButton:hover {{ border-color: {faint}; }}
    QPushButton:pressed {{ background: {held}; }}
    QPushButton:disabled {{ color: {faint}; background: {raised}; }}
    QPushButton:focus {{ border-color: {accent}; }}
    QPushButton[role="primary"] {{ background: {accent}; color: white; border-color: {accent}; font-weight: 600; }}
    QPushButton[role="primary"]:focus {{ border-color: {ring}; }}
    QPushButton[role="primary"]:pressed {{ background: {pressed}; }}
    QPushButton[role="primary"]:disabled {{ background: {raised}; color: {faint}; border-color: {line}; }}
    QPushButton[role="stop"] {{ background: #c62020; color: white; border: 2px solid {edge}; font-weight: 700; }}
    QPushButton[role="stop"]:hover {{ background: #b01818; }}
    QPushButton[role="stop"]:pressed {{ background: #8f1010; }}
    QPushButton[role="stop"]:focus {{ border-color: {ring}; }}
    {_keys_on_buttons(faint)}
    QPushButton[role="flat"] {{ border-color: transparent; padding: 2px 8px; color: {faint}; font-size: 14pt; }}
    QPushButton::menu-indicator {{ subcontrol-position: center; left: 9px; }}
    QPushButton[role="flat"]::menu-indicator {{ image: none; width: 0; }}
    QCheckBox::indicator {{ width: 13px; height: 13px; border: 1px solid {faint}; border-radius: 3px; }}
    QCheckBox::indicator:checked {{ background: {accent}; border-color: {accent}; }}
    QCheckBox::indicator:disabled {{ border-color: {line}; }}
    {_badge(line, faint, edge, dark=is_dark(palette))}{_editor(line, base.name(), accent, error)}
    QListWidget {{ border: 1px solid {line}; border-radius: 5px; background: {base.name()}; outline: none; }}
    QListWidget::item {{ padding: 5px 8px; }}
    QListWidget::item:selected {{ background: {accent}; color: white; }}
    {_fields(line, base.name(), faint, raised, accent, dark=is_dark(palette))}
    {_lists(line, base.name(), accent)}
    QTabWidget::pane {{ border: none; }}
    QTabBar::tab {{ padding: 8px 10px; border: none; border-bottom: 2px solid transparent; color: {faint}; }}
    QTabBar::tab:selected {{ color: {text.name()}; border-bottom: 2px solid {accent}; font-weight: 600; }}
    QTabWidget#fitTabs QTabBar::tab {{ padding: 6px 8px; }}
    QTableWidget {{ border: none; background: {base.name()}; gridline-color: {line}; }}
    QHeaderView::section {{ background: {base.name()}; color: {faint}; border: none; padding: 3px 6px;
        border-bottom: 1px solid {line}; }}
    QProgressBar {{ border: none; background: {raised}; max-height: 3px; min-height: 3px; }}
    QProgressBar::chunk {{ background: {accent}; }}
    QFrame#messages {{ background: {error_ground}; border: none; border-top: 1px solid {error}; }}
    QFrame#messages QLabel {{ color: {error}; }}
    {_verdicts(palette, line, error, error_ground)}{_BANNER}{_scroll_bars(faint)}
    """
