"""Compilation of the loops into the user's cache, ahead of need: ``python -m fitting.transforms.warm``."""

from __future__ import annotations

import subprocess
import sys


def warm() -> None:
    """Compile in a process of its own, so that no window stands still; at once when it is cached already."""
    subprocess.run([sys.executable, "-m", "fitting.transforms.warm"], check=True)


if __name__ == "__main__":
    import fitting.transforms.block_loops
    import fitting.transforms.loops
    import fitting.transforms.mismatch_loop
    import fitting.transforms.step_loop  # noqa: F401 - importing them compiles them
