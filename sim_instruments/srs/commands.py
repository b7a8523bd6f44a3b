"""Commands of an EC301 for control loop, measurement and status (manual revision 1.1, pp. 76-110 and 127-128)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.srs import registers
from sim_instruments.srs.engine import MAX_CURRENT_A
from sim_instruments.srs.syntax import ERRORS, Command, allowed, plain, scientific, within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim_instruments.srs.engine import Engine
    from sim_instruments.srs.registers import Registers

_SETTINGS = {
    "ecmode": (0, 2), "clbwth": (0, 5), "celimt": (0, 1), "celimv": (500, 30000), "addscn": (0, 1), "dcntrl": (0, 1),
    "irenab": (0, 1), "irtype": (0, 1), "ciopen": (100, 1_000_000), "ciperd": (1, 10_000), "cicorr": (0, 200),
    "trgarm": (0, 1), "stsync": (0, 1), "brenab": (0, 1), "lpfile": (0, 1), "lpfili": (0, 1), "eadcrg": (0, 2),
    "eadcfl": (0, 2), "irange": (1, 10), "iadcfl": (0, 2), "irnaut": (0, 1), "avgexp": (0, 8), "verbmd": (0, 1),
    "lockfp": (0, 1), "autotb": (0, 1),
}  # fmt: skip
"""Bounds of plain settings, pp. 77-100. Current ranges 11 to 13 are those of boosters: there is none."""
_ON_THE_LOOP = {"ecmode", "celimt", "celimv", "addscn", "dcntrl", "irange"}
"""Settings that change what the control loop does at once."""
_PT100 = (3.9083e-3, -5.775e-7)
"""Resistance of a Pt100 probe, IEC 60751: 100 ohm (1 + a T + b T^2)."""


class Commands:
    """The table of these commands.

    Parameters
    ----------
    engine : Engine
    registers : Registers
    """

    def __init__(self, engine: Engine, registers: Registers) -> None:
        self._engine = engine
        self._registers = registers
        self.error = 0

    @property
    def table(self) -> Mapping[str, Command]:
        """The commands by name; queries end with a question mark."""
        found = {
            name: Command("i", lambda value, name=name, bounds=bounds: self._set(name, value, *bounds))
            for name, bounds in _SETTINGS.items()
        }
        found |= {
            f"{name}?": Command("", lambda name=name: plain(getattr(self._engine.settings, name)))
            for name in (*_SETTINGS, "setvol", "rotate", "pfback", "bireje", "bireji")
            if name != "autotb"
        }
        return found | self._control() | self._measurement() | self._interface() | self._status()

    def _control(self) -> dict[str, Command]:
        engine = self._engine
        return {
            "setvol": Command("i", self._set_potential),
            "setcur": Command("x", self._set_current),
            "setcur?": Command("", lambda: scientific(engine.value * 1e-3 * engine.range_A)),
            "progrm?": Command("", lambda: f"{engine.program_V:+.3f}"),
            "limitg?": Command("", lambda: str(engine.overloads() & 1)),
            "ceenab": Command("i", self._enable),
            "ceenab?": Command("", lambda: str(int(engine.enabled))),
            "cellon?": Command("", lambda: str(int(engine.cell_on))),
            "cidlay": Command("ii", self._set_interrupt_delay),
            "cidlay?": Command("i", lambda which: str(engine.settings.cidlay.get(which, 0))),
            "pfback": Command("x", lambda share: self._keep("pfback", share, 0.0, 1e12)),
            "rotate": Command("x", lambda millivolts: self._keep("rotate", millivolts, 0.0, 10_000.0)),
            "bireje": Command("x", lambda millivolts: self._reject("bireje", millivolts, 15_000.0)),
            "bireji": Command("x", lambda share: self._reject("bireji", share, 2.0)),
            "bstrty?": Command("", lambda: "0"),
            "bstren": Command("i", self._boost),
            "bstren?": Command("", lambda: "0"),
        }

    def _measurement(self) -> dict[str, Command]:
        engine = self._engine
        return {
            "vlevel?": Command("", lambda: f"{engine.newest().potential_V[0]:.6g}"),
            "ilevel?": Command("", lambda: scientific(engine.newest().current_A[0])),
            "getaux?": Command("i", self._auxiliary),
            "anyrtd?": Command("", lambda: str(int(engine.inputs.rtd_C is not None))),
            "getrtd?": Command("", lambda: f"{self._probe_C():.2f}"),
            "rtdohm?": Command("", self._probe_ohm),
            "scntrg?": Command("", lambda: str(int(engine.player.running is not None))),
        }

    def _interface(self) -> dict[str, Command]:
        return {
            "fpgarv?": Command("", lambda: "1"),
            "macadr?": Command("", lambda: "00-19-B3-00-00-01"),
            "getbdp?": Command("", lambda: "2"),
            "exttmb?": Command("", lambda: "0"),
            "vfdmsg": Command("is", lambda line, _text: within(line, 0, 1)),
            "nulcmd": Command("|i", lambda *_: None),
            "nulcmd?": Command("", lambda: "0"),
            "*rst": Command("", self._engine.reset),
            "*tst?": Command("", lambda: "0"),
            "*opc": Command("", lambda: self._registers.post("*esr", registers.OPC)),
            "*opc?": Command("", lambda: "1"),
            "*wai": Command("", lambda: None),
        }

    def _status(self) -> dict[str, Command]:
        queries = {
            f"{name}?": Command("|i", lambda bit=None, name=name: self._ask(name, bit))
            for name in ("*esr", "*ese", "insr", "inse", "mesr", "mese", "*stb", "*sre")
        }
        sets = {
            name: Command("i|i", lambda value, state=None, name=name: self._mask(name, value, state))
            for name in ("*ese", "inse", "mese", "*sre")
        }
        rest = {
            "*cls": Command("", self._clear),
            "errlst?": Command("", lambda: str(self.error)),
            "errdcd?": Command("i", lambda number: ERRORS.get(number, "Unknown error")),
            "errmsg?": Command("i", lambda which: "0" if which == 0 else "No error"),
        }
        return queries | sets | rest

    # -- control loop -------------------------------------------------------------------------------------------------

    def _keep(self, name: str, value: float, low: float, high: float) -> None:
        within(value, low, high)
        setattr(self._engine.settings, name, value)

    def _set(self, name: str, value: int, low: int, high: int) -> None:
        within(value, low, high)
        engine, settings = self._engine, self._engine.settings
        match name:
            case "irange":  # pp. 28 and 89
                allowed(if_=not settings.irnaut and not settings.brenab)
                if value != settings.irange:
                    self._registers.post("insr", registers.RANGE_CHANGE)
            case "irnaut" if value:  # p. 90
                feedback = settings.irenab and settings.irtype == 1
                allowed(if_=settings.ecmode != 1 and not feedback and not settings.brenab)
            case "dcntrl" if value and not settings.dcntrl:  # p. 78
                allowed(if_=not engine.enabled)
            case "brenab" if value:  # p. 86: the outputs' voltages, of which that of E is inverted, are nulled
                now = engine.newest()
                settings.bireje = round(-1e3 * now.potential_V[0])
                settings.bireji = round(now.current_A[0] / engine.range_A, 2)
            case "irenab":
                engine.interrupted_since = engine.update()
        was = getattr(settings, name)
        setattr(settings, name, value)
        if name == "ecmode" and value != was:  # what is set in mV means nothing in amperes: zero (assumed)
            settings.setvol = 0
            engine.hold(0.0)
        if name in _ON_THE_LOOP:
            engine.refresh()
        if name == "dcntrl" and value != was:
            engine.enable(on=bool(value))

    def _set_potential(self, millivolts: int) -> None:
        within(millivolts, -15_000, 15_000)
        settings = self._engine.settings
        allowed(if_=settings.ecmode == 0 and not settings.dcntrl)  # p. 76
        settings.setvol = millivolts
        self._engine.hold(millivolts)

    def _set_current(self, share: float) -> None:
        most = 1.0 if self._engine.range_A == MAX_CURRENT_A else 2.0
        within(share, -most, most)
        allowed(if_=self._engine.settings.ecmode == 1)  # p. 77
        self._engine.hold(1e3 * share)

    def _enable(self, state: int) -> None:
        within(state, 0, 1)
        self._engine.enable(on=bool(state))

    def _set_interrupt_delay(self, which: int, microseconds: int) -> None:
        within(which, 0, 1)
        within(microseconds, 0, 1_000_000)
        self._engine.settings.cidlay[which] = microseconds

    def _reject(self, name: str, value: float, most: float) -> None:
        allowed(if_=bool(self._engine.settings.brenab))  # p. 86
        self._keep(name, value, -most, most)

    def _boost(self, state: int) -> None:
        within(state, 0, 1)
        allowed(if_=not state and not self._engine.enabled)  # p. 128; there is no booster

    # -- measurement, status ------------------------------------------------------------------------------------------

    def _auxiliary(self, which: int) -> str:
        within(which, 1, 4)
        volts = self._engine.inputs.aux_V
        return ", ".join(f"{value:.6f}" for value in (volts if which == 4 else [volts[which - 1]]))

    def _probe_C(self) -> float:
        found = self._engine.inputs.rtd_C
        allowed(if_=found is not None)
        return found or 0.0

    def _probe_ohm(self) -> str:
        celsius = self._probe_C()
        return f"{100.0 * (1.0 + _PT100[0] * celsius + _PT100[1] * celsius**2):.2f}"

    def _ask(self, name: str, bit: int | None) -> str:
        if bit is not None:
            within(bit, 0, self._registers.width(name) - 1)
        self._registers.post("mesr", self._engine.overloads())
        return str(self._registers.query(name, bit, available=False))

    def _mask(self, name: str, value: int, state: int | None) -> None:
        width = self._registers.width(name)
        within(value, 0, 2**width - 1 if state is None else width - 1)
        within(state or 0, 0, 1)
        self._registers.enable(name, value, state)

    def _clear(self) -> None:
        self._registers.clear()
        self._engine.stop()  # "It will also terminate all scans in progress", p. 108
