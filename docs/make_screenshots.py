"""Pictures of the window: the real window, driven on a simulated instrument (`window_tour.py`).

Without a screen, and with a catalogue, a queue and settings of their own::

    QT_QPA_PLATFORM=offscreen python -m docs.make_screenshots           # those of the documents, into docs/images
    QT_QPA_PLATFORM=offscreen python -m docs.make_screenshots /tmp/pictures 900x600 1920x1080

The second form takes every stop of the tour in light and dark, at each size; ``QT_SCALE_FACTOR=2`` for fine screens.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from docs.window_tour import Tour

IMAGES = Path(__file__).parent / "images"
SIZE = (1280, 760)
"""Of the pictures in the documents: a window that leaves room for a task bar on a small laptop."""
_N_COLOURS, _N_FREQUENT = 256, 160
"""Colours of a picture in the documents, as many as a byte tells apart; those of them that it has most of."""
_TURNS = 4
"""Turns of the event loop before a picture: a row that turns asks its dock for another height, and that the window."""
DOCUMENTED = {
    "start": ("light",),
    "run-in-progress": ("light",),
    "run-long-name": ("light",),
    "fit-curves": ("light", "dark"),
    "editor-fault": ("light",),
    "runs": ("light",),
    "queue": ("light",),
    "complex-plane": ("light",),
    "alarm": ("light",),
}
"""Stops of the tour whose pictures stand in the documents, each with its themes."""


def keep(image: QImage, path: Path) -> None:
    """Save a picture with 256 colours, others as the nearest of them: a third of the size.

    Most are those that it has most of; the last are as far from these as can be, so that a thin line keeps its colour.
    """
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(plain.constBits(), np.uint32).reshape(plain.height(), plain.width()) & 0xFFFFFF
    colours, places, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    parts = np.stack([colours >> 16, (colours >> 8) & 0xFF, colours & 0xFF], axis=1).astype(np.int32)
    kept = np.argsort(counts)[::-1][:_N_FREQUENT].tolist()
    distances = np.abs(parts[:, None, :] - parts[None, kept, :]).sum(axis=2)
    while distances.min(axis=1).any() and len(kept) < _N_COLOURS:
        kept.append(int((distances.min(axis=1) * np.sqrt(counts)).argmax()))
        added = np.abs(parts - parts[kept[-1]]).sum(axis=1)
        distances = np.column_stack([distances, added])
    nearest = distances.argmin(axis=1).astype(np.uint8)
    indices = np.ascontiguousarray(nearest[places.reshape(pixels.shape)])
    made = QImage(indices.tobytes(), plain.width(), plain.height(), plain.width(), QImage.Format.Format_Indexed8)
    made.setColorTable([0xFF000000 | int(colour) for colour in colours[kept]])
    made.save(str(path))


def file_of(stop: str, theme: str) -> str:
    """Return the name of a picture in the documents."""
    return f"window-{stop}{'-dark' if theme == 'dark' else ''}.png"


def take_pictures(runs: Path, into: Path | None, sizes: list[tuple[int, int]]) -> None:
    """Take the tour.

    Parameters
    ----------
    runs : Path
        Empty folder for runs.
    into : Path or None
        Gets every stop in both themes; None: the documents get theirs.
    sizes : list of tuple
        Of the window (pixels).
    """
    from docs.window_tour import Tour, pass_time
    from gui.app.start import application_of_window
    from gui.common.theme import Theme, set_theme

    application_of_window()
    set_theme(Theme.LIGHT)
    tour = Tour(runs)
    try:
        _take(tour, into, sizes)
    finally:  # a window that is destroyed without having been closed leaves threads and processes behind
        tour.window.close()
        pass_time(1.0)  # what it has started ends


def _take(tour: Tour, into: Path | None, sizes: list[tuple[int, int]]) -> None:
    from docs.window_tour import pass_time
    from gui.common.theme import Theme, set_theme

    for number, stop in enumerate(tour.stops()):
        restore = tour.long_name() if stop == "run-long-name" else None
        for theme in DOCUMENTED.get(stop, ()) if into is None else ("light", "dark"):
            set_theme(Theme(theme))
            for width, height in sizes:
                tour.window.resize(width, height)
                pass_time(0.25)
                for _ in range(_TURNS):
                    QApplication.processEvents()
                image = tour.window.grab().toImage()
                if into is None:
                    keep(image, IMAGES / file_of(stop, theme))
                else:
                    image.save(str(into / f"{number:02d}-{stop}-{theme}-{width}x{height}.png"))
        set_theme(Theme.LIGHT)
        if restore is not None:
            restore()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        own = {"IONECHO_CATALOGUE": "catalogue", "IONECHO_STATE": "state", "XDG_CONFIG_HOME": "settings"}
        os.environ.update({name: str(Path(place) / folder) for name, folder in own.items()})
        (Path(place) / "runs").mkdir()
        chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        if chosen is not None:
            chosen.mkdir(parents=True, exist_ok=True)
        take_pictures(
            Path(place) / "runs",
            chosen,
            [(int(one), int(other)) for one, other in (size.split("x") for size in sys.argv[2:])] or [SIZE],
        )
