"""What stands in the tests for the addresses and the files that the documentation names.

Everything that a snippet meets in place of what it says is in the tables here: simulated instruments for addresses,
simulated records for files.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from daq import import_record, read_text
from fitting import CellModel
from fitting.archive.dispatch import Workers
from fitting.transforms.laplace import step_response
from protocols import PulseSequence, Sample
from tests.docs.program_texts import FILES as OF_PROGRAMS
from tests.docs.snippets import PROJECT
from tests.fitting.archive.runs import write_run, write_samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Addresses of a Keithley 2461: a simulated one answers for all of them.
METER_ADDRESSES = ("TCPIP::127.0.0.1::5025::SOCKET", "TCPIP::192.168.0.10::5025::SOCKET")
# A simulated instrument takes a free port, and its clock runs fast.
SIMULATED_WITH = {"--port": "0", "--speed": "5"}

# Commands of ionecho that are parsed by the command line, but not carried out.
ONLY_PARSED = {
    "demo": "a run and a fit like those of other pages; tests/whole/test_commands.py runs it",
    "gui": "opens a window; tests/gui drives it",
    "discover": "without an address it would ask every instrument on the network",
}


def in_this_process(_count: int) -> Workers[Any, Any]:
    """Return a thread as the worker of a refit: processes would load all of the project for each page that refits.

    Refits by processes are tried in tests/ionecho/test_refit.py and tests/fitting/archive.
    """
    return Workers(lambda _: ThreadPoolExecutor(1), 1)


# What other programs are mentioned. Those with a rule in `test_snippets` are held to it, the others are not ours.
OTHER_PROGRAMS = (
    "apt-get",
    "git",
    "just",
    "pip",
    "pipx",
    "pre-commit",
    "pytest",
    "python",
    "python3",
    "uv",
    "xvfb-run",
)

# Cells whose runs the pages fit: the pages' circuits, so that the fits describe them.
MIGRATION = ("R0-Mig1-CPE1", (200.0, 2e-4, 1.7, 2.0, 5e-3, 8e-5, 0.87))
COLE_COLE = ("R0-Cc1-CPE1", (100.0, 2e-4, 0.3, 5e-3, 0.8, 5e-6, 0.9))
# As slow as a record with 10 ms between samples shows it: a fit of what no sample sees takes twice as long.
SLOW_COLE_COLE = ("R0-Cc1-CPE1", (100.0, 2e-4, 0.3, 0.2, 0.8, 5e-4, 0.9))
_NOISE_SHARE = 1e-4


def _current(circuit: str, values: tuple[float, ...], t_s: Floats, edges: dict[float, float]) -> Floats:
    """Return the current of a cell: its step responses, superposed over the edges (s to V)."""
    model = CellModel(circuit)
    theta = np.array(values)
    current = np.zeros(len(t_s))
    for edge_s, jump_V in edges.items():
        late = t_s > edge_s
        current[late] += jump_V * step_response(lambda s: model.admittance(s, theta), t_s[late] - edge_s)
    size = _NOISE_SHARE * float(np.abs(current).max())
    return current + size * np.random.default_rng(1).standard_normal(len(t_s))


def _voltage(t_s: Floats, edges: dict[float, float]) -> Floats:
    volts = np.zeros(len(t_s))
    for edge_s, jump_V in edges.items():
        volts[t_s > edge_s] += jump_V
    return volts


def _times(interval_s: float, n: int) -> Floats:
    return np.asarray(interval_s * np.arange(1, n + 1), dtype=np.float64)


def write_text(path: Path, columns: dict[str, Floats], separator: str = ",") -> None:
    """Write a delimited text with headings."""
    table = np.column_stack(list(columns.values()))
    np.savetxt(path, table, delimiter=separator, header=separator.join(columns), comments="")


def pulse_run(path: Path, circuit: str = MIGRATION[0], values: tuple[float, ...] = MIGRATION[1]) -> None:
    """Write a run file as ionecho measures it: a commanded pulse of 20 mV and 0.3 s into a cell."""
    t = _times(1e-4, 8000)
    drive = PulseSequence.pulse(0.02, 0.3, before=0.05005, after=0.44995)
    current = _current(circuit, values, t, dict(zip(*drive.jumps(), strict=True)))
    write_samples(path, t, current, drive, Sample(), run_id=path.stem)


def hold(path: Path) -> None:
    """Write a run file that begins with its step: 20 mV, half an interval before the first sample."""
    t = _times(1e-4, 4000)
    text = path.with_suffix(".made.txt")
    current = _current("R0-De1-CPE1", (1000.0, 2e-5, 0.3, 5e-3, 2e-6, 0.9), t, {0.5e-4: 0.02})
    write_text(text, {"time/s": t, "voltage/V": np.full(len(t), 0.02), "current/A": current})
    import_record(read_text(text), text, path)


def hum(path: Path) -> None:
    """Write a run file of a Cole-Cole cell with a sine of 50 Hz under its current."""
    t = _times(1e-4, 8000)
    edges = {0.05005: 0.02, 0.35005: -0.02}
    text = path.with_suffix(".made.txt")
    current = _current(*COLE_COLE, t, edges)
    current += 3e-3 * float(np.abs(current).max()) * np.sin(2.0 * np.pi * 50.0 * t)
    write_text(text, {"time/s": t, "voltage/V": _voltage(t, edges), "current/A": current})
    import_record(read_text(text), text, path)


def late(path: Path) -> None:
    """Write a run file whose current is 3.3 samples later than its voltage."""
    t = _times(1e-4, 4000)
    edges = {0.05005: 0.02, 0.15005: -0.02}
    text = path.with_suffix(".made.txt")
    current = _current("R0-De1-CPE1", (1000.0, 2e-5, 0.3, 5e-3, 2e-6, 0.9), t - 3.3e-4, edges)
    write_text(text, {"time/s": t, "voltage/V": _voltage(t, edges), "current/A": current})
    import_record(read_text(text), text, path)


def debye_run(temperature_K: float) -> Callable[[Path], None]:
    """Return a maker of runs of a bulk whose conductance and relaxation time are activated with 0.35 eV."""
    faster = np.exp(-0.35 / 8.617333e-5 * (1.0 / temperature_K - 1.0 / 280.0))
    return lambda path: pulse_run(path, "R0-De1-C1", (1000.0, 2e-5 * faster, 0.3, 5e-3 / faster, 5e-6))


def migration_run(temperature_K: float) -> Callable[[Path], None]:
    """Return a maker of runs of a MIGRATION bulk whose conductance and rate are activated with 0.3 eV."""
    faster = np.exp(-0.3 / 8.617333e-5 * (1.0 / temperature_K - 1.0 / 280.0))
    _, (R0, G, B, K, tau, Q, n) = MIGRATION
    return lambda path: pulse_run(path, MIGRATION[0], (R0, G * faster, B, K, tau / faster, Q, n))


def pellets(path: Path) -> None:
    """Make a folder with runs of a Debye conductor and a capacitor, whose drive was commanded."""
    for k, name in enumerate(("270K", "290K")):
        write_run(path / f"{name}.nxs", run_id=name, tau_s=0.03 - 0.01 * k, seed=k)


def electrolytes(path: Path) -> None:
    """Make a folder with runs of two samples at three temperatures, Debye conductors of 0.2 and 0.3 eV."""
    for k, (name, energy_eV) in enumerate((("film", 0.2), ("pellet", 0.3))):
        for kelvin in (280.0, 290.0, 300.0):
            tau_s = 0.01 * (1 + k) * np.exp(energy_eV / 8.617333e-5 * (1.0 / kelvin - 1.0 / 290.0))
            run, sample = f"{name}-{kelvin:g}K", Sample(name, 1e-3, 5e-5, temperature_K=kelvin)
            write_run(path / f"{run}.nxs", run_id=run, tau_s=float(tau_s), sample=sample, seed=int(kelvin) + k)


def titration(path: Path) -> None:
    """Write a record as a titration has it: 6,150 samples 0.2 s apart, voltage steps of 20 mV."""
    t = _times(0.2, 6150)
    edges = {60.1 + 300.0 * k: 0.02 for k in range(4)}
    current = _current("R0-p(R1,CPE1)-CPE2", (0.07, 0.01, 200.0, 0.7, 5000.0, 0.9), t, edges)
    write_text(path, {"Time [s]": t, "Voltage [V]": 3.9 + _voltage(t, edges), "Current [A]": current}, ";\t")


def other_text(path: Path) -> None:
    """Write a text with columns before, between and behind those that matter."""
    t = _times(1e-3, 2000)
    edges = {0.2005: 0.02, 1.0005: -0.02}
    columns = {"cycle": np.ones(len(t)), "elapsed": t, "potential": _voltage(t, edges), "range": np.zeros(len(t))}
    write_text(path, {**columns, "i": 1e3 * _current(*MIGRATION, t, edges)})


def current_alone(path: Path) -> None:
    """Write a text of time and current, of a pulse of 20 mV from 0.2 s to 1 s."""
    t = _times(1e-3, 2000)
    write_text(path, {"time/s": t, "I/mA": 1e3 * _current(*MIGRATION, t, {0.2: 0.02, 1.0: -0.02})})


def galvanostatic(path: Path, first: int = 0) -> None:
    """Write a text of four pulses of a current, each with a rest at open circuit, and of the voltage of a cell."""
    t = _times(1e-2, 4000)
    edges = {2.005 + 5.0 * k: 1e-6 * (1 - 2 * (k % 2)) for k in range(8)}
    model, theta = CellModel(SLOW_COLE_COLE[0]), np.array(SLOW_COLE_COLE[1])
    volts = np.zeros(len(t))
    for edge_s, jump_A in edges.items():
        late = t > edge_s
        volts[late] += jump_A * step_response(lambda s: 1.0 / model.admittance(s, theta), t[late] - edge_s)
    volts += 3.7 + _NOISE_SHARE * float(np.abs(volts).max()) * np.random.default_rng(1).standard_normal(len(t))
    columns = {"time/s": t, "Ewe/V": volts, "I/mA": 1e3 * _voltage(t, edges)}
    write_text(path, {name: column[first:] for name, column in columns.items()})


def galvanostatic_run(first: int = 0) -> Callable[[Path], None]:
    """Return a maker of run files of it, from some sample on."""

    def make(path: Path) -> None:
        text = path.with_suffix(".made.txt")
        galvanostatic(text, first)
        import_record(read_text(text), text, path)

    return make


def impedance(path: Path, circuit: str = COLE_COLE[0], values: tuple[float, ...] = COLE_COLE[1]) -> None:
    """Write an impedance spectrum as EC-Lab does."""
    f = np.geomspace(1e5, 0.1, 61)
    Z = 1.0 / CellModel(circuit).admittance(np.asarray(2j * np.pi * f, dtype=np.complex128), np.array(values))
    rng = np.random.default_rng(2)
    Z *= 1.0 + 1e-3 * (rng.standard_normal(len(f)) + 1j * rng.standard_normal(len(f)))
    rows = [f"{a:.9e}\t{b.real:.9e}\t{-b.imag:.9e}" for a, b in zip(f, Z, strict=True)]
    head = ["EC-Lab ASCII FILE", "Nb header lines : 4", "", "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm"]
    path.write_text("\n".join([*head, *rows]) + "\n")


def pellet(path: Path) -> None:
    """Write the impedance of a pellet between blocking electrodes."""
    circuit = "p(Cc1,C1)-p(R3,CPE3)-CPE4"
    impedance(path, circuit, (7e-4, 0.3, 1e-4, 0.8, 1e-9, 500.0, 1e-6, 0.8, 1e-5, 0.9))


def study(path: Path) -> None:
    """Copy the campaign of the how-to."""
    path.write_bytes((PROJECT / "examples" / "campaigns" / "study.toml").read_bytes())


TWO_LEVELS = """
name = "Two levels"
[sequence]
kind = "pulse"
width = "100 ms"
before = "50 ms"
after = "150 ms"
[sampling]
interval = "100 us"
[limits]
voltage = "100 mV"
current = "100 uA"
[[sweep]]
field = "sequence.level"
values = ["10 mV", "20 mV"]
"""


def two_levels(path: Path) -> None:
    """Write a campaign of two points."""
    path.write_text(TWO_LEVELS, encoding="utf-8")


def example_protocol(path: Path) -> None:
    """One of the protocols in `examples`."""
    path.write_bytes((PROJECT / "examples" / "protocols" / path.name).read_bytes())


# Files that pages name, and who makes them. A page that makes one of them itself is left to do so.
FILES: dict[str, Callable[[Path], None]] = {
    **OF_PROGRAMS,
    "runs/20261123-101500-000-pump-probe-pair.nxs": pulse_run,
    "PITT.txt": titration,
    "study.toml": study,
    "other.csv": other_text,
    "current.csv": current_alone,
    "two-levels.toml": two_levels,
    "gitt.csv": galvanostatic,
    "cp.nxs": galvanostatic_run(200),
    "hold.nxs": hold,
    "hum.nxs": hum,
    "late.nxs": late,
    "monday.nxs": pulse_run,
    "tuesday.nxs": pulse_run,
    "thin.nxs": pulse_run,
    "thick.nxs": pulse_run,
    "pulses.nxs": lambda path: pulse_run(path, *COLE_COLE),
    "impedance.mpt": impedance,
    "260K.nxs": debye_run(260.0),
    "280K.nxs": debye_run(280.0),
    "300K.nxs": debye_run(300.0),
    "cold.nxs": migration_run(260.0),
    "cool.nxs": migration_run(280.0),
    "warm.nxs": migration_run(300.0),
    "pellets": pellets,
    "electrolytes": electrolytes,
    "peis_lpscl_blocking_minus25C.txt": pellet,
    "22_wagner_polarisation.toml": example_protocol,
    "04_start_phase.toml": example_protocol,
}
