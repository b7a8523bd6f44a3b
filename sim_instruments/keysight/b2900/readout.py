"""Readings of a B2900: FORMat, MEASure?, READ?, FETCh?, SENSe:DATA?, TRACe?.

Pages are those of the Agilent B2900 SCPI command reference, edition 2 (B2910-90030).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.electronics import OVERFLOW
from sim_instruments.keysight.b2900.channel import COLUMNS, NOT_A_NUMBER, TRACE_POINTS
from sim_instruments.scpi.message_exchange import Wait
from sim_instruments.scpi.parser import ChannelList, Choice, Command, CommandTree, Numeric
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim_instruments.keysight.b2900.channel import Channel, Store
    from sim_instruments.keysight.b2900.host import Host

    Rows = NDArray[np.float64]

_NUMERIC = {
    "VOLTage": "VOLT",
    "CURRent": "CURR",
    "RESistance": "RES",
    "TIME": "TIME",
    "STATus": "STAT",
    "SOURce": "SOUR",
}
_ELEMENTS = Choice(("VOLTage", "CURRent", "RESistance", "TIME", "STATus", "SOURce"))
# Limits and words of the TRACe subsystem.
_OFFSET = Numeric(0, TRACE_POINTS, 0, integer=True, words=(("STARt", 0), ("CURRent", -1)))
_SIZE = Numeric(1, TRACE_POINTS, TRACE_POINTS, integer=True)


class Readout:
    """The format and data commands of one instrument.

    Parameters
    ----------
    tree : CommandTree
        Where they are entered.
    device : Host
        The instrument.
    """

    def __init__(self, tree: CommandTree, device: Host) -> None:
        self._tree = tree
        self._device = device
        self.reset()
        self._add_format()
        self._add_results()
        self._add_trace()

    def reset(self) -> None:
        """Do as ``*RST``: ASCII, all elements, most significant byte first (pp. 4-33 to 4-35)."""
        self._format, self._swapped = "ASC", False
        self._elements: tuple[str, ...] = COLUMNS
        self._is_delta = dict.fromkeys(self._device.channels, False)
        self._statistic = dict.fromkeys(self._device.channels, "MEAN")

    def _channel(self, number: int) -> Channel:
        self._device.update()
        return self._device.channels[number]

    # -- format -------------------------------------------------------------------------------------------------------

    def _add_format(self) -> None:
        tree = self._tree

        def set_format(kind: str, bits: float = 32.0) -> None:
            if bits not in {32, 64}:
                raise ScpiError(-224, f"{bits:g}")
            self._format = "ASC" if kind == "ASC" else f"REAL,{bits:.0f}"

        length = Numeric(0, 64, 32, integer=True)
        tree.add(":FORMat[:DATA]", Command(set_format, (Choice(("ASCii", "REAL")), length), 1))
        tree.add(":FORMat[:DATA]?", Command(lambda: self._format))

        def set_order(order: str) -> None:
            self._swapped = order == "SWAP"

        tree.add(":FORMat:BORDer", Command(set_order, (Choice(("NORMal", "SWAPped")),), 1))
        tree.add(":FORMat:BORDer?", Command(lambda: "SWAP" if self._swapped else "NORM"))

        def set_elements(*chosen: str) -> None:
            self._elements = tuple(name for name in COLUMNS if name in chosen)  # their order is the instrument's

        tree.add(":FORMat:ELEMents:SENSe", Command(set_elements, (_ELEMENTS,), 1, repeats=True))
        tree.add(":FORMat:ELEMents:SENSe?", Command(lambda: ",".join(self._elements)))

    def _written(self, parts: list[tuple[Channel, Rows]], elements: tuple[str, ...]) -> str | bytes:
        """Return rows in the present format; channels side by side, reading by reading."""
        pieces = [
            np.where(self._taken(c, elements), rows[:, self._columns(elements)], NOT_A_NUMBER) for c, rows in parts
        ]
        shortest = min(len(piece) for piece in pieces)
        flat = np.concatenate([piece[:shortest] for piece in pieces], axis=1).ravel()
        if self._format == "ASC":
            return ",".join(f"{value:+.6E}" for value in flat)
        values = np.where(np.abs(flat) == OVERFLOW, np.copysign(np.inf, flat), flat)
        values = np.where(flat == NOT_A_NUMBER, np.nan, values)
        data = values.astype(f"{'<' if self._swapped else '>'}f{int(self._format[5:]) // 8}").tobytes()
        digits = str(len(data))
        return f"#{len(digits)}{digits}".encode() + data

    @staticmethod
    def _columns(elements: tuple[str, ...]) -> list[int]:
        return [COLUMNS.index(name) for name in elements]

    @staticmethod
    def _taken(channel: Channel, elements: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return which elements are measured: a function that is off gives not-a-number."""
        off = {"VOLT", "CURR", "RES"} - set(channel.settings.functions)
        return np.array([name not in off for name in elements])

    # -- results ------------------------------------------------------------------------------------------------------

    def _add_results(self) -> None:
        tree, lists = self._tree, (ChannelList(len(self._device.channels)),)
        for node, elements in [("", None), *((f":{form}", (short,)) for form, short in _NUMERIC.items())]:
            if node in {"", ":VOLTage", ":CURRent", ":RESistance"}:
                tree.add(f":MEASure{node}?", Command(self._spot(elements), lists))
            for array in (False, True):
                kind = ":ARRay" if array else "[:SCALar]"
                tree.add(f":FETCh{kind}{node}?", Command(self._fetch(elements, array=array), lists))
                tree.add(f":READ{kind}{node}?", Command(self._read(elements, array=array), lists))

        def data(number: int, offset: float = 0.0, size: float | None = None) -> str | bytes:
            channel = self._channel(number)
            return self._written([(channel, _cut(channel.data, offset, size))], self._elements)

        tree.add(":SENSe<1-2>:DATA?", Command(data, (_OFFSET, _SIZE)))

    def _fetch(self, elements: tuple[str, ...] | None, *, array: bool) -> Callable[..., str | bytes]:
        def act(channels: tuple[int, ...] = (1,)) -> str | bytes:
            chosen = [self._channel(number) for number in channels]
            if any(channel.data.count == 0 for channel in chosen):
                raise ScpiError(-230)
            first = [0 if array else channel.data.count - 1 for channel in chosen]
            parts = [(channel, channel.data.rows(k)) for channel, k in zip(chosen, first, strict=True)]
            return self._written(parts, elements or self._elements)

        return act

    def _read(self, elements: tuple[str, ...] | None, *, array: bool) -> Callable[..., Wait]:
        def act(channels: tuple[int, ...] = (1,)) -> Wait:
            now = self._device.update()
            chosen = [self._device.channels[number] for number in channels]
            for channel in chosen:
                channel.initiate(now)
            fetch = self._fetch(elements, array=array)
            return Wait(lambda: not any(channel.busy for channel in chosen), lambda: fetch(channels))

        return act

    def _spot(self, elements: tuple[str, ...] | None) -> Callable[..., Wait]:
        def act(channels: tuple[int, ...] = (1,)) -> Wait:
            now = self._device.update()
            chosen = [self._device.channels[number] for number in channels]
            if any(channel.busy for channel in chosen):
                raise ScpiError(-221, "the trigger system is not idle")
            for channel in chosen:
                for name in elements or ():
                    if name not in channel.settings.functions:  # a spot measurement of it switches it on
                        channel.settings.functions += (name,)
            starts = [channel.spot(now) for channel in chosen]
            end = max(s + c.settings.window_s for s, c in zip(starts, chosen, strict=True))

            def answer() -> str | bytes:
                parts = [(c, c.spot_rows(s)) for c, s in zip(chosen, starts, strict=True)]
                for channel, rows in parts:
                    channel.data.clear()
                    channel.data.append(rows)
                return self._written(parts, elements or self._elements)

            return Wait(lambda: self._device.clock.now() >= end, answer)

        return act

    # -- trace buffer (pp. 4-145 to 4-149) ----------------------------------------------------------------------------

    def _add_trace(self) -> None:
        tree, node = self._tree, ":TRACe<1-2>"

        def closed(number: int) -> Channel:
            channel = self._channel(number)
            if channel.trace_on:
                raise ScpiError(-221, "the trace buffer is open for writing")
            return channel

        def resize(number: int, points: float) -> None:
            closed(number).trace.clear()
            self._device.channels[number].trace.points = int(points)

        def control(number: int, mode: str) -> None:
            self._channel(number).trace_on = mode == "NEXT"

        def data(number: int, offset: float = 0.0, size: float | None = None) -> str | bytes:
            channel = self._channel(number)
            rows = _cut(channel.trace, offset, size).copy()
            if len(rows):
                first = channel.trace.rows(0, 1)[0, 3]  # absolute: since the first time stamp (p. 4-149)
                before = np.concatenate([rows[:1, 3], rows[:-1, 3]])
                rows[:, 3] -= before if self._is_delta[number] else first
            return self._written([(channel, rows)], self._elements)

        def feed(number: int, _source: str) -> None:
            closed(number)  # limit tests and arithmetic, its other sources, are not modelled

        def free(number: int) -> str:
            trace = self._channel(number).trace
            return f"{trace.points - trace.count},{trace.points}"

        tree.add(f"{node}:CLEar", Command(lambda number: closed(number).trace.clear()))
        tree.add(f"{node}:POINts", Command(resize, (Numeric(1, TRACE_POINTS, TRACE_POINTS, integer=True),), 1))
        tree.add(f"{node}:POINts?", Command(lambda number: str(self._channel(number).trace.points)))
        tree.add(f"{node}:POINts:ACTual?", Command(lambda number: str(self._channel(number).trace.count)))
        tree.add(f"{node}:FREE?", Command(free))
        tree.add(f"{node}:FEED", Command(feed, (Choice(("SENSe",)),), 1))
        tree.add(f"{node}:FEED?", Command(lambda _: "SENS"))
        tree.add(f"{node}:FEED:CONTrol", Command(control, (Choice(("NEXT", "NEVer")),), 1))
        tree.add(f"{node}:FEED:CONTrol?", Command(lambda number: "NEXT" if self._channel(number).trace_on else "NEV"))
        self._add_statistics(node)
        tree.add(f"{node}:DATA?", Command(data, (_OFFSET, _SIZE)))

    def _add_statistics(self, node: str) -> None:
        """Enter ``:TRACe:STATistic`` and ``:TRACe:TSTamp`` (p. 4-149; the data query as in B2961A ed. 6, p. 4-187)."""
        tree = self._tree

        def set_delta(number: int, rule: str) -> None:
            self._is_delta[number] = rule == "DELT"

        def set_statistic(number: int, operation: str) -> None:
            self._statistic[number] = operation

        def statistic(number: int) -> str:
            channel = self._channel(number)
            rows = channel.trace.rows()
            if not len(rows):
                raise ScpiError(-230)
            kept = [name for name in self._elements if name not in {"TIME", "STAT"}]
            measured = rows[:, self._columns(tuple(kept))]
            found = _STATISTICS[self._statistic[number]](measured)
            found = np.where(self._taken(channel, tuple(kept)), found, NOT_A_NUMBER)
            return ",".join(f"{value:+.6E}" for value in found)

        tree.add(f"{node}:TSTamp:FORMat", Command(set_delta, (Choice(("ABSolute", "DELTa")),), 1))
        tree.add(f"{node}:TSTamp:FORMat?", Command(lambda number: "DELT" if self._is_delta[number] else "ABS"))
        forms = Choice(("MEAN", "SDEViation", "PKPK", "MINimum", "MAXimum"))
        tree.add(f"{node}:STATistic:FORMat", Command(set_statistic, (forms,), 1))
        tree.add(f"{node}:STATistic:FORMat?", Command(lambda number: self._statistic[number]))
        tree.add(f"{node}:STATistic:DATA?", Command(statistic))


def _standard_deviation(rows: Rows) -> Rows:
    return np.std(rows, axis=0, ddof=1) if len(rows) > 1 else np.zeros(rows.shape[1])


_STATISTICS: dict[str, Callable[[Rows], Rows]] = {
    "MEAN": lambda rows: np.mean(rows, axis=0),
    "SDEV": _standard_deviation,
    "PKPK": lambda rows: np.ptp(rows, axis=0),
    "MIN": lambda rows: np.min(rows, axis=0),
    "MAX": lambda rows: np.max(rows, axis=0),
}
"""Statistics of the trace (p. 4-149). That the standard deviation has n - 1 below is assumed."""


def _cut(store: Store, offset: float, size: float | None) -> Rows:
    first = max(0, store.count - 1) if offset < 0 else int(offset)
    return store.rows(first, None if size is None else int(size))
