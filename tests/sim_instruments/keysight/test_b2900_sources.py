"""Current source, sweeps, statistics and system commands of the simulated B2912A, by raw lines.

Pages are those of the Agilent B2900 SCPI command reference, edition 2, unless another book is named. The lines named
"example" are those that the page prints.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.sim_instruments.keysight.b2900_client import Talk

OHM = 10_000.0


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_the_examples_of_the_pages_are_taken_and_told(talk: Talk) -> None:
    for line, query, answer in (
        (":SWE:DIR DOWN", ":SOUR1:SWE:DIR?", "DOWN"),  # p. 4-108
        (":SWE:POIN 51", ":SOUR:SWE:POIN?", None),  # p. 4-109
        (":VOLT:STOP 10", ":SOUR:VOLT:STOP?", None),  # p. 4-98
        (":CURR:RANG:AUTO 0", ":SOUR1:CURR:RANG:AUTO?", "0"),  # p. 4-96
        (":CURR:RANG 1E-6", ":SOUR:CURR:RANG?", None),  # p. 4-96
        (":SENS:CURR:RANG:AUTO:LLIM 1E-6", ":SENS1:CURR:DC:RANG:AUTO:LLIM?", None),  # p. 4-78
        (":TRAC:STAT:FORM PKPK", ":TRAC1:STAT:FORM?", "PKPK"),  # p. 4-149
        (":TRAC:TST:FORM DELT", ":TRAC1:TST:FORM?", "DELT"),  # p. 4-149
        (":SENS:CURR:PROT 1E-3", ":SENS1:CURR:DC:PROT?", None),  # B2961A edition 6, p. 4-90
    ):
        talk.write(line)
        found = talk.ask(query)
        assert found == answer if answer else float(found) == pytest.approx(float(line.split()[1]))
    assert talk.error() == 0
    assert talk.ask(":SOUR2:SWE:DIR?") == "UP", "the default"


def test_a_current_source_makes_its_current_flow(talk: Talk) -> None:
    talk.write(":SOUR:FUNC:MODE CURR;:SOUR:CURR 2e-5;:SENS:VOLT:PROT 1;:SENS:FUNC 'VOLT';:OUTP ON")
    talk.wait(0.1)
    volts, amperes, *_, status, source = talk.numbers(":MEAS? (@1)")
    assert [volts, amperes, source] == pytest.approx([0.2, 2e-5, 2e-5], rel=1e-3)
    assert int(status) == 0
    assert talk.ask(":SOUR:FUNC:MODE?") == "CURR"
    assert talk.ask(":SENS:VOLT:PROT:TRIP?;:SENS:CURR:PROT:TRIP?") == "0;0"


def test_its_voltage_is_limited_and_that_is_told(talk: Talk) -> None:
    talk.write(":SOUR:FUNC:MODE CURR;:SOUR:CURR 1e-3;:SENS:VOLT:PROT 1.5;:SENS:FUNC 'VOLT';:OUTP ON")
    talk.wait(0.1)
    volts, amperes, *_, status, _ = talk.numbers(":MEAS? (@1)")
    assert [volts, amperes] == pytest.approx([1.5, 1.5 / OHM], rel=1e-3)
    assert int(status) & 2, "in compliance: bit 1 (table 1-2)"
    assert talk.ask(":SENS:VOLT:PROT:TRIP?") == "1"
    talk.write(":OUTP:PROT ON")
    talk.wait(0.1)
    assert talk.ask(":OUTP?") == "0", "the protection switches off at the limit of voltage too"


def test_the_voltage_limit_is_2_volts_after_a_reset(talk: Talk) -> None:
    # B2961A edition 6, p. 4-90: the default is 100 uA or 2 V.
    talk.write(":SENS:VOLT:PROT 20;*RST")
    assert float(talk.ask(":SENS:VOLT:PROT?")) == 2.0
    assert float(talk.ask(":SENS:CURR:PROT?")) == pytest.approx(1e-4)


def swept(talk: Talk, function: str, *lines: str, count: int) -> np.ndarray:
    """What is sourced at each of the steps of a sweep."""
    talk.write(
        f":SOUR:FUNC:MODE {function};:SOUR:{function}:MODE SWE;:SENS:CURR:PROT 1e-2;:SENS:VOLT:PROT 20",
        ":SENS:WAIT OFF;:SENS:CURR:APER 1e-4;:FORM:ELEM:SENS SOUR",
        *lines,
        f":TRIG:SOUR TIM;:TRIG:TIM 1e-3;:TRIG:COUN {count};:TRIG:ACQ:DEL 5e-4",
        ":INIT (@1)",
    )
    talk.wait(0.1 + 2e-3 * count)
    found = talk.numbers(":SENS:DATA?")
    assert talk.error() == 0
    return np.array(found)


def test_a_sweep_goes_up_down_or_there_and_back(talk: Talk) -> None:
    edges = ":SOUR:VOLT:STAR 0;:SOUR:VOLT:STOP 0.4;:SOUR:SWE:POIN 5"
    up = [0.0, 0.1, 0.2, 0.3, 0.4]
    np.testing.assert_allclose(swept(talk, "VOLT", edges, count=5), up, atol=1e-6)
    np.testing.assert_allclose(swept(talk, "VOLT", edges + ";:SOUR:SWE:DIR DOWN", count=5), up[::-1], atol=1e-6)
    both = swept(talk, "VOLT", edges + ";:SOUR:SWE:DIR UP;:SOUR:SWE:STA DOUB", count=10)
    np.testing.assert_allclose(both, up + up[::-1], atol=1e-6)


def test_a_logarithmic_sweep_has_equal_ratios(talk: Talk) -> None:
    lines = ":SOUR:CURR:STAR 1e-7;:SOUR:CURR:STOP 1e-4;:SOUR:SWE:POIN 4;:SOUR:SWE:SPAC LOG"
    np.testing.assert_allclose(swept(talk, "CURR", lines, count=4), [1e-7, 1e-6, 1e-5, 1e-4], rtol=1e-6)
    talk.write(":SOUR:CURR:STAR 0;:INIT (@1)")
    assert talk.error() == -221


def test_a_step_chooses_the_number_of_points(talk: Talk) -> None:
    # p. 4-98: "If step is changed, span works as a constant and points is changed."
    talk.write(":SOUR:VOLT:STAR 0;:SOUR:VOLT:STOP 1;:SOUR:VOLT:STEP 0.1")
    assert int(float(talk.ask(":SOUR:SWE:POIN?"))) == 11
    talk.write(":SOUR:SWE:POIN 5")
    assert float(talk.ask(":SOUR:VOLT:STEP?")) == pytest.approx(0.25)
    talk.write(":SOUR:VOLT:STEP -0.1")
    assert talk.error() == -221, "polarity of step and span must be the same"


def test_a_fixed_range_refuses_a_sweep_beyond_it_and_the_best_one_takes_it(talk: Talk) -> None:
    # p. 4-109: FIX uses only the range effective when starting the sweep; BEST covers the whole sweep.
    talk.write(":SOUR:VOLT:MODE SWE;:SOUR:VOLT:STAR 0;:SOUR:VOLT:STOP 5;:SOUR:SWE:POIN 3;:SOUR:SWE:RANG FIX;:INIT (@1)")
    assert talk.error() == -222
    talk.write(":SOUR:SWE:RANG BEST;:INIT (@1)")
    assert talk.error() == 0
    assert float(talk.ask(":SOUR:VOLT:RANG?")) == 20.0


def test_statistics_of_the_trace_are_those_of_its_readings(talk: Talk) -> None:
    talk.start_list()
    talk.wait(0.1)
    talk.write(":FORM:ELEM:SENS CURR,TIME,SOUR")
    rows = np.array(talk.numbers(":TRAC:DATA?")).reshape(-1, 3)
    for form, expected in (
        ("MEAN", rows.mean(axis=0)),
        ("SDEV", rows.std(axis=0, ddof=1)),
        ("MIN", rows.min(axis=0)),
        ("MAX", rows.max(axis=0)),
        ("PKPK", rows.max(axis=0) - rows.min(axis=0)),
    ):
        talk.write(f":TRAC:STAT:FORM {form}")
        found = talk.numbers(":TRAC:STAT:DATA?")
        np.testing.assert_allclose(found, expected[[0, 2]], rtol=2e-5, atol=1e-12)  # not of the time
    talk.write(":TRAC:TST:FORM DELT")
    deltas = np.array(talk.numbers(":TRAC:DATA?")).reshape(-1, 3)[:, 1]
    np.testing.assert_allclose(deltas[1:], 1e-4, atol=1e-9)
    assert deltas[0] == 0.0


def test_bounds_of_the_automatic_range_hold(talk: Talk) -> None:
    def zeros(*lines: str) -> float:
        """Scatter of a reading without current, which grows with the range."""
        talk.write(*lines)
        return float(np.std([talk.numbers(":MEAS:CURR? (@1)")[0] for _ in range(40)]))

    talk.write(":SENS:CURR:APER 1e-4;:OUTP ON")
    low = zeros(":SENS:CURR:RANG:AUTO:LLIM 1e-7")
    high = zeros(":SENS:CURR:RANG:AUTO:LLIM 1e-4")
    assert high > 50.0 * low
    talk.write(":SENS:CURR:RANG:AUTO:ULIM 1e-5")
    assert talk.error() == -221, "an error occurs if the minimum is above the maximum (p. 4-78)"
    talk.write(":SENS:CURR:RANG:AUTO:LLIM 1e-6;:SENS:CURR:RANG:AUTO:ULIM 1e-5;:SENS:CURR:PROT 1e-3;:SOUR:VOLT 1")
    talk.wait(0.1)
    assert int(talk.numbers(":MEAS? (@1)")[4]) & 8192, "100 uA are over a range of 10 uA"


def test_averaging_lengthens_a_reading_and_quietens_it(talk: Talk) -> None:
    def scatter() -> float:
        return float(np.std([talk.numbers(":MEAS:CURR? (@1)")[0] for _ in range(60)]))

    talk.write(":SENS:CURR:APER 1e-4;:SENS:CURR:RANG 1e-3;:OUTP ON")
    loud = scatter()
    talk.write(":SENS:AVER:COUN 25;:SENS:AVER ON")
    assert talk.ask(":SENS:AVER?") == "1"
    assert scatter() < 0.5 * loud


def test_line_frequency_counts_the_power_line_cycles(talk: Talk) -> None:
    assert talk.ask(":SYST:LFR?") == "60"
    talk.write(":SYST:LFR 50;:SENS:CURR:NPLC 1")
    assert float(talk.ask(":SENS:CURR:APER?")) == pytest.approx(0.02)
    talk.write("*RST")
    assert talk.ask(":SYST:LFR?") == "50"
    talk.write(":SYST:LFR 55")
    assert talk.error() == -222


def test_the_timer_counts_seconds_until_it_is_reset(talk: Talk) -> None:
    before = float(talk.ask(":SYST:TIME:TIM:COUN?"))
    talk.wait(2.5)
    assert float(talk.ask(":SYST:TIME:TIM:COUN?")) == pytest.approx(before + 2.5, abs=0.01)
    talk.write(":SYST:TIME:TIM:COUN:RES")
    talk.wait(1.0)
    assert float(talk.ask(":SYST:TIME:TIM:COUN?")) == pytest.approx(1.0, abs=0.01)
    talk.write(":FORM:ELEM:SENS TIME")
    assert 0.9 < talk.numbers(":MEAS? (@1)")[0] < 1.2


def test_all_errors_come_at_once_and_are_gone(talk: Talk) -> None:
    assert talk.ask(":SYST:ERR:ALL?") == '+0,"No error"'
    talk.write(":NONSENSE", ":SOUR:VOLT 1e6")
    found = talk.ask(":SYST:ERR:ALL?")
    assert found.startswith("-113,")
    assert ",-222," in found
    assert talk.error() == 0
    assert talk.ask("*OPT?") == "0"
