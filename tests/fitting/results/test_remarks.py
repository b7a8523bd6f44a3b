"""Remarks: a code with values and one text each, readable again from a document."""

from __future__ import annotations

import json
from string import Formatter

import pytest

from fitting.results.remarks import TEXTS, Remark, RemarkKind


def test_every_kind_has_one_text() -> None:
    assert set(TEXTS) == set(RemarkKind)
    assert len(set(TEXTS.values())) == len(TEXTS)


@pytest.mark.parametrize("kind", RemarkKind)
def test_a_remark_is_read_back_from_json_with_its_values_in_its_text(kind: RemarkKind) -> None:
    names = [name for _, name, _, _ in Formatter().parse(TEXTS[kind]) if name]
    remark = Remark(kind, dict.fromkeys(names, 12), source="a.nxs")
    document = json.loads(json.dumps(remark.to_document()))
    assert Remark.from_document(document) == remark
    assert document["text"] == str(remark)
    assert str(remark).count("12") == len(names)
    assert str(remark).startswith("a.nxs: ")


def test_values_are_shown_with_unit_and_prefix() -> None:
    assert "noise of 30 µV" in str(Remark(RemarkKind.VOLTAGE_NOISE, {"voltage_noise_V": 3e-5}))


def test_sentences_of_earlier_versions_and_kinds_of_later_ones_keep_their_text() -> None:
    assert str(Remark.from_document("the noise carries on")) == "the noise carries on"
    later = {"kind": "of_a_later_version", "values": {}, "source": "", "text": "something new"}
    assert str(Remark.from_document(later)) == "something new"
