"""A run that is kept with the tests, with the fit of it, put into a folder as if it had just been measured."""

from __future__ import annotations

import gzip
from pathlib import Path

FORM1 = Path(__file__).parents[1] / "fitting" / "results" / "form1"


def put_run(folder: Path, *, fitted: bool = True) -> Path:
    """Put a complete run of 2000 samples in 2 s, and on demand its fit, into a folder; return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    run = folder / "run.nxs"
    run.write_bytes(gzip.decompress((FORM1 / "run.nxs.gz").read_bytes()))
    if fitted:
        kept = gzip.decompress((FORM1 / "determined.results.nxs.gz").read_bytes())
        (folder / "run.results.nxs").write_bytes(kept)
    return run
