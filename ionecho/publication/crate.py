"""Description of a publication by RO-Crate (https://w3id.org/ro/crate), with terms of EMMO.

Samples, instruments, measurements and files are entities that refer to each other; quantities are values of schema.org
with a unit, and at the same time quantities of EMMO.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from daq import read_process
from daq.files.extras import library
from ionecho.publication.terms import OF_RECORD, OF_SAMPLE, TERMS, UNITS, Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from daq import Run
    from ionecho.publication.about import About
    from ionecho.publication.contents import PublishedRun
    from protocols import Sample

_RESULTS = "what ionecho derived from the run: its reduction, of which it is fitted, and its fit where one was kept"
_STATEMENTS = "what was stated of the run after it was measured"
_NEXUS = "https://www.nexusformat.org/"
_HDF5 = ["application/x-hdf5", {"@id": "https://www.nationalarchives.gov.uk/PRONOM/fmt/807"}]


def require_crates() -> None:
    """Raise `RunFileError` if the library is not installed that writes research objects."""
    library("rocrate", "publish")


def describe(folder: Path, about: About, runs: Sequence[PublishedRun], documents: Sequence[str]) -> None:
    """Write ``ro-crate-metadata.json`` into a folder that has all files already.

    Parameters
    ----------
    folder : Path
    about : About
    runs : sequence of PublishedRun
    documents : sequence of str
        Names of other files in it.
    """
    made = _Description(folder, about)
    for document in documents:
        made.add_file(document, name=document.rpartition("/")[2], encodingFormat="application/toml")
    for run in runs:
        made.add_run(run)
    made.write()


class _Description:
    """Research object that is being described.

    Parameters
    ----------
    folder : Path
    about : About
    """

    def __init__(self, folder: Path, about: About) -> None:
        self._folder = folder
        self._crate = library("rocrate.rocrate", "publish").ROCrate(gen_preview=False)
        self._model = library("rocrate.model", "publish")
        self._crate.metadata.extra_terms.update(TERMS)
        root = self._crate.root_dataset
        self._crate.name, self._crate.description = about.title, about.description
        name = about.license.rstrip("/").rpartition("/")[2]
        root["license"] = self._entity(about.license, "CreativeWork", name=name, description=f"Licence {name}")
        institution = (
            self._entity("#institution", "Organization", name=about.institution) if about.institution else None
        )
        authors = []
        for number, author in enumerate(about.authors, 1):
            named = {"name": author.name} | ({"affiliation": institution} if institution else {})
            authors.append(self._entity(author.orcid or f"#author-{number}", "Person", **named))
        root["author"] = _one_or_all(authors)
        root["publisher"] = institution or authors[0]
        if about.keywords:
            root["keywords"] = ", ".join(about.keywords)
        self._program = self._entity(
            "#ionecho",
            "CreativeWork",  # an application must have an address in the web, which ionecho has not
            name="ionecho",
            version=version("ionecho"),
        )
        self._samples: dict[Sample, Any] = {}

    def write(self) -> None:
        """Write the description."""
        self._crate.root_dataset["about"] = _one_or_all(list(self._samples.values()))
        self._crate.metadata.write(self._folder)

    def _entity(self, identity: str, kind: str | list[str], **properties: Any) -> Any:
        """Return an entity; one that is there already is not made once more."""
        there = self._crate.get(identity)
        if there is not None:
            return there
        return self._crate.add(
            self._model.ContextEntity(self._crate, identity, properties={"@type": kind, **properties})
        )

    def _quantity(self, identity: str, known: Quantity, value: float | None, description: str = "") -> Any:
        unit_name, unit_iri = UNITS[known.unit]
        unit = self._entity(unit_iri, "DefinedTerm", name=unit_name, url=unit_iri)
        kinds = ["PropertyValue", *([known.term] if known.term else [])]
        properties: dict[str, Any] = {"name": known.name, "unitText": known.unit or "1", "hasMeasurementUnit": unit}
        if description:
            properties["description"] = description
        if value is not None:
            kinds.append("ConventionalProperty")
            number = self._entity(
                f"{identity}-value", ["PropertyValue", "RealData"], name=f"{value:g}", hasNumericalValue=value
            )
            properties |= {"value": value, "hasNumericalPart": number}
        return self._entity(identity, kinds, **properties)

    def _sample(self, sample: Sample) -> Any:
        if sample not in self._samples:
            identity = f"#sample-{len(self._samples) + 1}"
            quantities = [
                self._quantity(f"{identity}-{name}", OF_SAMPLE[name], value)
                for name, value in asdict(sample).items()
                if name in OF_SAMPLE and value is not None
            ]
            more: dict[str, Any] = {"description": f"electrodes: {sample.electrodes}"} if sample.electrodes else {}
            more |= (
                {"hasProperty": _one_or_all(quantities), "additionalProperty": _one_or_all(quantities)}
                if quantities
                else {}
            )
            name = sample.name or "sample without a name"
            self._samples[sample] = self._entity(identity, ["Product", "SolidElectrolyte"], name=name, **more)
        return self._samples[sample]

    def add_file(self, place: str, **properties: Any) -> Any:
        """Enter a file that lies in the folder, with its size and digest."""
        path = self._folder / place
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        facts = {"contentSize": str(path.stat().st_size), "sha256": digest, **properties}
        return self._crate.add_file(dest_path=place, properties=facts)

    def add_run(self, published: PublishedRun) -> None:
        """Enter a run: its file, what is kept beside it, and the measurement that it came from."""
        run = published.run
        name = published.name
        nexus = self._entity(_NEXUS, ["CreativeWork", "WebPage"], name="NeXus")
        facts: dict[str, Any] = {
            "name": run.title,
            "description": _described(run, published.without_reduction),
            "encodingFormat": _HDF5,
            "conformsTo": nexus,
        }
        if run.left_out is None:
            facts["variableMeasured"] = [
                self._quantity(f"#{name}", known, None, f"column {name} of a run file")
                for name, known in OF_RECORD.items()
            ]
        made = [self.add_file(name, **facts)]
        for beside in published.beside:
            is_results = beside.endswith(".nxs")
            made.append(
                self.add_file(
                    beside,
                    name=f"{run.title}: {'reduction, fit' if is_results else 'statements'}",
                    description=_RESULTS if is_results else _STATEMENTS,
                    encodingFormat=_HDF5 if is_results else "application/toml",
                    isBasedOn=made[0],
                    **(self._fitted(run, beside) if is_results else {}),
                )
            )
        self._crate.root_dataset.append_to("mentions", self._measurement(run, name, made))

    def _measurement(self, run: Run, name: str, made: list[Any]) -> Any:
        who, sample = run.instrument, self._sample(run.sample)
        kind = {"current": "Chronopotentiometry"}.get(run.control, "Chronoamperometry")
        facts: dict[str, Any] = {
            "name": f"measurement of {run.title}",
            "startTime": run.start_time,
            "object": sample,
            "hasTestObject": sample,
            "result": _one_or_all(made),
            "hasOutput": _one_or_all(made),
            "actionStatus": self._status(run),
        }
        if model := " ".join(who.get(one, "") for one in ("maker", "model")).strip():
            serial = who.get("serial", "")
            facts["instrument"] = [
                self._entity(
                    f"#instrument-{_slug(f'{model} {serial}')}",
                    ["IndividualProduct", "Potentiostat"],
                    name=model,
                    **({"serialNumber": serial} if serial else {}),
                ),
                self._program,
            ]
        else:
            facts["instrument"] = self._program
        if run.origin.operator:
            facts["agent"] = self._entity(f"#{_slug(run.origin.operator)}", "Person", name=run.origin.operator)
        return self._entity(f"#measurement-{_slug(name)}", ["CreateAction", "ElectrochemicalTesting", kind], **facts)

    def _status(self, run: Run) -> Any:
        word = "CompletedActionStatus" if run.state == "complete" else "FailedActionStatus"
        address = f"http://schema.org/{word}"
        return self._entity(address, "ActionStatusType", name=word)

    def _fitted(self, run: Run, name: str) -> dict[str, Any]:
        """Return the figures of the kept fit of a run, each with its interval."""
        kept = read_process(run, "fit")
        if kept is None:
            return {}
        from fitting.study import Study

        result = Study.from_document(kept.attributes, kept.arrays).result
        figures = []
        for one in (*result.estimates, *result.memory):
            low, high = one.ci95
            bounds = {"minValue": low, "maxValue": high} if one.determined else {}
            figures.append(
                self._entity(
                    f"#fit-{_slug(name)}-{_slug(one.name)}",
                    "PropertyValue",
                    name=one.name,
                    value=one.value,
                    unitText=one.unit or "1",
                    measurementTechnique=f"fit of {result.model.circuit} by ionecho; 95 % interval",
                    **{key: value for key, value in bounds.items() if value is not None},
                )
            )
        return {"variableMeasured": figures}


def _one_or_all(values: list[Any]) -> Any:
    """Return a list, or its one member: RO-Crate has no lists of one."""
    return values[0] if len(values) == 1 else values


def _described(run: Run, without_reduction: str) -> str:
    texts = [f"{run.n_samples:,} samples of voltage and current"] if run.left_out is None else [str(run.left_out)]
    if run.state != "complete":
        texts.append(f"the run ended early ({run.state})")
    if without_reduction:
        texts.append(f"no reduction: {without_reduction}")
    return "; ".join(texts)


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()
