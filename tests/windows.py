"""What Windows leaves out of the tests, and why: the one list of it, for `tests/conftest.py` and `.ci/windows`."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

# Patterns of tests' ids, each with the reason.
LEFT_OUT: dict[str, str] = {
    "*[[-]pty[]-]*": "Windows has no pseudo-terminals",
}


def leave_out(items: list[pytest.Item]) -> None:
    """Skip what Windows cannot run."""
    for item in items:
        for pattern, reason in LEFT_OUT.items():
            if fnmatch(item.nodeid, pattern):
                item.add_marker(pytest.mark.skip(reason=reason))
