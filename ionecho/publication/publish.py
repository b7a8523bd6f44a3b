"""Publication of a campaign, or of runs, as a research object: a folder or one zip file."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ionecho.publication.about import About, Author, license_address
from ionecho.publication.contents import PublishedRun, chosen_runs, documents_beside, fill
from ionecho.publication.crate import describe, require_crates
from protocols import InputError, RunFileError, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from daq import Run

_ZIP = ".zip"


@dataclass(frozen=True)
class Stated:
    """What is said of a publication on the command line; what is empty is taken from the runs.

    Attributes
    ----------
    title, description : str
    license : str
    authors, keywords : tuple of str
    institution : str
    """

    license: str
    title: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    institution: str = ""


@dataclass(frozen=True)
class Published:
    """A publication that was made.

    Attributes
    ----------
    target : Path
    about : About
    runs : tuple of PublishedRun
        What they hold of a run is gone with the folder that a zip file was made of: names only.
    left : tuple of str
        What was left out, one sentence each.
    n_bytes : int
        Size of all files.
    """

    target: Path
    about: About
    runs: tuple[PublishedRun, ...]
    left: tuple[str, ...]
    n_bytes: int


def publish(
    given: Sequence[Path],
    target: Path,
    stated: Stated,
    *,
    raw: bool = True,
    follow: Callable[[int, int], None] | None = None,
) -> Published:
    """Make a research object of runs; it appears whole or not at all, and nothing beside the runs is touched.

    Parameters
    ----------
    given : sequence of Path
        Folders of campaigns, run files, folders, patterns.
    target : Path
        A folder, or a ``.zip`` file; must not exist.
    stated : Stated
    raw : bool, default True
        Whether the samples go along. Without them each run has its description and its reduction.
    follow : callable, optional
        Told how many runs are in it, of how many.

    Raises
    ------
    InputError
        If what is stated cannot be meant, or the target is there.
    RunFileError
        If a run is damaged, or the library for research objects is missing, or the disk fails.
    """
    require_crates()
    if target.exists():
        raise InputError("this exists already, and stays as it is: choose another name", str(target))
    if not target.parent.is_dir():
        raise InputError("there is no such folder: make it first", str(target.parent))
    address = license_address(stated.license)
    authors = tuple(Author.from_text(one) for one in stated.authors)
    chosen, left = chosen_runs(given)
    try:
        # Beside the target, so that it is renamed and not copied.
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as made:
            folder = Path(made) / "crate"
            folder.mkdir()
            runs = fill(folder, chosen, raw=raw, follow=follow)
            about = _about(stated, address, authors, [one.run for one in runs])
            documents = _copied(documents_beside(given), folder)
            describe(folder, about, runs, documents)
            n_bytes = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
            if target.suffix.lower() == _ZIP:
                shutil.make_archive(str(folder), "zip", folder)
                folder.with_suffix(_ZIP).rename(target)
            else:
                folder.rename(target)
    except OSError as error:
        raise RunFileError(f"{target} could not be made: {reason_of(error)}") from error
    return Published(target, about, tuple(runs), tuple(left), n_bytes)


def _copied(documents: Sequence[Path], folder: Path) -> list[str]:
    """Copy documents into a folder, those of several campaigns under names of their own."""
    names = []
    for document in documents:
        name = document.name if len(documents) == 1 else f"{document.parent.name}-{document.name}"
        shutil.copy(document, folder / name)
        names.append(name)
    return names


def _about(stated: Stated, address: str, authors: tuple[Author, ...], runs: Sequence[Run]) -> About:
    """Return what is said of a publication; what is not stated, as the runs say it."""
    origins = [run.origin for run in runs]
    campaigns = list(dict.fromkeys(one.campaign or one.project for one in origins if one.campaign or one.project))
    samples = list(dict.fromkeys(run.sample.name for run in runs if run.sample.name))
    operators = list(dict.fromkeys(one.operator for one in origins if one.operator))
    if not (authors or operators):
        raise InputError("the runs do not say who measured them: name the authors", "--author")
    title = stated.title or ", ".join(campaigns) or ", ".join(dict.fromkeys(run.title for run in runs))
    of = f" of {', '.join(samples)}" if samples else ""
    text = f"{len(runs)} run{'s' if len(runs) != 1 else ''}{of}, measured and reduced with ionecho."
    tags = dict.fromkeys(tag for run in runs for tag in run.tags)
    return About(
        title,
        stated.description or text,
        address,
        authors or tuple(Author(name) for name in operators),
        stated.keywords or tuple(tags),
        stated.institution,
    )
