"""Loading of a program into an EC301, one exchange after the other, each read back.

Pages are those of the *EC301 User Manual*, revision 1.1 (02/29/2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.srs.program import FASTEST_RATE, ArbProgram, Program, PulseProgram, RampProgram
from protocols import InstrumentError

if TYPE_CHECKING:
    from drivers.visa.session import VisaSession

_ONLY_A_POTENTIAL_mV = 15_000
"""Largest potential. A point of a current is at most 2000 thousandths of its range (p. 124)."""
_POTENTIOSTATIC = (0, 1)
"""Numbers that p. 125 and p. 132 have for the potentiostatic type. On either page the other is none or 1 A."""


def load_program(session: VisaSession, program: Program) -> None:
    """Load a program and read it back, with the cell open.

    Raises
    ------
    InstrumentError
        If the instrument refuses it or reads back something else.
    """
    if isinstance(program, PulseProgram):
        _load_pulses(session, program)
    elif isinstance(program, RampProgram):
        _load_ramp(session, program)
    else:
        _load_arb(session, program)


def _load_pulses(session: VisaSession, program: PulseProgram) -> None:
    n_last = len(program.levels_mV) - 1
    session.write("plinit")
    wanted = {"ppoint": n_last, "psteps": program.step_mV, "plimit": program.limit, "plendm": 1}
    for name, value in wanted.items():
        session.write(f"{name} {value}")
    points = list(zip(program.levels_mV, program.holds, program.adds, program.moves, strict=True))
    for point, (level, hold, adds, moves) in enumerate(points):
        session.write(f"pdatap {point} {level}")
        session.write(f"pholdt {point} {hold}")
        if point:  # point 0 has no such bits, p. 114
            session.write(f"pincrm {point} {adds:d} {moves:d}")
    for name, value in wanted.items():
        _expect(session, f"{name}?", value)
    for point, (level, hold, adds, moves) in enumerate(points):
        _expect(session, f"pdatap? {point}", level)
        _expect(session, f"pholdt? {point}", hold)
        if point:
            _expect_bits(session, point, adds=adds, moves=moves)
    missing = query_number(session, "pprogm?")
    if missing:
        raise InstrumentError(
            f"{session.resource} finds data missing in its program (pprogm? answers {missing:g}); the cell is still "
            "open",
            command="pprogm?",
        )


def _expect_bits(session: VisaSession, point: int, *, adds: bool, moves: bool) -> None:
    query = f"pincrm? {point}"
    answer = session.query(query).replace(",", " ").split()
    if answer[-2:] != [f"{adds:d}", f"{moves:d}"]:
        raise _differs(session, query, " ".join(answer), f"{adds:d} {moves:d}")


def _load_ramp(session: VisaSession, program: RampProgram) -> None:
    session.write("ramprs")
    single = program.scans == 1
    wanted = {"scantp": int(single), "scanem": int(not program.opens)}
    if not single:
        wanted["rampcy"] = program.scans - 1
    for name, value in wanted.items():
        session.write(f"{name} {value}")
        _expect(session, f"{name}?", value)
    vertices = (program.rest_mV, program.level_mV, program.rest_mV)
    rates = (FASTEST_RATE, FASTEST_RATE)
    for name, values in (("ramppt", vertices), ("ramprt", rates), ("rampdt", program.delays)):
        for which, value in enumerate(values):
            session.write(f"{name} {which} {value}")
            _expect(session, f"{name}? {which}", value)
    missing = query_number(session, "ramppg? 0")
    if missing:
        raise InstrumentError(
            f"{session.resource} finds a parameter of its ramp missing (ramppg? answers {missing:g}); the cell is "
            "still open",
            command="ramppg?",
        )


def _load_arb(session: VisaSession, program: ArbProgram) -> None:
    _choose_potentiostatic(session)
    wanted = {
        "arbdly": program.delay_s,
        "arbdiv": program.divider,
        "arbcyc": program.cycles,
        "arbend": int(program.opens),
    }
    for name, value in wanted.items():
        session.write(f"{name} {value}")
        _expect(session, f"{name}?", value)
    for point, level in enumerate(program.levels_mV):
        _expect(session, f"arbset? {point} {level}", 0)
    _expect(session, "arbpts?", len(program.levels_mV))
    _expect(session, "arbget? 0", program.levels_mV[0])


def _choose_potentiostatic(session: VisaSession) -> None:
    """Choose the type of which a point may be 15 V: a number that means a current on this firmware takes no such point.

    The first point is written again afterwards.
    """
    for number in _POTENTIOSTATIC:
        session.write("arbrst")
        session.write(f"arbtyp {number}")
        if query_number(session, f"arbset? 0 {_ONLY_A_POTENTIAL_mV}") == 0:
            session.query("*ESR?")  # the other number may have been refused: that is no fault
            return
    raise InstrumentError(
        f"{session.resource} takes no arbitrary waveform of potentials (arbtyp 0 and 1 both refuse a point of 15 V); "
        "the cell is still open",
        command="arbtyp",
    )


def _expect(session: VisaSession, query: str, wanted: int) -> None:
    answer = query_number(session, query)
    if answer != wanted:
        raise _differs(session, query, f"{answer:g}", str(wanted))


def _differs(session: VisaSession, query: str, answer: str, wanted: str) -> InstrumentError:
    return InstrumentError(
        f"{session.resource}: {query} answers {answer}, not {wanted}; the cell is still open", command=query
    )


def query_number(session: VisaSession, query: str) -> float:
    """Return the number that a query answers.

    Raises
    ------
    InstrumentError
        If the answer is none.
    """
    answer = session.query(query).strip()
    try:
        return float(answer)
    except ValueError:
        raise InstrumentError(
            f"{session.resource}: {query} answers {answer!r}, which is no number; the cell is still open",
            command=query,
        ) from None
