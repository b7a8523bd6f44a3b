"""Rules of the protocol editor: what is allowed in a state, and why not. Pure functions, without Qt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gui.app.editor_state import EditorStage
from gui.app.rules import Permission
from gui.common.language import tr

if TYPE_CHECKING:
    from gui.app.editor_state import EditorState
    from gui.app.state import AppState


def editor_changed(state: AppState, editor: EditorState) -> AppState:
    """Record what is open in the editor, and whether it is right."""
    return state if state.editor == editor else replace(state, editor=editor)


def may_change(state: AppState) -> Permission:
    """Return whether there is a document to be saved, or to be gone through."""
    return Permission() if state.editor.is_open else Permission(tr("Nothing is open in the editor."))


def may_plan(state: AppState) -> Permission:
    """Return whether the document can be planned or queued."""
    return Permission(
        {
            EditorStage.EMPTY: tr("Nothing is open in the editor."),
            EditorStage.READING: tr("The text is still being read."),
            EditorStage.WRONG: tr("The text has faults: see the list above it."),
            EditorStage.RIGHT: "",
        }[state.editor.stage]
    )
