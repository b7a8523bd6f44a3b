"""Pictures of the window: the real window, driven on a simulated instrument (`window_tour.py`).

Without a screen of its own, and with an own catalogue, queue and settings::

    QT_QPA_PLATFORM=offscreen python docs/make_screenshots.py           # those of the documents, into docs/images
    QT_QPA_PLATFORM=offscreen python docs/make_screenshots.py all /tmp/pictures 900x600 1920x1080

The second form takes every stop of the tour in light and dark, at each size; ``QT_SCALE_FACTOR=2`` for fine screens.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtGui import QImage

IMAGES = Path(__file__).parent / "images"
_N_COLOURS = 256
"""Of an indexed picture: a third of the size, and no difference that is seen in flat surfaces."""


def keep(image: QImage, path: Path) -> None:
    """Save a picture with indexed colours, which is a third as large."""
    indexed = image.convertToFormat(QImage.Format.Format_RGB32).convertToFormat(QImage.Format.Format_Indexed8)
    indexed.save(str(path), "PNG", 0)


def take_all(runs: Path, into: Path, sizes: list[tuple[int, int]]) -> None:
    """Take every stop of the tour in both themes and all sizes."""
    from docs.window_tour import Tour, pass_time
    from gui.app.start import application_of_window
    from gui.common.theme import Theme, set_theme

    application_of_window()
    set_theme(Theme.LIGHT)
    tour = Tour(runs)
    for number, name in enumerate(tour.stops()):
        back = tour.long_name() if name == "run-long-name" else None
        for theme in (Theme.LIGHT, Theme.DARK):
            set_theme(theme)
            for width, height in sizes:
                tour.window.resize(width, height)
                pass_time(0.25)
                tour.window.grab().save(str(into / f"{number:02d}-{name}-{theme}-{width}x{height}.png"))
        set_theme(Theme.LIGHT)
        if back is not None:
            back()
        print(number, name, flush=True)
    tour.window.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        runs = Path(place) / "runs"
        runs.mkdir()
        os.environ["IONECHO_CATALOGUE"] = str(Path(place) / "catalogue")
        os.environ["IONECHO_STATE"] = str(Path(place) / "state")
        os.environ["XDG_CONFIG_HOME"] = str(Path(place) / "settings")
        os.environ["XDG_DATA_HOME"] = str(Path(place) / "data")
        sizes = [(int(w), int(h)) for w, h in (one.split("x") for one in sys.argv[3:])]
        Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
        take_all(runs, Path(sys.argv[2]), sizes or [(1280, 700)])
