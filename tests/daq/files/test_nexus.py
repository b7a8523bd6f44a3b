"""A run file follows the application definition NXpulse_relaxation, which is sound and leaves nothing of it out."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from lxml import etree

from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.nexus_groups import DEFINITION, DEFINITION_VERSION
from daq.files.open_file import RunFileBytes
from daq.files.origin import Origin
from daq.files.readers.import_run import import_record
from daq.files.readers.reading import read_text
from daq.files.slow_channels import TEMPERATURE
from daq.state import RunState
from drivers import Identity, Keithley2450
from protocols import Limits, Protocol, PulseSequence, Sample, Sampling
from tests.daq.files.test_run_file import block

NXDL = Path(__file__).parents[3] / "docs" / "reference" / "nxdl" / f"{DEFINITION}.nxdl.xml"
NS = "{http://definition.nexusformat.org/nxdl/3.1}"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the validator's words for whoever runs a test that failed."""
    logger = logging.getLogger("NXValidate")
    level = logger.level
    yield
    logger.setLevel(level)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """A stopped run that has everything that a run file may have."""
    sample = Sample("LPSCl 3", 0.8e-3, 5e-5, "Au", 265.0, 1e-2, 30.0, 2e-6)
    sequence = PulseSequence.pulse(0.01, 0.5, before=0.1, after=0.4)
    protocol = Protocol(
        "pulse", sequence, Sampling(10e-3), Limits(voltage_V=0.1, current_A=1e-5), sample=sample, tags=("a", "ä")
    )
    header = Header.of(protocol, Keithley2450.plan(protocol), Identity("KEITHLEY", "2450", "1", "2"), "USB", "12")
    header = replace(
        header,
        origin=Origin("Ada", "memory", ("a", "ä"), "grid", 3),
        accuracy=Keithley2450.accuracy,
        slow=(TEMPERATURE,),
        n_samples=1000,
    )
    path = tmp_path / "measured.nxs"
    create_run_file(path, header)
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    file.write_samples(0, 0, [block(0, 300)])
    file.add_event("stopped", output="off", warnings=())
    file.close()
    finalize_run_file(path, RunState.STOPPED)
    return path


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """A record of another program: neither instrument nor accuracy nor drive is known."""
    text = tmp_path / "record.csv"
    text.write_text("t/s,U/V,I/A\n" + "".join(f"{k},0.1,{k}e-6\n" for k in range(5)))
    import_record(read_text(text), text, tmp_path / "imported.nxs")
    return tmp_path / "imported.nxs"


def verdict(path: Path) -> tuple[int, int]:
    """Return how many warnings and errors the validator of nexusformat has."""
    from nexusformat.nexus.validate import validate_application

    counts: tuple[int, int] = validate_application(str(path), application=str(NXDL))
    return counts


def test_the_definition_follows_the_schema_of_nexus() -> None:
    from nexusformat.nexus.validate import lint_nxdl

    assert lint_nxdl(NXDL) == []
    assert etree.parse(NXDL).getroot().get("name") == DEFINITION


@pytest.mark.parametrize(("right", "wrong"), [('type="NXlog"', 'kind="NXlog"'), ("<field name", "<feild name")])
def test_a_definition_that_does_not_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    changed = tmp_path / NXDL.name
    changed.write_text(NXDL.read_text(encoding="utf-8").replace(right, wrong, 1), encoding="utf-8")
    from nexusformat.nexus.validate import lint_nxdl

    assert lint_nxdl(changed)


@pytest.mark.parametrize("kind", ["measured", "imported"])
def test_run_files_satisfy_it(kind: str, request: pytest.FixtureRequest) -> None:
    assert verdict(request.getfixturevalue(kind)) == (0, 0)


@pytest.mark.parametrize("lost", ["data/current", "sample", "state", "plan/scalars"])
def test_a_file_without_what_it_requires_does_not(measured: Path, tmp_path: Path, lost: str) -> None:
    changed = copied(measured, tmp_path, lambda file: file.pop(f"entry/{lost}"))
    assert verdict(changed)[1] > 0


def test_a_file_with_another_state_or_without_a_unit_does_not(measured: Path, tmp_path: Path) -> None:
    def rename(file: h5py.File) -> None:
        file["entry/state"][()] = np.bytes_("finished")

    assert verdict(copied(measured, tmp_path, rename))[1] > 0
    assert verdict(copied(measured, tmp_path, lambda file: file["entry/data/time"].attrs.pop("units")))[0] > 0


def test_a_run_of_version_2_did_not_know_of_it(tmp_path: Path) -> None:
    path = tmp_path / "stopped.nxs"
    path.write_bytes(gzip.decompress((Path(__file__).parent / "version2" / "stopped.nxs.gz").read_bytes()))
    assert verdict(path)[1] > 0


def copied(path: Path, folder: Path, change: object) -> Path:
    """Return a copy of a run file whose HDF5 part was changed."""
    target = folder / "changed.nxs"
    target.write_bytes(path.read_bytes())
    with h5py.File(target, "r+") as file:
        change(file)  # type: ignore[operator]
    return target


def test_it_says_what_every_item_of_a_run_file_is(measured: Path) -> None:
    described = set(described_paths(etree.parse(NXDL).getroot().find(f"{NS}group"), ""))
    there: set[str] = set()
    with h5py.File(measured, "r") as file:
        file.visit(there.add)
        assert file["entry/definition"][()].decode() == DEFINITION
        assert file["entry/definition"].attrs["version"] == DEFINITION_VERSION
    others = {one for one in there if one.startswith("entry/program/")}
    assert there - others <= described
    # And this run has all that it names but what stands there instead of an accuracy.
    assert described - there == {"entry/accuracy/note"}


def described_paths(group: Any, under: str) -> Iterator[str]:
    """Yield the path of a group and of all groups and fields in it."""
    where = f"{under}{group.get('name')}"
    yield where
    for inner in group.findall(f"{NS}group"):
        yield from described_paths(inner, f"{where}/")
    for one in group.findall(f"{NS}field"):
        yield f"{where}/{one.get('name')}"


@pytest.mark.parametrize("kind", ["measured", "imported"])
def test_silx_finds_the_default_plot(kind: str, request: pytest.FixtureRequest) -> None:
    nxdata = pytest.importorskip("silx.io.nxdata", reason="silx is not there: `uv run --group viewers pytest`")
    import silx.io

    with silx.io.open(str(request.getfixturevalue(kind))) as file:
        plot = nxdata.get_default(file)
        assert plot.signal_dataset_name == "current"
        assert plot.axes_dataset_names == ["time"]
        assert plot.auxiliary_signals_dataset_names == ["voltage"]
        assert plot.is_curve
        assert np.all(np.diff(plot.axes[0][()]) > 0)
