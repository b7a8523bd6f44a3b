"""Arguments, options and help of `ionecho recover`; what it does is in `ionecho.commands.files`."""

from __future__ import annotations

from typing import Annotated

import typer

from ionecho.commands.statement_options import Json, RunFiles

SeenOff = Annotated[bool, typer.Option("--seen-off", help="You have looked at the instrument: its output is off.")]


def recover(runs: RunFiles, seen_off: SeenOff = False, as_json: Json = False) -> None:
    """Switch off what a crash left on, and close its run files.

    The output is switched off and read back, the blocks are checked, and the file is trimmed to what was measured.
    Exit status 4 if the output may still be on.
    """
    from ionecho.commands.files import recover_runs
    from ionecho.commands.refusals import check_files, reported

    with reported(as_json=as_json):
        check_files(runs)
        recover_runs(runs, seen_off=seen_off, as_json=as_json)
