"""Kept fits made again: what comes out otherwise now, and by how much."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq import open_run
from fitting.archive.dispatch import spread
from fitting.archive.job import sample_of_row
from fitting.kept_reduction import digest_of
from fitting.kept_results import JOINT, SPECTRUM, kept_document, made_again
from fitting.results.estimate import Estimate
from fitting.results.provenance import code_versions
from fitting.results.remarks import RemarkKind
from fitting.study import analyse, has_kept_study, kept_study
from fitting.study_options import StudyOptions
from protocols import IonechoError, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from daq import Run
    from fitting.archive.dispatch import Workers
    from fitting.study import Study

ROUNDING = 1e-3
"""Share of half an interval by which figures may differ and are the same: compiled loops and their twins, and searches
that end a step apart, make 1e-6. Doubled, a twice as large change passes; nobody would act on either."""
_CONSTANT = 1e-9
"""Share of a figure below which an interval is rounding: noise of no record is as small. A tenth of it would do."""
_OF_PEAKS = (("relaxation_time_s", "s"), ("conductance_S", "S"), ("resistance_ohm", "ohm"))
"""Figures of a peak of a spectrum, with their units."""


@dataclass(frozen=True)
class Change:
    """A figure that came out otherwise.

    Attributes
    ----------
    name, unit : str
    before, now : float
    by : float
        How far value or an end of the interval moved, in halves of the interval that was kept.
    """

    name: str
    unit: str
    before: float
    now: float
    by: float


@dataclass(frozen=True)
class Verified:
    """A kept fit that was made again.

    Attributes
    ----------
    run : str
    circuit : str
        Empty if there is no fit.
    error : str
        Why it could not be made again; empty if it was.
    largest : float
        Largest change of all figures, in halves of the interval that was kept.
    changes : tuple of Change
        Those beyond rounding, the largest first.
    notes : tuple of str
        What else is not as it was: the run file, a verdict, a figure that is gone.
    code_before, code_now : str
        Digests of the code; empty if an earlier version kept the fit.
    """

    run: str
    circuit: str = ""
    error: str = ""
    largest: float = 0.0
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    code_before: str = ""
    code_now: str = ""

    @property
    def has_fit(self) -> bool:
        """Whether a fit is kept beside the run, as far as can be told."""
        return bool(self.circuit or self.error)

    @property
    def is_same(self) -> bool:
        """Whether it came out the same, to rounding."""
        return self.has_fit and not (self.error or self.changes or self.notes)

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "run": self.run,
            "circuit": self.circuit,
            "same": self.is_same,
            "error": self.error,
            "largest_change": self.largest,
            "changes": [vars(one) for one in self.changes],
            "notes": list(self.notes),
            "code_before": self.code_before,
            "code_now": self.code_now,
        }


def verify_runs(
    paths: Sequence[Path], workers: Workers[str, Verified], follow: Callable[[int], None] | None = None
) -> list[Verified]:
    """Make the fits again that are kept beside some runs, with the settings that they were made with.

    Parameters
    ----------
    paths : sequence of Path
    workers : Workers
    follow : callable, optional
        Is told how many are done.

    Returns
    -------
    list of Verified
        In the order of the paths. Nothing is written.
    """
    found: dict[str, Verified] = {}
    gone = "the process that fitted it ended before it was done"
    for one in spread(workers, verify_chunk, [str(path) for path in paths], lambda path: Verified(path, error=gone), 1):
        found[one.run] = one
        if follow is not None:
            follow(len(found))
    return [found[str(path)] for path in paths]


def verify_chunk(paths: Sequence[str]) -> list[Verified]:
    """Make some kept fits again; nothing that happens to one of them is raised."""
    return [_verified(path) for path in paths]


def _verified(path: str) -> Verified:
    try:
        run = open_run(Path(path))
        others = [one for name in (JOINT, SPECTRUM) if (one := _other(run, name)) is not None]
        found = _verified_study(run, path) if has_kept_study(run) else None
    except Exception as error:  # noqa: BLE001 - it is told, and the other runs go on
        text = str(error) if isinstance(error, IonechoError | OSError) else f"{type(error).__name__}: {error}"
        return Verified(path, error=text)
    every = ([] if found is None else [found]) + others
    if not every:
        return Verified(path)
    return Verified(
        path,
        ", ".join(one.circuit for one in every),
        "",
        max(one.largest for one in every),
        tuple(sorted((change for one in every for change in one.changes), key=lambda one: -one.by)),
        tuple(dict.fromkeys(note for one in every for note in one.notes)),
        every[0].code_before,
        every[0].code_now,
    )


def _other(run: Run, name: str) -> Verified | None:
    """Return the joint fit or the spectrum that is kept beside a run, made again; None if there is none."""
    document = kept_document(run, name)
    if document is None:
        return None
    known = document["provenance"]
    kept, now = (_figures(one, name) for one in (document, made_again(run, name, document)))
    moved = [_change(one, now[key]) for key, one in kept.items() if key in now]
    notes = [f"{key} is no longer reported" for key in kept if key not in now]
    files = (
        {"": known["raw_sha256"]} if name == SPECTRUM else {one["file"]: one["raw_sha256"] for one in known["files"]}
    )
    for file, digest in files.items():
        if digest and digest != digest_of(open_run(run.path.parent / file) if file else run):
            notes.append(f"{file or 'the run file'} is not the one that was fitted")
    if known.get("stated", run.statements.stated) != run.statements.stated:
        notes.append("other things are stated of the run now")
    return Verified(
        str(run.path),
        f"{name} {document.get('model', '')}".strip(),
        "",
        max((one.by for one in moved), default=0.0),
        tuple(one for one in moved if one.by > ROUNDING),
        tuple(notes),
        str(known["code"]),
        code_versions()["code"],
    )


def _figures(document: Mapping[str, Any], name: str) -> dict[str, Estimate]:
    """Return the figures of a joint fit with their intervals, those of a spectrum without."""
    if name == JOINT:
        found = [Estimate.from_document(key, one) for key, one in document["parameters"].items()]
        return {one.name: replace(one, name=f"joint: {one.name}") for one in found}
    units = (("static_conductance_S", "S"), ("instant_resistance_ohm", "ohm"), ("blocking_capacitance_F", "F"))
    values = [(key, document[key], unit) for key, unit in units if document.get(key) is not None]
    for k, peak in enumerate(document["peaks"], 1):
        values += [(f"peak {k} {key}", peak[key], unit) for key, unit in _OF_PEAKS if key in peak]
    return {key: Estimate(f"spectrum: {key}", unit, value, (None, None), True) for key, value, unit in values}


def _verified_study(run: Run, path: str) -> Verified:
    """Return the newest fit of one circuit that is kept beside a run, made again."""
    kept = kept_study(run)
    known = kept.provenance or {}
    sample = Sample(**known["sample"]) if "sample" in known else sample_of_row(run)
    options = StudyOptions.from_document(known["options"]) if "options" in known else _options_of(kept)
    now = analyse(run, kept.result.model, options, sample=sample, keep=False)
    digest = digest_of(run)
    notes = []
    if known and known["raw_sha256"] not in {"", digest}:
        notes.append("the run file is not the one that was fitted")
    if known and known["stated"] != run.statements.stated:
        notes.append("other things are stated of the run now")
    largest, changes, more = _compared(kept, now)
    return Verified(
        path,
        kept.result.model.circuit,
        "",
        largest,
        changes,
        (*notes, *more),
        str(known.get("code", "")),
        code_versions()["code"],
    )


def _options_of(kept: Study) -> StudyOptions:
    """Return the options of a fit that an earlier version kept, by what it says was fitted beside the cell."""
    terms = kept.result.terms
    return StudyOptions(
        drift=terms.drift,
        mains_Hz=terms.mains_Hz or None,
        edges=terms.edges,
        before=terms.before,
        robust=any(one.kind is RemarkKind.DOWNWEIGHTED for one in kept.result.remarks),
        delay_s=terms.delay_s,
        clock_ppm=terms.clock_ppm,
        aperture_s=terms.aperture_s,
        fitted=terms.fitted,
        edge_times_s=terms.edge_times_s,
        baseline=terms.baseline,
        control=terms.control,
    )


def _compared(kept: Study, now: Study) -> tuple[float, tuple[Change, ...], list[str]]:
    """Return the largest change of any figure, all beyond rounding, and what else is different."""
    before = {one.name: one for one in (*kept.result.estimates, *kept.result.times, *kept.result.memory)}
    after = {one.name: one for one in (*now.result.estimates, *now.result.times, *now.result.memory)}
    moved = [_change(one, after[name]) for name, one in before.items() if name in after]
    changes = tuple(sorted((one for one in moved if one.by > ROUNDING), key=lambda one: -one.by))
    notes = [f"{name} is no longer reported" for name in before if name not in after]
    for name, one in before.items():
        if name in after and one.determined != after[name].determined:
            was, now_is = ("was", "is not") if one.determined else ("was not", "is")
            notes.append(f"{name} {was} determined, and {now_is} now")
    verdicts = [None if one.attribution is None else str(one.attribution.verdict) for one in (kept, now)]
    if verdicts[0] is not None and verdicts[0] != verdicts[1]:
        notes.append(f"the memory was attributed to: {verdicts[0]}; now to: {verdicts[1]}")
    return max((one.by for one in moved), default=0.0), changes, notes


def _change(before: Estimate, now: Estimate) -> Change:
    ends = before.ci95
    half = abs(before.value)
    if ends[0] is not None and ends[1] is not None:
        half = 0.5 * (ends[1] - ends[0])
    # A figure that the circuit sets, as the spread of a single decay, has an interval of nothing but rounding.
    half = max(half, _CONSTANT * abs(before.value))
    pairs = [(before.value, now.value), *zip(ends, now.ci95, strict=True)]
    by = max(_moved(one, other, half) for one, other in pairs)
    return Change(before.name, before.unit, before.value, now.value, by)


def _moved(before: float | None, now: float | None, half: float) -> float:
    if before is None or now is None:
        return 0.0 if before is now else math.inf
    if math.isnan(before) or math.isnan(now):
        return 0.0 if math.isnan(before) and math.isnan(now) else math.inf
    off = abs(now - before)
    return off / half if half > 0.0 else (math.inf if off else 0.0)
