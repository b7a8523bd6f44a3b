"""Is the compiled loop ready? Compiles it once into the user's cache: ``python -m fitting.warm``."""

from __future__ import annotations

import subprocess
import sys


def warm() -> None:
    """Compile in a process of its own, so that no window stands still; at once when it is cached already."""
    subprocess.run([sys.executable, "-m", "fitting.warm"], check=True)


if __name__ == "__main__":
    import fitting._kernel
    import fitting._kernel_blocks  # noqa: F401 - importing them compiles them
