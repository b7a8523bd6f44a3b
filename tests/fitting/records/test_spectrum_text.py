"""Impedance texts of many programs are the spectrum that was written, one sweep of several, without what is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting import ImpedanceSpectrum
from fitting.records.spectrum_text import SweepQuestionError
from protocols import FitError

F = np.round(np.geomspace(1e5, 1.0, 26), 3)
Z = np.round(100.0 + 900.0 / (1.0 + 2j * np.pi * F * 900.0 * 1e-6), 4)
SIZE, PHASE = np.abs(Z), np.rad2deg(np.angle(Z))


def table(separator: str, *columns: np.ndarray, decimal: str = ".") -> str:
    rows = (
        separator.join(f"{value:.12g}".replace(".", decimal) for value in row) for row in zip(*columns, strict=True)
    )
    return "".join(f"{row}\n" for row in rows)


def read(folder: Path, text: str | bytes, sweep: int | None = None) -> ImpedanceSpectrum:
    path = folder / "eis.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ImpedanceSpectrum.read(path, sweep)


def require_spectrum(spectrum: ImpedanceSpectrum) -> None:
    np.testing.assert_allclose(spectrum.frequency_Hz, F, rtol=1e-11)
    np.testing.assert_allclose(spectrum.impedance_ohm, Z, rtol=1e-9)


K, ZERO = np.arange(len(F)), np.zeros(len(F))
EC_LAB = (
    "EC-Lab ASCII FILE\nNb header lines : 4\n\nfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tPhase(Z)/deg\tcycle number\n"
)
ZPLOT = (
    "ZPLOT2 ASCII\nDate: 1-1-2020\n  Sweep Frequency: Control Voltage\n"
    "  Freq(Hz)     Ampl     Bias     Time(Sec)     Z'(a)     Z''(b)     GD     Err     Range\nEnd Comments\n"
)
GAMRY = (
    "EXPLAIN\nTAG\tEISPOT\nZCURVE\tTABLE\n\tPt\tTime\tFreq\tZreal\tZimag\tZsig\tZmod\tZphz\tIERange\n"
    "\t#\ts\tHz\tohm\tohm\tV\tohm\t°\t#\n"
)
STYLES = {
    "EC-Lab": EC_LAB + table("\t", F, Z.real, -Z.imag, SIZE, PHASE, K * 0 + 1),
    "EC-Lab, decimal comma": EC_LAB + table("\t", F, Z.real, -Z.imag, SIZE, PHASE, K * 0 + 1, decimal=","),
    "ZPlot": ZPLOT + table(", ", F, ZERO, ZERO, K, Z.real, Z.imag, ZERO, ZERO, ZERO),
    "Gamry": GAMRY + "".join(f"\t{k}{line}" for k, line in enumerate(
        ("\t" + table("\t", F + 0, F, Z.real, Z.imag, ZERO, SIZE, PHASE, ZERO).replace("\n", "\n\t")).splitlines(True)
    ) if line.strip()),
    "Autolab": "Index\tFrequency (Hz)\tZ' (Ω)\t-Z'' (Ω)\tZ (Ω)\t-Phase (°)\tTime (s)\n"
    + table("\t", K + 1, F, Z.real, -Z.imag, SIZE, -PHASE, K),
    "Autolab, semicolons": "Frequency (Hz);Z' (Ω);-Z'' (Ω)\n" + table(";", F, Z.real, -Z.imag, decimal=","),
    "CHI": "A.C. Impedance\nInit E (V) = 0\n\nFreq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg\n\n"
    + table(", ", F, Z.real, Z.imag, SIZE, PHASE),
    "VersaStudio": "Frequency (Hz),Zre (ohms),Zim (ohms)\n" + table(",", F, Z.real, Z.imag),
    "RelaxIS": "Frequency\tZ'\tZ''\n" + table("\t", F, Z.real, Z.imag),
    "kiloohms": "Freq [kHz];Zreal [kOhm];-Zimag [kOhm]\n" + table(";", F / 1e3, Z.real / 1e3, -Z.imag / 1e3),
    "magnitude and phase": "Frequency/Hz;|Z|/Ohm;Phase(Z)/deg\n" + table(";", F, SIZE, PHASE),
    "Zahner": "Frequency/Hz\tImpedance/Ohm\tPhase/rad\n" + table("\t", F, SIZE, np.deg2rad(PHASE)),
    "German": "Frequenz/Hz;Realteil/Ohm;Imaginärteil/Ohm\n" + table(";", F, Z.real, Z.imag, decimal=","),
    "angular": "omega (rad/s),Zmod,theta (deg)\n" + table(",", 2 * np.pi * F, SIZE, PHASE),
    "none": table(" ", F, Z.real, Z.imag),
}  # fmt: skip
PSTRACE = "Date and time:;2026-11-25\nfreq / Hz,neg. Phase / °,Idc / uA,Z / ohm,Z' / ohm,-Z'' / ohm,Cs / F\n" + table(
    ",", F, -PHASE, ZERO, SIZE, Z.real, -Z.imag, ZERO
)


@pytest.mark.parametrize("program", STYLES)
def test_the_columns_of_each_program(tmp_path: Path, program: str) -> None:
    require_spectrum(read(tmp_path, STYLES[program]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_spectrum_of_pstrace_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    require_spectrum(read(tmp_path, PSTRACE.encode(encoding)))


HEAD = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\n"


def test_sweeps_are_told_apart(tmp_path: Path) -> None:
    one, other = table("\t", F, Z.real, -Z.imag), table("\t", F, 2 * Z.real, -2 * Z.imag)
    back = table("\t", F[::-1], Z.real[::-1], -Z.imag[::-1])
    for second, doubled in ((other, 2.0), ("Cycle 2\n" + HEAD + other, 2.0), (back, 1.0)):
        with pytest.raises(SweepQuestionError, match=r"2 sweeps: 1: lines 2 to 27, 26 points.*--sweep"):
            read(tmp_path, HEAD + one + second)
        require_spectrum(read(tmp_path, HEAD + one + second, 1))
        found = read(tmp_path, HEAD + one + second, 2)
        if doubled == 2.0:
            np.testing.assert_allclose(found.impedance_ohm, 2 * Z, rtol=1e-9)
        else:
            np.testing.assert_allclose(found.impedance_ohm, Z[::-1], rtol=1e-9)
    with pytest.raises(FitError, match="2 sweeps, no number 3"):
        read(tmp_path, HEAD + one + other, 3)


def test_points_at_0_Hz_and_without_a_value_are_left_out(tmp_path: Path) -> None:
    text = HEAD + "0\t123\t0\n" + table("\t", F, Z.real, -Z.imag) + "0.9\tOVLD\t3\n0.8\t9.9E37\t9.9E37\n"
    found = read(tmp_path, text)
    require_spectrum(found)
    assert "points at 0 Hz were left out: 1, the first in line 2" in found.notes
    assert "points without a value were left out: 2, the first in line 29" in found.notes


def test_a_small_m_is_milli_and_a_capital_one_is_mega(tmp_path: Path) -> None:
    for unit, of_hertz in (("mHz", 1e3), ("MHz", 1e-6), ("kHz", 1e-3)):
        require_spectrum(
            read(tmp_path, f"f/{unit};Re(Z)/kOhm;Im(Z)/MOhm\n" + table(";", F * of_hertz, Z.real / 1e3, Z.imag / 1e6))
        )


def test_what_was_taken_without_headings_and_rows_that_were_not_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, "2e5 100 -1\n1.5e5 100 -1\nstopped\n" + table(" ", F, Z.real, Z.imag))
    require_spectrum(found)
    assert found.notes[0] == "2 rows in lines 1 to 2, above the table, were left out"
    assert found.notes[1].startswith("no headings: columns were taken for frequency (Hz)")


def test_a_sign_that_a_heading_leaves_out_is_noticed(tmp_path: Path) -> None:
    found = read(tmp_path, "f/Hz\tRe(Z)\tIm(Z)\n" + table("\t", F, Z.real, -Z.imag))
    assert "positive throughout" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("f/Hz;Re(Z)/Ohm cm2;Im(Z)/Ohm\n" + table(";", F, Z.real, Z.imag), "'Ohm cm2', which is no unit"),
        ("f/Hz;|Z|/Ohm;x\n" + table(";", F, SIZE, PHASE), "no column of real among"),
        (HEAD + table("\t", F, Z.real, -Z.imag) + "1\t2\tx\n0.5\t1\t1\n", r"line 28: no three numbers, column 3"),
        (
            HEAD + table("\t", F, Z.real, -Z.imag) + "1\t2\n0.5\t1\t1\n",
            "line 28: 2 cells where other rows have 3",
        ),
        ("x;" + HEAD.replace("\t", ";") + table(";", F, Z.real, -Z.imag), "3 cells under 4 headings"),
        ("f/Hz;Re(Z);Re(Z);Im(Z)\n" + table(";", F, Z.real, Z.real, -Z.imag), "columns 2 and 3 both have the heading"),
    ],
)
def test_what_cannot_be_a_spectrum_is_refused(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(FitError, match=named):
        read(tmp_path, text)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_row_with_a_quotation_mark_that_is_never_closed_is_a_point_all_the_same(
    tmp_path: Path, separator: str
) -> None:
    rows = [["#", "f/Hz", "Re(Z)/ohm", "Im(Z)/ohm"]]
    rows += [[str(k), f"{10.0 ** (6 - k)}", f"{100.0 + k}", f"{-10.0 - k}"] for k in range(8)]
    rows[3][0] = '"'
    path = tmp_path / "spectrum.txt"
    path.write_text("\n".join(separator.join(row) for row in rows) + "\n")
    assert ImpedanceSpectrum.read(path).frequency_Hz.tolist() == [10.0 ** (6 - k) for k in range(8)]
