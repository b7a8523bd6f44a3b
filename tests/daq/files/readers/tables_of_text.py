"""One record, and the texts that programs make of it: the truth of the tests of readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daq import ReadOptions, TextRecord, read_text

Floats = NDArray[np.float64]

# Decimals of the numbers as they stand in the texts: what is read must be these numbers to the last digit.
N = 60
T_S: Floats = np.round(0.005 + 0.01 * np.arange(N), 3)
VOLTAGE_V: Floats = np.where((T_S > 0.2) & (T_S < 0.4), 0.1, 0.0)
CURRENT_MA: Floats = np.round(
    np.where(VOLTAGE_V > 0, 1.0 + np.exp(-(T_S - 0.2) / 0.05), 0.0) + np.sin(37 * T_S) / 99, 6
)
HEADINGS = ("time/s", "Ewe/V", "I/mA")


@dataclass(frozen=True)
class Way:
    """A way of writing the record: separator, decimal mark, and a function that changes the cells of a row."""

    separator: str = ","
    decimal: str = "."
    cells: Callable[[int, list[str]], list[str]] = lambda _, cells: cells
    t: str = "{:.3f}"
    v: str = "{:.4f}"
    i: str = "{:.6f}"

    def rows(self) -> list[str]:
        """Return the lines of the table, without headings."""
        lines = []
        for k in range(N):
            texts = [self.t.format(T_S[k]), self.v.format(VOLTAGE_V[k]), self.i.format(CURRENT_MA[k])]
            lines.append(self.separator.join(self.cells(k, [one.replace(".", self.decimal) for one in texts])))
        return lines

    def text(self, headings: str | None = None, *, before: str = "", end: str = "\n") -> str:
        """Return the whole text."""
        line = self.separator.join(HEADINGS) if headings is None else headings
        return before + end.join([line, *self.rows()]) + end


def read(folder: Path, text: str | bytes, options: ReadOptions | None = None) -> TextRecord:
    """Read a text from a file."""
    path = folder / "record.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_text(path, options=options or ReadOptions())


def require_record(record: TextRecord, *, t_s: Floats = T_S, without: tuple[int, ...] = (), flagged: int = 0) -> None:
    """Require that a record is the one that was written, without some rows, and with some samples flagged."""
    kept = np.delete(np.arange(N), without)
    assert len(record) == len(kept)
    good = record.status == 0
    assert int((~good).sum()) == flagged
    np.testing.assert_allclose(record.t_s, t_s[kept], rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(record.voltage_V[good], VOLTAGE_V[kept][good])
    np.testing.assert_allclose(record.current_A[good], CURRENT_MA[kept][good] / 1e3, rtol=1e-15)
