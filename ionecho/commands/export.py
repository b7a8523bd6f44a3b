"""Command `export`: runs into files of other programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from daq import open_run, read_process
from daq.export.export import Exported, Format, check_export, export_run, file_in, format_by_name, stem_of
from daq.files.durable import write_atomically
from fitting.archive.records import runs_of
from ionecho.commands.output import console, error_console, print_json
from ionecho.commands.refusals import FAILED, UsageError, error_document
from protocols import IonechoError

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Run

_NAMES = ", ".join(Format)


@dataclass(frozen=True)
class ExportRequest:
    """Arguments and options of ``ionecho export``.

    Attributes
    ----------
    runs : list of Path
        Files, folders, patterns.
    output : Path
        A file; of several runs a folder.
    format_name : str
        Empty for what the name of the file calls for.
    results : bool
        Whether kept fits and reductions are exported too.
    replace : bool
        Whether files that are there may be replaced.
    """

    runs: list[Path]
    output: Path
    format_name: str = ""
    results: bool = False
    replace: bool = False

    def targets(self) -> tuple[dict[Path, Path], Format]:
        """Return the file of each run, and what they are to be; the folder that they go into is made.

        Raises
        ------
        UsageError, InputError
            If that cannot be told, or two runs would have one file.
        """
        found = runs_of(self.runs)
        is_folder = len(found) > 1 or self.output.is_dir() or any(one.is_dir() for one in self.runs)
        wanted = self._format(is_folder=is_folder)
        if not is_folder:
            return {found[0]: self.output}, wanted
        if self.output.exists() and not self.output.is_dir():
            raise UsageError("several runs go into a folder, and this is a file", str(self.output))
        targets = {run: file_in(self.output, run, wanted) for run in found}
        first: dict[Path, Path] = {}
        for run, target in targets.items():
            if (other := first.setdefault(target, run)) != run:
                raise UsageError(f"{other} and {run} have one name: export them into folders of their own", str(target))
        self.output.mkdir(parents=True, exist_ok=True)
        return targets, wanted

    def _format(self, *, is_folder: bool) -> Format:
        by_name = format_by_name(self.output)
        if self.format_name:
            if self.format_name not in set(Format):
                raise UsageError(f"there is no format {self.format_name!r}: there are {_NAMES}", "--format")
            return Format(self.format_name)
        if by_name is None:
            raise UsageError(f"say what is to be written: {_NAMES}", "--format")
        if is_folder and not self.output.is_dir():
            raise UsageError("several runs go into a folder: name one, and say --format", "--output")
        return by_name


def export_runs(request: ExportRequest, *, as_json: bool) -> None:
    """Export runs one after the other, and print what was written; one that fails does not keep the others."""
    targets, wanted = request.targets()
    for target in targets.values():
        check_export(target, wanted, replace=request.replace)
    done: list[Exported] = []
    failed: list[tuple[Path, IonechoError]] = []
    for path, target in targets.items():
        try:
            run = open_run(path)
            done.append(export_run(run, target, wanted, replace=request.replace))
            if request.results:
                done[-1] = _with_results(run, done[-1], replace=request.replace)
        except IonechoError as error:
            if len(targets) == 1:
                raise
            failed.append((path, error))
    _print(done, failed, as_json=as_json)
    if failed:
        sys.exit(FAILED)


def _with_results(run: Run, exported: Exported, *, replace: bool) -> Exported:
    """Write kept fit and reduction beside the export of a run, where it has them."""
    name = stem_of(exported.file)
    written = list(exported.beside)
    if (kept := read_process(run, "fit")) is not None:
        from fitting.study import Study

        target = _free(exported.file.with_name(f"{name}.fit.json"), replace=replace)
        written.append(Study.from_document(kept.attributes, kept.arrays).result.save(target))
    if (reduction := read_process(run, "reduction")) is not None:
        target = _free(exported.file.with_name(f"{name}.reduction.npz"), replace=replace)
        arrays: dict[str, Any] = {**reduction.arrays, "attributes": np.array(json.dumps(reduction.attributes))}
        with write_atomically(target, new=not replace) as making, making.open("wb") as file:
            np.savez_compressed(file, **arrays)
        written.append(target)
    return dataclasses.replace(exported, beside=tuple(written))


def _free(target: Path, *, replace: bool) -> Path:
    if target.exists() and not replace:
        raise UsageError("this exists already, and stays as it is: --force replaces it", str(target))
    return target


def _print(done: list[Exported], failed: list[tuple[Path, IonechoError]], *, as_json: bool) -> None:
    if as_json:
        problems = [{"run": str(path), "error": error_document(error)} for path, error in failed]
        print_json({"exported": [_plain(one) for one in done], "failed": problems})
        return
    for one in done:
        beside = f" (and {', '.join(path.name for path in one.beside)})" if one.beside else ""
        console().print(f"{one.file}{beside}: {one.n_samples:,} samples", markup=False, soft_wrap=True)
        for remark in one.remarks:
            error_console().print(f"note: {one.run}: {remark}", markup=False, soft_wrap=True)
    for path, error in failed:
        error_console().print(f"{path} was not exported: {error}", markup=False, soft_wrap=True)


def _plain(one: Exported) -> dict[str, Any]:
    return {
        "run": str(one.run),
        "file": str(one.file),
        "samples": one.n_samples,
        "beside": list(map(str, one.beside)),
        "remarks": list(one.remarks),
    }
