"""State of the protocol editor, as far as it decides what may be pressed. Frozen, without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class EditorStage(Enum):
    """Stages of the document::

    EMPTY ──► READING ──► RIGHT
                ▲   └────► WRONG
                └── anything is typed
    """

    EMPTY = "nothing is open"
    READING = "the text is being read"
    RIGHT = "the text is a protocol or a campaign"
    WRONG = "the text has faults"


@dataclass(frozen=True)
class EditorState:
    """The document in the editor.

    Attributes
    ----------
    stage : EditorStage
    title : str
        Name of its file, or what it is called before it has one.
    path : Path or None
        Its file.
    is_modified : bool
        Whether it differs from that file.
    is_campaign : bool
        Whether it is the document of many runs.
    """

    stage: EditorStage = EditorStage.EMPTY
    title: str = ""
    path: Path | None = None
    is_modified: bool = False
    is_campaign: bool = False

    @property
    def is_open(self) -> bool:
        """Whether there is a document."""
        return self.stage is not EditorStage.EMPTY
