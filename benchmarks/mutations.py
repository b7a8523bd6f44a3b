"""Campaign of damaged files: refused, reported, or read with the values that were written? (`just mutations`)

Each case damages a copy of a whole file at random and lets a child process read it, under limits of time and memory.
A case is good if the file is refused by an error of ours, if the damage is reported with the values, or if the values
are equal to those of the whole file. What must not happen: another value without a word, a traceback, a crash, a hang.

Subjects are listed in `SUBJECTS`. A subject is a function in a file of its own that returns a `Subject`; it is
imported only when it is wanted.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.campaigns.tally import Progress
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Where each subject is: a function without arguments that returns it.
SUBJECTS = {
    "run": "benchmarks.mutated_files:run_subject",
    "earlier": "benchmarks.mutated_files:earlier_subject",
    "results": "benchmarks.mutated_files:results_subject",
    "protocol": "benchmarks.mutated_texts:protocol_subject",
    "addresses": "benchmarks.mutated_texts:addresses_subject",
    "transcript": "benchmarks.mutated_texts:transcript_subject",
    "records": "benchmarks.mutated_records:records_subject",
    "spectra": "benchmarks.mutated_spectra:spectra_subject",
}
# Limits of a child. Reading takes 10 ms; a file that takes a thousand times that is a hang for whoever waits.
CPU_S, WALL_S = 10, 120.0
# Address space of a child (bytes): numpy and HDF5 map 1 GiB; more than as much again is a length that was believed.
ADDRESS_SPACE = 3 << 30
# Verdicts that must not be.
BAD = frozenset({"changed", "traceback", "crash", "hang", "memory"})
# Longest run of damaged bytes: a sector of a disk.
_LONGEST_RUN = 512


@dataclass(frozen=True)
class Reading:
    """What a subject's reader took from a file.

    Attributes
    ----------
    value : object
        Comparable with ``==``: numbers, text, tuples, bytes of arrays.
    notes : tuple of str
        What the reader reported of the file to a person.
    """

    value: Any
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A kind of file, and how it is read.

    Attributes
    ----------
    name : str
    make : callable
        Make whole files under a folder and return their paths. A file's folder is copied for each of its cases.
    read : callable
        Read a file as the program does; called in the child. Errors of ours are refusals.
    mutate : callable, optional
        Damage the content of a file; `mutated_bytes` by default.
    agrees : callable, optional
        Whether a reading says what is in the file: called with the value of the whole file, the value that was read,
        and the damaged content. By default the two values are equal. A text that people write has no checksum: there
        an independent reading of the damaged content is the truth.
    """

    name: str
    make: Callable[[Path], Sequence[Path]]
    read: Callable[[Path], Reading]
    mutate: Callable[[bytes, random.Random], tuple[bytes, str]] | None = None
    agrees: Callable[[Any, Any, bytes], bool] | None = None


@dataclass(frozen=True)
class Verdict:
    """How a case ended.

    Attributes
    ----------
    outcome : str
        ``refused``, ``reported``, ``equal``; bad ones: ``changed``, ``traceback``, ``crash``, ``hang``, ``memory``.
    message : str
    """

    outcome: str
    message: str = ""


def mutated_bytes(content: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Return a damaged copy of a file's content, and what was done: bits, runs of bytes, lengths, order."""
    kind = rng.choice(list(_KINDS))
    place = _place(content, rng)
    length = min(int(2.0 ** rng.uniform(0.0, 9.0)), _LONGEST_RUN, max(len(content) - place, 1))
    return _KINDS[kind](content, place, length, rng), f"{kind} {length} at {place}"


def _place(content: bytes, rng: random.Random) -> int:
    """Return where to damage: mostly where something stands, since much of a reserved file is zeros."""
    place = rng.randrange(len(content))
    for _ in range(0 if rng.random() < 0.2 else 50):
        if content[place]:
            break
        place = rng.randrange(len(content))
    return place


def _flip_bit(content: bytes, place: int, _length: int, rng: random.Random) -> bytes:
    return content[:place] + bytes([content[place] ^ (1 << rng.randrange(8))]) + content[place + 1 :]


def _flip_bits(content: bytes, _place: int, length: int, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(length):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _replace(content: bytes, place: int, run: bytes) -> bytes:
    return content[:place] + run + content[place + len(run) :]


def _copy_run(content: bytes, place: int, length: int, rng: random.Random) -> bytes:
    source = _place(content, rng)
    return _replace(content, place, content[source : source + min(length, len(content) - place)])


_KINDS: dict[str, Callable[[bytes, int, int, random.Random], bytes]] = {
    "flip a bit": _flip_bit,
    "flip bits anywhere": _flip_bits,
    "zero a run": lambda content, place, length, _: _replace(content, place, bytes(length)),
    "set a run": lambda content, place, length, _: _replace(content, place, b"\xff" * length),
    "randomise a run": lambda content, place, length, rng: _replace(content, place, rng.randbytes(length)),
    "copy a run": _copy_run,
    "delete a run": lambda content, place, length, _: content[:place] + content[place + length :],
    "insert a run": lambda content, place, length, rng: content[:place] + rng.randbytes(length) + content[place:],
    "double a run": lambda content, place, length, _: content[: place + length] + content[place:],
    "truncate": lambda content, place, _length, _rng: content[:place],
    "cut the end": lambda content, _place, length, _rng: content[:-length],
    "append": lambda content, _place, length, rng: content + rng.randbytes(length),
}


def subject_named(name: str) -> Subject:
    """Return a subject of `SUBJECTS`."""
    module, function = SUBJECTS[name].split(":")
    subject: Subject = getattr(import_module(module), function)()
    return subject


def in_child(work: Callable[[], Verdict]) -> Verdict:
    """Do something in a child process under limits and return its verdict, or what became of the child."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.close(reading)
            os.dup2(stderr.fileno(), 2)
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            try:
                os.write(writing, pickle.dumps(work()))
            finally:
                os.kill(os.getpid(), signal.SIGKILL)  # nothing of the parent's may run here
        os.close(writing)
        try:
            answer = _answer_of(child, reading)
        finally:
            os.close(reading)
        _, status = os.waitpid(child, 0)
        stderr.seek(0)
        last_words = stderr.read()[-300:].decode(errors="replace")
    if answer:
        verdict: Verdict = pickle.loads(answer)  # noqa: S301 - from our own child
        return verdict
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number in {signal.SIGXCPU, signal.SIGKILL}:
        return Verdict("hang", f"no answer after {CPU_S} s of processor time or {WALL_S:.0f} s")
    return Verdict("crash", f"{signal.Signals(number).name if number else 'no answer'}: {last_words}")


def _answer_of(child: int, reading: int) -> bytes:
    """Return what a child writes until it closes its pipe; nothing, and the child killed, if it takes too long."""
    deadline = time.monotonic() + WALL_S
    answer = b""
    while select.select([reading], [], [], max(deadline - time.monotonic(), 0.0))[0]:
        part = os.read(reading, 65536)
        if not part:
            return answer
        answer += part
    os.killpg(child, signal.SIGKILL)
    return b""


def judged(subject: Subject, path: Path, whole: Any, content: bytes) -> Verdict:
    """Read a damaged file and judge what came of it; for a child process."""
    try:
        reading = subject.read(path)
    except IonechoError as error:
        return Verdict("refused", str(error)[:300])
    except MemoryError as error:
        return Verdict("memory", str(error))
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return Verdict("traceback", f"{type(error).__name__}: {error}"[:300])
    agrees = subject.agrees or (lambda before, now, _: before == now)
    if agrees(whole, reading.value, content):
        return Verdict("equal")
    return Verdict("reported", "; ".join(reading.notes)[:300]) if reading.notes else Verdict("changed")


def campaign(name: str, count: int, seed: int, folder: Path) -> Counter[str]:
    """Play a number of cases of one subject; every bad one is kept under the folder.

    Returns
    -------
    Counter
        How many cases ended how.
    """
    subject = subject_named(name)
    counts: Counter[str] = Counter()
    progress = Progress(folder / f"mutations-{name}.json")
    bad: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        wholes = [(path, subject.read(path).value) for path in subject.make(Path(scratch) / "whole")]
        for number in range(count):
            rng = random.Random(f"{name} {seed} {number}")  # noqa: S311 - damage, not secrets
            path, whole = rng.choice(wholes)
            content, done = (subject.mutate or mutated_bytes)(path.read_bytes(), rng)
            case = Path(scratch) / "case"
            shutil.copytree(path.parent, case)
            damaged = case / path.name
            damaged.chmod(0o600)
            damaged.write_bytes(content)
            verdict = in_child(lambda: judged(subject, damaged, whole, content))  # noqa: B023 - called at once
            counts[verdict.outcome] += 1
            if verdict.outcome in BAD:
                bad.append({"case": number, "file": path.name, "done": done} | asdict(verdict))
                (folder / "mutated").mkdir(parents=True, exist_ok=True)
                shutil.copy(damaged, folder / "mutated" / f"{name}-{seed}-{number}-{path.name}")
            shutil.rmtree(case)
            progress.report(number + 1, count, {"counts": dict(counts), "bad": bad}, str(dict(counts)))
    return counts


def main() -> int:
    """Run the campaign; the exit status says whether something happened that must not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "subjects", nargs="*", help=f"of {', '.join(SUBJECTS)}, with another count as in run=60; all by default"
    )
    parser.add_argument("--count", type=int, default=5000, help="cases of each subject")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    counts = (subject.partition("=")[::2] for subject in given.subjects or SUBJECTS)
    found = {name: dict(campaign(name, int(count or given.count), given.seed, given.folder)) for name, count in counts}
    print(json.dumps(found, indent=1))
    return int(any(outcome in BAD for counts in found.values() for outcome in counts))


if __name__ == "__main__":
    sys.exit(main())
