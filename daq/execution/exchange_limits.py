"""Time that an instrument gets for its answers in each part of a run, and the bounds that safety sets.

======================  ==============================================  ===============================================
part of a run           an answer is waited for                         bound, whatever the load of the computer
======================  ==============================================  ===============================================
before the start        1.5 s, times the slowness of the computer       15 s: the output is off; a runner that arms is
                                                                        known as hung after 20 s without an exchange
the program runs        4 s, or 1.5 s times the slowness                10 s: so long an instrument that does not answer
                                                                        is tried before a person is told to look at it
switching off           1.5 s, times the slowness                       4 s: so long whoever may have the output on may
                                                                        be silent; then another session switches off
======================  ==============================================  ===============================================

While the program runs, an answer that is late means a query that is late, not a run that is lost: the instrument plays
its program, holds its own limits, and ends at off by itself. What nobody watches in that time are the charge, energy
and current limits of the protocol, hence the bound. A stop does not wait for the answer: the exchange is abandoned, and
the guardian switches off through its own session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers import Patience

if TYPE_CHECKING:
    from collections.abc import Callable

# The table above (s). Doubled: a person waits longer for an instrument that never answers, or the run is unwatched for
# longer, or another session switches off later.
_BEFORE_START_S, _RUNNING_S, _RUNNING_AT_MOST_S, SWITCHING_OFF_S = 15.0, 4.0, 10.0, 4.0


def before_start(patience: Patience, abandon: Callable[[], str | None]) -> None:
    """Set what holds before the start; `abandon` returns why the run must stop, None if it need not."""
    patience.longest_s, patience.late_s, patience.abandon = _BEFORE_START_S, 0.0, abandon


def while_running(patience: Patience) -> None:
    """Set what holds while the instrument's program runs."""
    patience.longest_s, patience.late_s = _RUNNING_AT_MOST_S, _RUNNING_S


def while_switching_off(patience: Patience) -> None:
    """Set what holds once the output is to go off: nothing more urgent can come."""
    patience.longest_s, patience.late_s, patience.abandon = SWITCHING_OFF_S, 0.0, lambda: None


def patience_of_guardian(answer_s: float) -> Patience:
    """Return what a spare session has: it is there for switching off."""
    return Patience(answer_s, longest_s=SWITCHING_OFF_S)
