"""Names of the files that belong to a run."""

from __future__ import annotations

from pathlib import Path

# What the name of a results file has in place of ".nxs".
_SUFFIX = ".results.nxs"


def results_path(run_path: str | Path) -> Path:
    """Return the results file of a run file: ``NAME.nxs`` has ``NAME.results.nxs``."""
    path = Path(run_path)
    return path.with_name(f"{path.stem}{_SUFFIX}")


def statements_path(run_path: str | Path) -> Path:
    """Return the statements of a run file: ``NAME.nxs`` has ``NAME.statements.toml``."""
    path = Path(run_path)
    return path.with_name(f"{path.stem}.statements.toml")


def is_results(path: Path) -> bool:
    """Return whether a path is that of a results file."""
    return path.name.endswith(_SUFFIX)


def run_of_results(path: Path) -> Path:
    """Return the run file that a results file belongs to."""
    return path.with_name(f"{path.name.removesuffix(_SUFFIX)}.nxs")


def extremes_path(run_path: str | Path) -> Path:
    """Return where the extremes of a run file are kept: ``NAME.nxs`` has ``NAME.extremes``."""
    path = Path(run_path)
    return path.with_name(f"{path.stem}.extremes")
