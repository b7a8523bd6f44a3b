"""Commands of `ionecho`, run in the process of the tests."""

from __future__ import annotations

import sys

import pytest

from ionecho import cli


def command(*arguments: str) -> int:
    """Run a command in this process and return its exit status."""
    sys.argv = ["ionecho", *arguments]
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)
