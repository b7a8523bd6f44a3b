"""A marker of an output that may be on, and what others may have made of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daq.execution.output_marker import MarkedOutput, OutputMarker
from protocols import RunFileError

RESOURCE = "TCPIP::192.0.2.1::5025::SOCKET"  # an address of documentation's (RFC 5737): no instrument


def test_a_marker_is_read_by_all_spellings_of_its_instrument_until_it_is_removed(tmp_path: Path) -> None:
    marker = OutputMarker(RESOURCE)
    assert marker.read() is None
    marker.write("ec301", tmp_path / "run.nxs")
    assert OutputMarker("tcpip0::192.0.2.1::5025::socket").read() == MarkedOutput("ec301", str(tmp_path / "run.nxs"))
    assert OutputMarker("TCPIP::192.0.2.2::5025::SOCKET").read() is None
    marker.write("zahner-pp212", tmp_path / "2.nxs")
    assert marker.read() == MarkedOutput("zahner-pp212", str(tmp_path / "2.nxs"))
    marker.remove()
    marker.remove()
    assert marker.read() is None


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"{", b"[]", b"null", b'{"driver": 1}', b"[" * 100_000], ids=lambda one: repr(one[:12])
)
def test_a_damaged_marker_still_says_that_an_output_may_be_on(content: bytes) -> None:
    marker = OutputMarker(RESOURCE)
    marker.path.write_bytes(content)
    assert marker.read() == MarkedOutput("", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows lets few users make links")
def test_a_link_in_its_place_is_a_marker_and_nothing_is_written_through_it(tmp_path: Path) -> None:
    marker = OutputMarker(RESOURCE)
    (tmp_path / "precious").write_text("precious")
    marker.path.symlink_to(tmp_path / "precious")
    assert marker.read() == MarkedOutput("", "")
    with pytest.raises(RunFileError, match=r"before it is switched on\. The output is off"):
        marker.write("ec301", tmp_path / "run.nxs")
    assert (tmp_path / "precious").read_text() == "precious"


def test_an_emptied_marker_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another user's file in a sticky folder can be emptied, not removed."""
    marker = OutputMarker(RESOURCE)
    marker.write("ec301", tmp_path / "run.nxs")

    def refused(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refused)
    marker.remove()
    assert marker.path.exists()
    assert marker.read() is None
