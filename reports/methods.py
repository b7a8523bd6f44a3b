"""Methods of a fit in words for a paper, with the works that the model and the methods rest on.

The sentences say what the fit's own document says was done; nothing is presumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fitting.results.remarks import RemarkKind
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fitting.results.fit_result import FitResult
    from fitting.study import Study

WORKS = {
    "talbot": "L. N. Trefethen, J. A. C. Weideman, T. Schmelzer, BIT 46, 653 (2006)",
    "hyperbola": "J. A. C. Weideman, L. N. Trefethen, Math. Comp. 76, 1341 (2007)",
    "Mig": "K. Funke, R. D. Banhatti, C. Cramer, Phys. Chem. Chem. Phys. 7, 157 (2005)",
    "Kww": "R. Kohlrausch, Ann. Phys. 167, 179 (1854); G. Williams, D. C. Watts, Trans. Faraday Soc. 66, 80 (1970)",
    "Cc": "K. S. Cole, R. H. Cole, J. Chem. Phys. 9, 341 (1941)",
    "Cd": "D. W. Davidson, R. H. Cole, J. Chem. Phys. 19, 1484 (1951)",
    "Hn": "S. Havriliak, S. Negami, Polymer 8, 161 (1967)",
    "Jo": "A. K. Jonscher, Nature 267, 673 (1977); D. P. Almond, A. R. West, Solid State Ionics 9/10, 277 (1983)",
    "Rbm": "T. B. Schrøder, J. C. Dyre, Phys. Rev. Lett. 101, 025901 (2008)",
    "places": "J. T. S. Irvine, D. C. Sinclair, A. R. West, Adv. Mater. 2, 132 (1990)",
    "aicc": "K. P. Burnham, D. R. Anderson, Model Selection and Multimodel Inference, Springer (2002)",
    "errors_in_variables": "W. A. Fuller, Measurement Error Models, Wiley (1987)",
    "bnn": "H. Namikawa, J. Non-Cryst. Solids 18, 173 (1975)",
    "bits": "C. E. Shannon, Proc. IRE 37, 10 (1949)",
}
"""What is cited, by the code of an element or the name of a method; docs/explanations/model.md names the same works."""
_ELEMENT = re.compile(r"[A-Za-z]+(?=_?\d*(?::\d+)?(?:[-,)@]|$))")
_CONDUCTORS = {
    "De": "a Debye relaxation",
    "Pr": "a sum of Debye relaxations",
    "Kww": "a stretched exponential",
    "Cc": "the Cole-Cole relaxation",
    "Cd": "the Cole-Davidson relaxation",
    "Hn": "the Havriliak-Negami relaxation",
    "Jo": "Jonscher's law",
    "Mig": "the MIGRATION concept",
    "Rbm": "the random-barrier model",
    "Tab": "a relaxation given as a table",
}
"""What the code of a conductor with a memory stands for."""


@dataclass
class Citations:
    """Works in the order in which a text cites them."""

    keys: list[str] = field(default_factory=list)

    def cite(self, *keys: str) -> str:
        """Return the numbers of works as a text cites them: ``[1, 2]``; empty for those that have none."""
        known = [key for key in keys if key in WORKS]
        self.keys += [key for key in known if key not in self.keys]
        return f" [{', '.join(str(1 + self.keys.index(key)) for key in known)}]" if known else ""

    def works(self) -> tuple[str, ...]:
        """Return the works, in their order."""
        return tuple(WORKS[key] for key in self.keys)


def methods_of_fit(study: Study, citations: Citations, *, counted: bool = True) -> str:
    """Return how a run was fitted, in sentences.

    Parameters
    ----------
    study : Study
    citations : Citations
        Of the report; what is cited is added.
    counted : bool
        Whether what belongs to this run alone is told too: samples and times.
    """
    result = study.result
    sentences = [*_of_model(result.model.circuit, citations), *_of_record(result)]
    sentences += _of_samples(result) if counted else []
    return " ".join([*sentences, *_of_intervals(study, citations, counted=counted)])


def _of_model(circuit: str, citations: Citations) -> Iterable[str]:
    conductors = [code for code in dict.fromkeys(_ELEMENT.findall(circuit)) if code in _CONDUCTORS]
    memory = "; the bulk is described by " + " and ".join(
        f"{_CONDUCTORS[code]}{citations.cite(code)}" for code in conductors
    )
    yield f"The cell was modelled as {circuit} (in series: -; in parallel: p){memory if conductors else ''}."
    yield (
        "Its step response follows from the admittance by numerical inversion of the Laplace transform"
        f"{citations.cite('talbot', 'hyperbola')}, as a sum of exponential modes, seven a decade, each of which is"
        " propagated exactly through the drive."
    )


def _of_record(result: FitResult) -> Iterable[str]:
    terms = result.terms
    answered, drove = ("voltage", "current") if terms.is_current_driven else ("current", "voltage")
    measured = "as it was measured" if result.drive_is_measured else "as it was commanded"
    yield f"The {answered} was fitted; the {drove} that drove the cell was taken {measured}."
    beside = ["an offset"]
    beside += ["a linear drift"] if terms.drift and not terms.baseline else []
    beside += ["a smooth baseline"] if terms.baseline else []
    beside += [f"the mains ({terms.mains_Hz:g} Hz, {terms.harmonics} harmonics)"] if terms.mains_Hz else []
    beside += [f"the {name} between samples and drive" for name in terms.fitted]
    yield f"Beside the cell {_listed(beside)} {'was' if len(beside) == 1 else 'were'} fitted."
    if result.model.fixed:
        held = _listed([f"{name} = {value:g}" for name, value in result.model.fixed.items()])
        yield f"Held at what is known of them (SI): {held}."


def _of_samples(result: FitResult) -> Iterable[str]:
    terms = result.terms
    if terms.correlation_s:
        yield f"Noise was whitened as AR(1) with a correlation time of {format_quantity(terms.correlation_s, 's')}."
    left_out = f"; {result.n_excluded:,} with a flag were left out" if result.n_excluded else ""
    yield f"{result.n_samples:,} samples were used{left_out}."
    if result.n_downweighted:
        yield f"Samples far off count less (Huber's weights): {result.n_downweighted:,} of them."


def _of_intervals(study: Study, citations: Citations, *, counted: bool) -> Iterable[str]:
    result = study.result
    yield (
        "Parameters were found by Levenberg-Marquardt on the triangular factor of the linearised problem, with exact"
        " derivatives, from several starts; intervals are profile likelihoods at 95 %"
        + (
            f", {result.interval_inflation:.3g} times as wide as white noise would make them, for what the residual"
            " holds beside it."
            if counted and result.interval_inflation > 1.0
            else "."
        )
    )
    if any(one.kind is RemarkKind.VOLTAGE_NOISE for one in result.remarks):
        yield f"The bias by noise of the measured voltage was taken out{citations.cite('errors_in_variables')}."
    if study.attribution is not None and result.memory:
        yield (
            "Whose memory it is was judged by its capacitance, read as the bulk's own and as an interface's in series"
            f"{citations.cite('places')}, beside the same cell without a memory by AICc{citations.cite('aicc')}."
        )
    if "readable_bits" in result.memory.names:
        yield f"Readable bits are the capacity of a Gaussian channel of one sample{citations.cite('bits')}."


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def provenance_rows(study: Study, raw_sha256: str) -> Iterable[tuple[str, str]]:
    """Give what it takes to make a kept fit again.

    Parameters
    ----------
    study : Study
    raw_sha256 : str
        Digest of the run file as it is now.
    """
    found = study.provenance
    if found is None:
        yield "fit", "kept by an earlier version of ionecho, which did not write down its versions"
        yield "run file now (SHA-256)", raw_sha256
        return
    yield "fitted with", f"ionecho {found['ionecho']}, code {found['code']}, numpy {found['numpy']}"
    yield "run file (SHA-256)", found["raw_sha256"] or "it was still growing"
    if found["raw_sha256"] not in {"", raw_sha256}:
        yield "run file now (SHA-256)", f"{raw_sha256}: it is another one than was fitted"
    if found["run_id"]:
        yield "run", found["run_id"]
    for name, values in (("options", found["options"]), ("stated beside the run", found["stated"])):
        yield name, _shown(values) or "none"
    yield "sample as fitted", _shown(found["sample"]) or "not known"


def _shown(values: Mapping[str, object]) -> str:
    texts = {name: f"{value:.6g}" if isinstance(value, float) else str(value) for name, value in values.items()}
    return ", ".join(f"{name} = {text}" for name, text in texts.items() if not isinstance(values[name], dict))
