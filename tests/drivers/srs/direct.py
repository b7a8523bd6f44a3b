"""A link to a simulated EC301 without a server and without waiting: its time goes on when somebody reads."""

from __future__ import annotations

from sim_instruments.core.clock import ManualClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.srs.instrument import EC301


class DirectSession:
    """What the driver needs of a `VisaSession`.

    Parameters
    ----------
    first_arb_type : int
        See `sim_instruments.srs.instrument.EC301`.
    """

    resource = "direct"

    def __init__(self, *, first_arb_type: int = 1) -> None:
        self.clock = ManualClock()
        self.device = EC301(self.clock, load_cell("resistor"), seed=5, first_arb_type=first_arb_type)
        self.talk = self.device.client_session()
        self.sent: list[str] = []
        self.idn = self.query("*IDN?")

    def write(self, message: str) -> None:
        self.sent.append(message)
        self.talk.receive(message.encode() + b"\n")

    def query(self, message: str) -> str:
        self.write(message)
        answer = bytes(self.talk.output).decode()
        self.talk.output.clear()
        assert answer.endswith("\r\n"), f"{message!r} is not answered"
        return answer.removesuffix("\r\n")

    def poll_bytes(self, limit: int) -> bytes:
        self.clock.advance(0.02)
        self.talk.run()
        data = bytes(self.talk.output[:limit])
        del self.talk.output[:limit]
        return data

    def clear(self) -> None:
        self.talk.output.clear()

    def close(self) -> None: ...
