"""Provenance of a fit: the code that made it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_SHOWN = 12
"""Digits of the code's digest that are kept: 48 bits tell all versions of a program apart. Doubled, rows are longer."""


@cache
def code_versions() -> dict[str, str]:
    """Return the versions of what fits: ``ionecho``, ``numpy``, and ``code``, a digest of the code of `fitting` itself.

    Two states of a checkout have one version and different code.
    """
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return {"ionecho": _version("ionecho"), "code": digest.hexdigest()[:_SHOWN], "numpy": _version("numpy")}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from a folder that was never installed
        return ""
