"""Do the notebooks of the gallery run from the first cell to the last, in an empty folder?"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

import pytest

from tests.docs.snippets import PROJECT
from tests.patience import patience

NOTEBOOKS = sorted((PROJECT / "examples" / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("ipykernel", "matplotlib", "pandas", "xarray"):
        pytest.importorskip(library, reason=f"needs {library}: --group neighbours")
    monkeypatch.setenv("IONECHO_CONFIG", str(tmp_path))
    monkeypatch.setenv("IONECHO_CATALOGUE", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of event loops and of the debugger: not ours
        nbclient = pytest.importorskip("nbclient", reason="needs nbclient: --group neighbours")
        nbformat = pytest.importorskip("nbformat")
        document = nbformat.read(notebook, as_version=4)
        nbformat.validate(document)
        client = nbclient.NotebookClient(
            document,
            timeout=round(patience(60)),
            kernel_name="python3",
            resources={"metadata": {"path": str(tmp_path)}},
        )
        client.execute()


def test_notebooks_are_kept_without_outputs() -> None:
    assert len(NOTEBOOKS) >= 3
    for notebook in NOTEBOOKS:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells), notebook.name
