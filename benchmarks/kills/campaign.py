"""Campaign of kills: whichever process of a run dies or freezes, in every phase, on every instrument. (`just kills`)

300 cases unless told otherwise. Each starts an ordinary run on a simulated instrument, waits for one of its phases,
kills or freezes some of its processes (frozen ones wake up some seconds later), and watches the true state of the
output inside the simulator every 2 ms. What must not happen is in `benchmarks.kills.verdict`. Equal seeds give equal
cases; `--only` plays some of them again. Each case is written to a file as it ends, and a campaign that was broken off
goes on with `--resume`. The exit status is 1 if anything happened that must not.

The cases mostly wait, so some are played side by side; only one of them may start processes at a time, which keeps a
core free for the seconds that others measure.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.kills.cases import TELLING, USUAL_COUNT, Case, cases_of
from benchmarks.kills.observation import Observation
from benchmarks.kills.play import Player
from benchmarks.kills.report import Result, ResultFile, summary, table

if TYPE_CHECKING:
    from multiprocessing.synchronize import Lock

# Seed of the campaign whose figures are published.
_SEED = 12
# Cases side by side: they wait most of their time. More would make the machine the subject of the campaign.
_SIDE_BY_SIDE = 4


class _Worker:
    """What a process that plays cases was told when it began."""

    starting: Lock
    patience: float
    folder: Path


def _begin(starting: Lock, patience: float, folder: Path) -> None:
    _Worker.starting, _Worker.patience, _Worker.folder = starting, patience, folder


def _played(case: Case) -> Result:
    """Play a case, and once more if its phase did not come: a run may fail on a busy machine before it is hit."""
    result = _played_once(case)
    return _played_once(case) if result.seen.problem else result


def _played_once(case: Case) -> Result:
    """Play a case in a folder of its own, which is kept if something happened that must not."""
    folder = Path(tempfile.mkdtemp(prefix=f"{case.number:03d}-", dir=_Worker.folder))
    try:
        seen = Player(case, folder, _Worker.patience, _Worker.starting).play()
    except Exception as error:  # noqa: BLE001 - a defect of the campaign must not hide what the other cases show
        seen = Observation(problem=f"{type(error).__name__}: {error}")
    result = Result.of(case, seen, _Worker.patience)
    if not result.violations:
        shutil.rmtree(folder, ignore_errors=True)
    return result


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=USUAL_COUNT, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=_SEED, help="equal seeds give equal cases (default %(default)s)")
    parser.add_argument("--only", action="append", default=[], help="number, or part of the description; all must fit")
    parser.add_argument("--telling", action="store_true", help="the twelve cases of the suite")
    parser.add_argument("--list", action="store_true", help="print the cases and play none")
    parser.add_argument("--judge", action="store_true", help="play none, and judge the result file anew")
    parser.add_argument("--resume", action="store_true", help="leave out what the result file has already")
    parser.add_argument("--side-by-side", type=int, default=_SIDE_BY_SIDE, help="cases at a time (default %(default)s)")
    parser.add_argument("--patience", type=float, default=1.0, help="factor of all limits of time, on a busy machine")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"), help="for results and for what failed")
    return parser.parse_args()


def _chosen(given: argparse.Namespace) -> list[Case]:
    cases = list(TELLING) if given.telling else cases_of(given.seed, given.cases)
    numbers = {int(word) for word in given.only if word.isdecimal()}
    words = [word for word in given.only if not word.isdecimal()]
    return [
        case
        for case in cases
        if (not numbers or case.number in numbers) and all(case.is_meant_by(word) for word in words)
    ]


def campaign(cases: list[Case], given: argparse.Namespace, results: ResultFile, folder: Path) -> None:
    """Play cases side by side, print each, and write it down."""
    context = multiprocessing.get_context("spawn")
    begun_s = time.monotonic()
    with context.Pool(given.side_by_side, _begin, (context.Lock(), given.patience, folder)) as pool:
        for done, result in enumerate(pool.imap_unordered(_played, cases), 1):
            results.add(result)
            off = "-" if result.measured_s is None else f"{result.measured_s:.2f} s"
            print(f"{done:3}/{len(cases)} {time.monotonic() - begun_s:5.0f} s  {result.case}: off {off}", flush=True)
            for violation in result.violations:
                print(f"        {violation}", flush=True)


def _judged(known: dict[int, dict[str, Any]], chosen: set[int], given: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the chosen cases of a result file; with `--judge` by today's verdict, and what it finds printed."""
    documents = [one for number, one in known.items() if number in chosen]
    if given.judge:
        results = [Result.from_document(one, given.patience) for one in documents]
        documents = [result.to_document(given.seed) for result in results]
        for result in results:
            for violation in result.violations:
                print(f"{result.case}\n        {violation}")
    return documents


def main() -> int:
    """Play the campaign; the exit status says whether something happened that must not."""
    given = _arguments()
    cases = _chosen(given)
    if given.list:
        print("\n".join(map(str, cases)))
        return 0
    folder: Path = given.folder.resolve() / "kills"
    folder.mkdir(parents=True, exist_ok=True)
    results = ResultFile(folder / "cases.jsonl", given.seed)
    if not given.judge:
        known = results.documents() if given.resume else {}
        campaign([case for case in cases if case.number not in known], given, results, folder)
    chosen = {case.number for case in cases}
    found = summary(_judged(results.documents(), chosen, given))
    (folder / "kills.json").write_text(json.dumps({"seed": given.seed, **found}, indent=1))
    print(table(found))
    return int(bool(found["violated"]))
