"""Reader of the campaign of damaged texts: does it share nothing with what it judges, and see another value?"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="the campaign needs the kernel of POSIX systems")
def test_the_independent_reader_agrees_on_whole_files_and_sees_another_value(tmp_path: Path) -> None:
    """Else a campaign without a changed value would say nothing."""
    from benchmarks.mutations import subject_named

    subject = subject_named("protocol")
    assert subject.agrees is not None
    for path in subject.make(tmp_path):
        content, value = path.read_bytes(), subject.read(path).value
        assert subject.agrees(value, value, content), path
        for name, other in (("interval", 2e-3), ("limits.current", None), ("times", [0.0]), ("notes", "else")):
            assert not subject.agrees(value, value | {name: other}, content), (path, name)


@pytest.mark.skipif(sys.platform == "win32", reason="the campaign needs the kernel of POSIX systems")
def test_damage_leaves_some_texts_readable_and_others_not() -> None:
    """A campaign all of whose cases are refused at the first byte would test one line."""
    from benchmarks.mutated_texts import PULSES, mutated_text
    from protocols import Protocol, ProtocolError

    outcomes = []
    for number in range(300):
        content, _ = mutated_text(PULSES.encode(), random.Random(number))  # noqa: S311 - damage, not secrets
        try:
            Protocol.from_toml(content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            outcomes.append("no text")
        except ProtocolError as error:
            outcomes.append("no TOML" if "not TOML" in str(error) else "no protocol")
        else:
            outcomes.append("read")
    for outcome in ("no text", "no TOML", "no protocol", "read"):
        assert outcomes.count(outcome) >= 20, {one: outcomes.count(one) for one in set(outcomes)}
