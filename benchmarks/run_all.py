"""All benchmarks: a table, benchmarks.json and docs/images/benchmarks.svg.

    python -m benchmarks.run_all [--peers /path/to/python]

Everything on one core. `--peers` names an interpreter that has lmfit and eisyfit-hybrid-drt (the group `bench`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser(description="Run every benchmark.")
    parser.add_argument("--peers", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--json", type=Path, default=HERE / "benchmarks.json", help="where figures go")
    options = parser.parse_args()
    os.environ.update(ONE_CORE | {"IONECHO_PEERS": options.peers})
    # Only now: the libraries read the number of threads when they are imported.
    from benchmarks import bench_drive, bench_fit_length, bench_peers

    found: dict[str, Any] = {"machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"}
    for bench in (bench_drive, bench_fit_length, bench_peers):
        figures = bench.figures()
        found[bench.__name__.rpartition(".")[2]] = figures
        print(bench.table(figures), flush=True)
    options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    bench_peers.plot(found["bench_peers"], HERE.parent / "docs" / "images" / "benchmarks.svg")


if __name__ == "__main__":
    main()
