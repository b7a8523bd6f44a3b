"""Are headers, parameters and chained commands read as IEEE 488.2 and SCPI-99 say?"""

from __future__ import annotations

import pytest

from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, boolean, string, units
from sim_instruments.scpi.status import ScpiError


def _tree() -> CommandTree:
    tree = CommandTree()
    tree.add("[:SENSe[1]]:CURRent[:DC]:RANGe[:UPPer]", Command(lambda value: value, (float,), 1))
    tree.add(":SOURce[1]:VOLTage:DELay:USER<1-5>?", Command(lambda number: number))
    return tree


@pytest.mark.parametrize(
    "header", ["SENS:CURR:RANG", "sense1:current:dc:range:upper", "CURR:RANG", "Curr:DC:Rang:Upp", "SENSe:CURR:RANGE"]
)
def test_a_header_is_known_in_its_short_and_long_form_with_optional_nodes(header: str) -> None:
    command, _ = _tree().find(header.split(":"), query=False)
    assert command.values(["2"]) == [2.0]


@pytest.mark.parametrize("header", ["SENS:CURRE:RANG", "CUR:RANG", "SENS:RANG", "CURR", "CURR:RANG:UPPE"])
def test_any_other_abbreviation_is_an_undefined_header(header: str) -> None:
    with pytest.raises(ScpiError, match="-113"):
        _tree().find(header.split(":"), query=False)


def test_a_numeric_suffix_is_passed_on_and_held_to_its_range() -> None:
    assert _tree().find(["SOUR", "VOLT", "DEL", "USER3"], query=True)[1] == [3]
    assert _tree().find(["SOUR1", "VOLT", "DEL", "USER"], query=True)[1] == [1]
    for header in (["SOUR", "VOLT", "DEL", "USER6"], ["SOUR2", "VOLT", "DEL", "USER1"]):
        with pytest.raises(ScpiError, match="-114"):
            _tree().find(header, query=True)


def test_the_path_is_kept_by_semicolon_reset_by_colon_and_not_disturbed_by_common_commands() -> None:
    got = [(u.path, u.query) for u in units(":SOUR:VOLT:RANG 2;ILIM 1;*CLS;LEV?;:OUTP ON;*OPC?")]
    assert got == [
        (("SOUR", "VOLT", "RANG"), False),
        (("SOUR", "VOLT", "ILIM"), False),
        (("*CLS",), False),
        (("SOUR", "VOLT", "LEV"), True),
        (("OUTP",), False),
        (("*OPC?"[:-1],), True),
    ]


def test_separators_inside_quotes_do_not_separate() -> None:
    (unit,) = units("""TRAC:DATA? 1, 2 ,'a;b',"c,d" """)
    assert unit.parameters == ("1", "2", "'a;b'", '"c,d"')


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10.0),
        ("1.5E1", 15.0),
        ("+.5e+1", 5.0),
        ("10 mV", 0.01),
        ("2kV", 2000.0),
        ("MIN", -3000.0),
        ("maximum", 3000.0),
        ("DEF", 1.0),
        ("1 MAV", None),
        ("1 A", -131),
        ("1 qV", -131),
        ("4e3", -222),
        ("VOLT", -224),
        ("1..2", -121),
        ("'1'", -104),
        ("#11x", -168),
    ],
)
def test_numbers_are_read_with_suffixes_and_words_or_refused_by_number(text: str, value: float | None) -> None:
    kind = Numeric(-3000.0, 3000.0, 1.0, "V")
    if value is None or (value < -100 and value != -3000.0):
        with pytest.raises(ScpiError, match=str(value or -222)):
            kind(text)
    else:
        assert kind(text) == pytest.approx(value)


def test_booleans_are_on_off_and_numbers_rounded() -> None:
    assert [boolean(t) for t in ("ON", "off", "1", "0", "0.4", "-2", "1e999")] == [
        True,
        False,
        True,
        False,
        False,
        True,
        True,
    ]
    for text, number in (("yes", -224), ("'ON'", -104)):
        with pytest.raises(ScpiError, match=str(number)):
            boolean(text)


def test_strings_take_either_quote_and_doubled_quotes() -> None:
    assert string("'it''s'") == "it's"
    assert string('"a"') == "a"
    for text, number in (("abc", -104), ('"abc', -151)):
        with pytest.raises(ScpiError, match=str(number)):
            string(text)


def test_choices_are_read_in_both_forms() -> None:
    mode = Choice(("NORMal", "HIMPedance"))
    assert [mode(t) for t in ("norm", "NORMAL", "himp")] == ["NORM", "NORM", "HIMP"]
    for text, number in (("normali", -224), ("'NORM'", -104), ("1", -141)):
        with pytest.raises(ScpiError, match=str(number)):
            mode(text)
