"""Session of a client: lines that come in become scripts; some commands act at once although a script runs.

Series 2600B Reference Manual (2600BS-901-01 Rev. F), sections 7 (scripts) and 11 (common commands, which stand for TSP
code). Every line is a chunk of its own; between ``loadscript`` and ``endscript`` lines make a script.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim_instruments.keithley.k2600.errors import TspError

if TYPE_CHECKING:
    from sim_instruments.keithley.k2600.host import SessionHost

_TRIGGER = "*TRG"
_LONGEST_LINE = 1_000_000  # bytes (assumed)
# Section 11: the commands' equivalents in TSP code.
IDENTITY = "local n = localnode print('Keithley Instruments Inc., Model '..n.model..', '..n.serialno..', '..n.revision)"
"""What ``*IDN?`` stands for; an instrument with another form of identity looks for this."""
_COMMON = {
    "*IDN?": IDENTITY,
    "*RST": "reset()",
    "*OPC": "opc()",
    "*OPC?": "waitcomplete() print([[1]])",
    "*WAI": "waitcomplete()",
    "*TST?": "print([[0]])",
    "*ESE?": "print(tostring(status.standard.enable))",
    "*ESR?": "print(tostring(status.standard.event))",
    "*SRE?": "print(tostring(status.request_enable))",
    "*STB?": "print(tostring(status.condition))",
}
_WITH_MASK = {"*ESE": "status.standard.enable = ", "*SRE": "status.request_enable = "}


@dataclass
class _Script:
    """A script that is being loaded."""

    name: str
    run: bool
    lines: list[str] = field(default_factory=list)


class TspClientSession:
    """One client's session.

    Parameters
    ----------
    instrument : SessionHost
        With which; its only Lua is shared by all clients, one chunk at a time.
    """

    def __init__(self, instrument: SessionHost) -> None:
        self._instrument = instrument
        self._input = bytearray()
        self.lines: deque[str] = deque()
        self._script: _Script | None = None
        self._in_image = False
        self.output = bytearray()
        self.answered = False

    @property
    def waiting(self) -> bool:
        """Whether lines wait for their turn, or a script of this client has not answered yet, or has just done so.

        A script that has said something and continues is looked after by the instrument's own ticking.
        """
        return bool(self.lines or self.output) or (self._instrument.active_client is self and not self.answered)

    def receive(self, data: bytes) -> None:
        """Take bytes and act on whole lines."""
        self._input += data
        *lines, rest = self._input.split(b"\n")
        self._input = bytearray(rest)
        if len(self._input) > _LONGEST_LINE:
            self._input.clear()
            self._instrument.refuse(TspError(-363))
        for line in lines:
            self._take(line.decode("latin-1").rstrip("\r"))
        self.run()

    def _take(self, line: str) -> None:
        word = line.strip()
        if word == "abort":
            # All that waits behind the script is forgotten too (assumed).
            self.lines.clear()
            self._script = None
            self._instrument.abort()
        elif word:
            self.lines.append(line)

    # -- messages that end: VXI-11, HiSLIP ----------------------------------------------------------------------------

    def message(self, data: bytes, *, end: bool) -> None:
        """Take a message, or a part of one; its end ends its last line."""
        self.receive(data + (b"\n" if end and not data.endswith(b"\n") else b""))

    def interrupted(self) -> None:
        """Hear that a new message comes before the last answer was read."""
        self.output.clear()
        self._instrument.refuse(TspError(-410))

    def unterminated(self) -> None:
        """Hear that the client reads where there is nothing to say."""
        self._instrument.refuse(TspError(-420))

    def clear(self) -> None:
        """Do as a device clear: a script of this client is aborted too (assumed)."""
        self._input.clear()
        if self._instrument.active_client is self:
            self._instrument.abort()
        self.forget()

    def trigger(self) -> None:
        """Do as the interface's trigger (p. 9-373)."""
        self._instrument.trigger()

    def status_byte(self, *, message_available: bool) -> int:
        """Return the status byte of a serial poll."""
        self._instrument.update()
        self._instrument.status.message_available = message_available
        return self._instrument.status.byte()

    def forget(self) -> None:
        """Drop what was said and not yet done or answered: the instrument was restarted."""
        self.lines.clear()
        self._script = None
        self.output.clear()

    def run(self) -> None:
        """Go on until a script has to wait or there is nothing left."""
        self._instrument.update()
        while self.lines and self._may_act():
            self._instrument.status.message_available = bool(self.output)
            self._act(self.lines.popleft())
            self._instrument.update()

    def _may_act(self) -> bool:
        """Whether the next line's turn has come; a trigger reaches a script that waits for whatever it may be."""
        is_trigger = self.lines[0].strip().upper() == _TRIGGER
        return not (self._instrument.computing if is_trigger else self._instrument.scripting)

    def _act(self, line: str) -> None:
        word = line.strip()
        if self._in_image:
            self._in_image = word != "endimage"
        elif self._script is not None:
            if word == "endscript":
                script, self._script = self._script, None
                self._instrument.keep_script(script.name, script.lines, self, run=script.run)
            else:
                self._script.lines.append(line)
        elif self._instrument.shows_images and word.startswith("loadimage "):
            self._in_image = True  # a picture of a front-panel application, up to endimage: there is no display
        elif found := re.fullmatch(r"(loadscript|loadandrunscript)(?:\s+(\w+))?", word):
            self._script = _Script(found[2] or "", found[1] == "loadandrunscript")
        elif word.upper() == _TRIGGER:
            self._instrument.trigger()
        elif word.upper() == "*CLS":
            self._instrument.clear_status()
        else:
            self._instrument.execute(_translated(word) or line, self)


def _translated(word: str) -> str | None:
    """Return the TSP code of a common command, None for anything else."""
    if (chunk := _COMMON.get(word.upper())) is not None:
        return chunk
    if found := re.fullmatch(r"(\*\w+)\s+(\d+)", word):
        setting = _WITH_MASK.get(found[1].upper())
        return None if setting is None else setting + found[2]
    return None
