"""Pins of the tested versions, written into constraints.txt and pyproject.toml (`just pins`)."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

PROJECT = Path(__file__).parent.parent
_BLOCK = re.compile(r"constraint-dependencies = \[\n.*?\]\n", re.DOTALL)


def tested_versions() -> list[str]:
    """Return ``name==version`` of every installed distribution but ours."""
    found = {re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower(): one.version for one in distributions()}
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in {"ionecho", "pip", "uv"}]


def main() -> None:
    """Write both files."""
    pins = tested_versions()
    (PROJECT / "constraints.txt").write_text(
        "# What was tested; written by `just pins`. For pip: pip install -c constraints.txt .\n"
        + "\n".join(pins)
        + "\n"
    )
    pyproject = PROJECT / "pyproject.toml"
    block = "constraint-dependencies = [\n" + "".join(f'    "{pin}",\n' for pin in pins) + "]\n"
    pyproject.write_text(_BLOCK.sub(lambda _: block, pyproject.read_text()))


if __name__ == "__main__":
    main()
