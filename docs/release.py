"""Release of a version: check what can be checked, tag, build, and ask before anything is uploaded.

``just release 0.2.0`` stops at the first thing that is not as it must be, and says which. Nothing needs the network but
the upload, which is asked about.
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

PROJECT = Path(__file__).parent.parent
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)((a|b|rc)\d+)?")


class ReleaseError(Exception):
    """Something is not as it must be for a release."""


def git(*arguments: str) -> str:
    """Return what git prints."""
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    if done.returncode != 0:
        raise ReleaseError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def check(version: str, project: Path = PROJECT) -> str:
    """Return the version's section of the changelog, if the files say that it is to be released today or earlier.

    Parameters
    ----------
    version : str
    project : Path
        Folder of the checkout.

    Raises
    ------
    ReleaseError
        If a file does not name this version, or the changelog has nothing about it.
    """
    if not _VERSION.fullmatch(version):
        raise ReleaseError(f"{version!r} is no version such as 0.2.0 or 0.2.0rc1")
    in_package = (project / "ionecho" / "__init__.py").read_text(encoding="utf-8")
    if f'__version__ = "{version}"' not in in_package:
        raise ReleaseError(f'ionecho/__init__.py does not say __version__ = "{version}"')
    if f"\nversion: {version}\n" not in (project / "CITATION.cff").read_text(encoding="utf-8"):
        raise ReleaseError(f"CITATION.cff does not say version: {version}")
    changelog = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.search(
        rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if section is None:
        raise ReleaseError(f"CHANGELOG.md has no section '## [{version}] - {date.today().isoformat()}'")  # noqa: DTZ011
    if not re.search(r"^- ", section[2], re.MULTILINE):
        raise ReleaseError(f"CHANGELOG.md says nothing under {version}")
    return section[2].strip()


def check_tree(version: str) -> None:
    """Raise if something is not committed, or the version has a tag already."""
    if changes := git("status", "--porcelain"):
        raise ReleaseError(f"not all is committed:\n{changes}")
    if git("tag", "--list", f"v{version}"):
        raise ReleaseError(f"there is a tag v{version} already")


def build(version: str) -> list[Path]:
    """Build wheel and source archive from what is tagged; return them."""
    target = PROJECT / "dist" / version
    subprocess.run(["uv", "build", "--out-dir", str(target)], cwd=PROJECT, check=True)  # noqa: S603, S607
    built = sorted([*target.glob("*.whl"), *target.glob("*.tar.gz")])
    if len(built) != 2 or not all(version in one.name for one in built):
        raise ReleaseError(f"expected a wheel and an archive of {version}, not {[one.name for one in built]}")
    return built


def main() -> None:
    """Check, test, tag, build; ask before the upload."""
    version = sys.argv[1].removeprefix("v")
    try:
        notes = check(version)
        check_tree(version)
        subprocess.run([str(PROJECT / ".ci" / "wheel")], check=True)  # noqa: S603 - our own script
        git("tag", "--annotate", f"v{version}", "--message", f"ionecho {version}\n\n{notes}")
        built = build(version)
    except ReleaseError as error:
        sys.exit(f"not released: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"not released: {error}")
    names = "\n".join(f"  {one}" for one in built)
    sys.stdout.write(f"tagged v{version}, built:\n{names}\n")
    if input("Upload to the package registry with `uv publish`? [y/N] ").strip().lower() != "y":
        sys.stdout.write("Not uploaded. Later: git push --follow-tags, uv publish with the files above.\n")
        return
    subprocess.run(["uv", "publish", *map(str, built)], check=True)  # noqa: S603, S607


if __name__ == "__main__":
    main()
