"""Campaign of disk faults, and of run files that are taken away in mid-run. (`just disk-faults`)

Each case plays a short run on a simulated instrument through the command line, and lets the disk fail at one place, or
takes the file away in one way. It is judged by what the instrument says of its output, by the exit status and the
message of the command, and by the samples: every one that the run's processes had acknowledged must be found again, in
the run file or in the file that the command names as rescued.

Faults of the disk are put between the processes and libc (`disk_faults.c`, Linux with a C compiler).
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.from_outside import asked
from daq import attach, open_run
from ionecho.demo.run_demo import simulated_instrument
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable

# Acknowledged samples before anything happens: some tenths of a second of the run.
_BEGIN_SAMPLES = 300
# Longest wait (s) for a command: a disk that never answers is given up after 60 s.
_COMMAND_S = 180.0
PROTOCOL = """name = "disk"
[sequence]
kind = "pulse"
level = "20 mV"
width = "{width} s"
before = "50 ms"
after = "100 ms"
[sampling]
interval = "1 ms"
[limits]
voltage = "100 mV"
current = "10 uA"
"""


@dataclass(frozen=True)
class Case:
    """One run with one fault.

    Attributes
    ----------
    name : str
    fault : str
        Of the disk, as `disk_faults.c` reads it; empty for none.
    begin : str
        When: ``start``, ``run`` (some samples are acknowledged), ``stop`` (and the run is stopped), ``results``
        (a fit of the finished run), ``recover`` (after a kill of both processes).
    take_away : callable, optional
        What happens to the file in mid-run.
    status : int
        Exit status of the command.
    message : str
        Regular expression that its output must hold.
    ends : bool
        Whether the fault is over after some seconds.
    """

    name: str
    fault: str = ""
    begin: str = "start"
    take_away: Callable[[Path], None] | None = None
    status: int = 1
    message: str = ""
    ends: bool = False


@dataclass
class Verdict:
    """How a case ended; `problems` is empty if it is good."""

    name: str
    status: int
    message: str
    acknowledged: int
    found: int
    seconds: float
    problems: list[str] = field(default_factory=list)


def _delete(path: Path) -> None:
    path.unlink()


def _rename(path: Path) -> None:
    path.rename(path.with_name("elsewhere.nxs"))


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("something else")
    other.replace(path)


def _truncate(path: Path) -> None:
    os.truncate(path, 0)


def _remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def _rename_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def _make_read_only(path: Path) -> None:
    path.chmod(0o444)


def _put_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere.nxs"))
    path.symlink_to(path.with_name("elsewhere.nxs"))


_NUMBERS = {name: getattr(errno, name) for name in ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES")}


def _making(name: str, call: str, error: str) -> Case:
    message = rf"could not be made: .*{re.escape(os.strerror(_NUMBERS[error]))}.*Nothing was measured"
    return Case(f"making: {name}", f"{call} {_NUMBERS[error]} .making", message=message)


def _writing(name: str, call: str, error: str) -> Case:
    return Case(
        f"writing: {name}", f"{call} {_NUMBERS[error]} r.nxs", "run", message=re.escape(os.strerror(_NUMBERS[error]))
    )


CASES = (
    _making("no room to reserve", "reserve", "ENOSPC"),
    _making("no room for the description", "write", "ENOSPC"),
    _making("the disk fails", "write", "EIO"),
    _making("the disk fails when synced", "sync", "EIO"),
    _making("read-only disk", "create", "EROFS"),
    _making("quota", "reserve", "EDQUOT"),
    _making("no permission", "create", "EACCES"),
    _making("no length", "size", "EIO"),
    _writing("the disk fails", "write", "EIO"),
    _writing("the disk fails when synced", "sync", "EIO"),
    _writing("no room", "write", "ENOSPC"),
    _writing("quota", "write", "EDQUOT"),
    _writing("read-only disk", "write", "EROFS"),
    Case("writing: slow, 300 ms a sync", "sync -300 r.nxs", "run", status=0),
    Case("writing: half of each write", "write 0 r.nxs", "run", status=0),
    Case("writing: stuck for some seconds", "write -1 r.nxs", "run", status=0, ends=True),
    Case("writing: stuck", "write -1 r.nxs", "run", message="the disk took nothing"),
    Case("trimming: no room", f"reserve {errno.ENOSPC} .making", "stop", status=3, message="No space left.*recover"),
    Case("trimming: the disk fails", f"write {errno.EIO} .making", "stop", status=3, message="Input/output.*recover"),
    Case("trimming: no rename", f"rename {errno.EIO} .making", "stop", status=3, message="Input/output.*recover"),
    Case("results: no room", f"write {errno.ENOSPC} .making", "results", message="No space left.*run itself"),
    Case("results: the disk fails", f"sync {errno.EIO} .making", "results", message="Input/output.*run itself"),
    Case("recover: no room", f"reserve {errno.ENOSPC} .making", "recover", message="No space left.*all its samples"),
    Case("recover: the disk fails", f"sync {errno.EIO} .making", "recover", message="Input/output.*all its samples"),
    Case("file: deleted", "", "run", _delete, message="was deleted"),
    Case("file: renamed", "", "run", _rename, message="was renamed to .*elsewhere.nxs"),
    Case("file: replaced", "", "run", _replace, message="was replaced by another file"),
    Case("file: truncated", "", "run", _truncate, message="was cut short"),
    Case("file: folder removed", "", "run", _remove_folder, message="was deleted with its folder"),
    Case("file: folder renamed", "", "run", _rename_folder, message="lost its folder, which was renamed"),
    Case("file: made read-only", "", "run", _make_read_only, status=0),
    Case("file: replaced by a link", "", "run", _put_link, message="was replaced by a symbolic link"),
)


class Bed:
    """A simulated instrument, and a folder for a case."""

    def __init__(self, resource: str, folder: Path, library: Path) -> None:
        self.resource = resource
        self.folder = folder
        self.fault_file = folder.parent / "fault"
        self.environment = {**os.environ, "LD_PRELOAD": str(library), "IONECHO_DISK_FAULT": str(self.fault_file)}
        self.path = folder / "r.nxs"

    def command(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a command of ionecho on the faulty disk."""
        return subprocess.Popen(
            [sys.executable, "-m", "ionecho", *map(str, arguments), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=self.environment,
        )

    def run(self, width_s: float) -> subprocess.Popen[str]:
        """Start the run."""
        protocol = self.folder.parent / "protocol.toml"
        protocol.write_text(PROTOCOL.format(width=width_s))
        return self.command("run", protocol, "-r", self.resource, "-o", self.path)

    def acknowledged(self, at_least: int, process: subprocess.Popen[str]) -> int:
        """Wait until so many samples are acknowledged, and return how many are."""
        n = 0
        while n < at_least and process.poll() is None:
            with suppress(IonechoError):
                n = attach(self.path).poll().n_samples
            time.sleep(0.02)
        return n

    def set_fault(self, fault: str) -> None:
        """Let the disk fail from now on."""
        if fault:
            whole = self.fault_file.with_suffix(".new")
            whole.write_text(fault)
            whole.replace(self.fault_file)

    def end_fault(self) -> None:
        """Let the disk work again."""
        self.fault_file.unlink(missing_ok=True)

    def output_is_off(self) -> bool:
        """Ask the instrument over a connection of our own."""
        return asked(self.resource, ":OUTP?") == "0"


def played(case: Case, bed: Bed) -> Verdict:
    """Play one case and judge it."""
    began = time.monotonic()
    if case.begin == "start":
        bed.set_fault(case.fault)
    process = bed.run(1.0 if case.begin in {"start", "results"} else 3.0)
    acknowledged = 0
    if case.begin in {"run", "stop"}:
        acknowledged = bed.acknowledged(_BEGIN_SAMPLES, process)
        bed.set_fault(case.fault)
        if case.take_away is not None:
            case.take_away(bed.path)
        if case.ends:
            time.sleep(2.0)
            bed.end_fault()
        if case.begin == "stop":
            attach(bed.path).stop()
    elif case.begin in {"results", "recover"}:
        acknowledged, process = _second_command(case, bed, process)
    output, errors = process.communicate(timeout=_COMMAND_S)
    bed.end_fault()
    document = _document(output)
    acknowledged = max(acknowledged, int(document.get("samples", 0)))
    verdict = Verdict(case.name, process.returncode, errors.strip()[-400:], acknowledged, 0, 0.0)
    verdict.problems = list(_problems(case, bed, document, errors, verdict))
    verdict.seconds = time.monotonic() - began
    return verdict


def _second_command(case: Case, bed: Bed, process: subprocess.Popen[str]) -> tuple[int, subprocess.Popen[str]]:
    """Let the run end, or die with its processes; then fit it, or recover it, on the faulty disk."""
    import psutil

    if case.begin == "recover":
        acknowledged = bed.acknowledged(_BEGIN_SAMPLES, process)
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.communicate(timeout=_COMMAND_S)
        bed.set_fault(case.fault)
        return acknowledged, bed.command("recover", bed.path)
    acknowledged = int(_document(process.communicate(timeout=_COMMAND_S)[0])["samples"])
    bed.set_fault(case.fault)
    return acknowledged, bed.command("fit", bed.path, "--model", "R0-C1")


def _document(output: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(output)
    except ValueError:
        return {}
    return document


def _problems(case: Case, bed: Bed, document: dict[str, Any], errors: str, verdict: Verdict) -> list[str]:
    problems = []
    if not bed.output_is_off():
        problems.append("the output is on")
    if verdict.status != case.status and not (case.begin == "recover" and verdict.status == 4):
        problems.append(f"exit status {verdict.status}, not {case.status}")
    if "Traceback" in errors:
        problems.append("a traceback")
    if case.message and not re.search(case.message, errors + json.dumps(document), re.DOTALL):
        problems.append(f"the message is not {case.message!r}")
    left = [str(one) for one in bed.folder.parent.rglob("*.making")]
    if left:
        problems.append(f"{left} is left")
    verdict.found = _samples_found(bed, document)
    if verdict.found < verdict.acknowledged:
        problems.append(f"{verdict.found} of {verdict.acknowledged} acknowledged samples were found again")
    return problems


def _samples_found(bed: Bed, document: dict[str, Any]) -> int:
    """Return how many intact samples are in the file that the command names."""
    try:
        run = open_run(document.get("rescued") or bed.path)
        run.require_intact()
    except IonechoError:
        return 0
    return run.n_samples


def library_in(folder: Path) -> Path:
    """Compile the faults and return the library."""
    library = folder / "disk_faults.so"
    source = Path(__file__).with_suffix(".c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def main() -> int:
    """Run the campaign; the exit status says whether something happened that must not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only cases whose name holds one of these")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    verdicts = []
    with tempfile.TemporaryDirectory() as scratch, simulated_instrument("keithley2461", 1, 1.0, "demo") as resource:
        library = library_in(Path(scratch))
        for case in CASES:
            if given.words and not any(word in case.name for word in given.words):
                continue
            with tempfile.TemporaryDirectory(dir=scratch) as place:
                folder = Path(place) / "runs"
                folder.mkdir()
                verdict = played(case, Bed(resource, folder, library))
            verdicts.append(asdict(verdict))
            told = "; ".join(verdict.problems) or "good"
            print(f"{case.name:36} {verdict.found:6} samples {verdict.seconds:6.1f} s  {told}", flush=True)
    (given.folder / "disk-faults.json").write_text(json.dumps(verdicts, indent=1))
    bad = [one["name"] for one in verdicts if one["problems"]]
    print(f"{len(verdicts)} cases, {len(bad)} bad")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
