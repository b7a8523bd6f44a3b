"""Warnings about top-level packages of ionecho that another distribution has taken.

The product's packages have short names. Another distribution in the same environment, or a file in the folder where
Python was started, can have one of them, and then code of both is mixed in one process. Nothing is imported here: the
check costs about a millisecond at each start.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("daq", "drivers", "fitting", "gui", "protocols", "reports", "sim_instruments")
_ROOT = Path(__file__).resolve().parent.parent


def foreign_packages(root: Path = _ROOT) -> dict[str, Path]:
    """Return the packages that are not ionecho's own, with where they are.

    Parameters
    ----------
    root
        Folder that holds the package ``ionecho``, and should hold the others.
    """
    recorded = _recorded_digests(root)
    foreign = {}
    for name in PACKAGES:
        location = _location(name)
        if location is None:
            continue
        own = location.parent == root / name and _is_as_installed(location, recorded.get(f"{name}/__init__.py"))
        if not own:
            foreign[name] = location
    return foreign


def warn_of_foreign_packages() -> None:
    """Print one warning to standard error if a package is another distribution's."""
    foreign = foreign_packages()
    if not foreign:
        return
    places = "; ".join(f"{name} is {location}" for name, location in foreign.items())
    sys.stderr.write(
        f"warning: another distribution or file has the name of a package of ionecho: {places}. ionecho may fail, or "
        "measure something else than asked. Install it in an environment of its own: uv tool install, or pipx.\n"
    )


def _location(name: str) -> Path | None:
    """Return the file of the module that ``import name`` would take; None if there is none."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.origin is not None:
        return Path(spec.origin).resolve()
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0]).resolve() if folders else None


def _recorded_digests(root: Path) -> dict[str, str]:
    """Return the digests that the installer recorded of the packages' first files; none in an editable install."""
    wanted = {f"{name}/__init__.py" for name in PACKAGES}
    for record in root.glob("ionecho-*.dist-info/RECORD"):
        rows = (line.split(",") for line in record.read_text(encoding="utf-8", errors="replace").splitlines())
        return {row[0]: row[1].removeprefix("sha256=") for row in rows if row[0] in wanted and len(row) > 1}
    return {}


def _is_as_installed(path: Path, digest: str | None) -> bool:
    """Return whether a file has the digest that was recorded of it (two distributions can write one file)."""
    if not digest:
        return True
    import base64
    import hashlib

    found = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
    return found == digest
