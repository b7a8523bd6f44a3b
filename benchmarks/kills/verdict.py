"""Verdict on one case: what must never happen, and within which times.

The promises (issue: nothing hangs, nothing stays on, nothing lies):

- Every sample that a front end was told to be safe is in the run file, with right checksums.
- Everything ends, or says why it does not, within 10 s.
- While the output is on and no process sees to it, the alarm is up; nothing that ends says "off" while it is on.
- Where one process lives and the instrument answers, the output is off within 1 s. A frozen process is not a dead one:
  others have to notice its silence first (`silence_s`), and the second begins then.
- Nothing switches an output on without a living guardian.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from daq.state import OutputState, Phase, RunState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.kills.cases import Case, Process
    from benchmarks.kills.observation import Observation

# The promised times (s): from the moment when somebody can know to the output off, and to the end of everything.
OFF_S, END_S = 1.0, 10.0
# Silence (s) after which a frozen guardian is given up by its runner and by a front end, and a frozen runner by its
# guardian: the limits of daq.execution.
_GUARDIAN_SILENT_TO_RUNNER_S, _GUARDIAN_SILENT_TO_FRONT_END_S, _RUNNER_SILENT_S = 2.0, 3.0, 4.0
# What a front end that lives takes for itself once it has noticed: the same as everybody.
# How long (s) a guardian keeps its control channel open after the end for front ends that never come.
_LINGER_S = 5.0
# How long (s) a start that was under way at the signals may still take to reach the instrument.
_UNDER_WAY_S = 0.3
# How long (s) the start of `ionecho recover` takes on an idle machine, before it does anything.
_START_S = 3.0
# Exit statuses of a command that may be: docs/reference/command-line.md.
_OUTPUT_UNKNOWN, _STATUSES = 4, {0, 1, 3, 4}
# The exit status that a front end has for each end of a run.
_STATUS_OF = {RunState.COMPLETE: 0, RunState.ABORTED: 1, RunState.STOPPED: 3}


def silence_s(case: Case) -> float | None:
    """Return how long nobody can know that the run's processes were hit; None if the run may simply go on.

    Parameters
    ----------
    case : Case
    """
    fate = case.fate
    runner, guardian, front_end = (fate.get(name, "") for name in ("runner", "guardian", "front end"))
    if not (runner or guardian):
        return None
    if case.is_short_freeze and "kill" not in {runner, guardian}:
        return None
    noticed = [case.frozen_s] if "freeze" in fate.values() else []
    if not runner:
        noticed.append(0.0 if guardian == "kill" else _GUARDIAN_SILENT_TO_RUNNER_S)
    if not guardian:
        noticed.append(0.0 if runner == "kill" else _RUNNER_SILENT_S)
    if not front_end and runner and guardian:
        noticed.append(0.0 if {runner, guardian} == {"kill"} else _GUARDIAN_SILENT_TO_FRONT_END_S)
    return min(noticed, default=None)


def was_driving(seen: Observation, patience: float = 1.0) -> bool:
    """Whether the output was on at the signals, or its start was under way.

    One that goes on later, under a living guardian, belongs to a run that has survived them.
    """
    soon = [change for change in seen.changes if change.on and change.at_s < _UNDER_WAY_S * patience]
    return seen.output_on or bool(soon)


def nobody_lives(case: Case) -> bool:
    """Whether all three processes are killed."""
    return len(case.hits) == 3 and set(case.fate.values()) == {"kill"}


def violations(case: Case, seen: Observation, patience: float = 1.0) -> list[str]:
    """Return what happened that must not, in words; empty if nothing did.

    Parameters
    ----------
    case : Case
    seen : Observation
    patience : float
        By which all limits of time are multiplied: how much slower than idle the machine is.
    """
    if seen.problem:
        return [f"not played: {seen.problem}"]
    return [
        *_lost_samples(seen),
        *_still_on(case, seen, patience),
        *_switched_on_alone(case, seen, patience),
        *_hangs(case, seen, patience),
        *_lies(case, seen),
        *_recovery(seen, patience),
    ]


def _lost_samples(seen: Observation) -> Iterator[str]:
    if seen.n_samples < seen.acknowledged:
        yield f"lost: {seen.acknowledged} samples were acknowledged, {seen.n_samples} are in the run file"
    if seen.bad_blocks:
        yield f"damaged: {seen.bad_blocks} blocks with a wrong checksum"


def _still_on(case: Case, seen: Observation, patience: float) -> Iterator[str]:
    silent_s = silence_s(case)
    if nobody_lives(case):
        return
    if seen.on_at_end:
        yield "on: the output stayed on to the end of the case"
        return
    if silent_s is None or not was_driving(seen, patience):
        return
    # The instrument answers only while its own process gets the processor.
    limit_s = silent_s + OFF_S * patience + seen.longest_gap_s
    late = [change.at_s for change in seen.changes if not change.on and change.at_s > limit_s]
    if late and seen.was_on(limit_s):
        yield f"late off: after {late[0]:.2f} s, where {limit_s:.2f} s are allowed ({silent_s:.1f} s of silence)"


def _switched_on_alone(case: Case, seen: Observation, patience: float) -> Iterator[str]:
    """Find an output that goes on while the guardian is dead or frozen."""
    for change in seen.changes:
        if not change.on or change.at_s < _UNDER_WAY_S * patience:
            continue
        fate = case.fate.get("guardian", "")
        is_frozen = fate == "freeze" and change.at_s < (seen.frozen_until_s or 0.0)
        has_ended = change.at_s > seen.ended_s.get("guardian", change.at_s) + _UNDER_WAY_S * patience
        if is_frozen or has_ended or fate == "kill":
            yield f"on alone: the output went on {change.at_s:.2f} s after the signals, without a living guardian"
            return


def end_limit_s(case: Case, seen: Observation, name: Process, patience: float) -> float:
    """Return within what time after the signals a process must have ended."""
    silent_s = silence_s(case)
    wakes_s = seen.frozen_until_s or 0.0
    begins = [0.0]
    if case.fate.get(name) == "freeze":
        begins.append(wakes_s)
    if silent_s is None or (case.phase.output_is_off and "kill" not in _fates_of_run(case)):
        # The run may go on to its own end.
        begins.append(wakes_s + seen.duration_s)
    elif name != "front end":
        begins.append(silent_s)
    linger_s = 0.0 if name == "front end" else _LINGER_S
    return max(begins) + END_S * patience + linger_s


def _fates_of_run(case: Case) -> set[str]:
    return {case.fate.get(name, "") for name in ("runner", "guardian")}


def _hangs(case: Case, seen: Observation, patience: float) -> Iterator[str]:
    for name, ended_s in seen.ended_s.items():
        limit_s = end_limit_s(case, seen, name, patience)
        if ended_s > limit_s:
            yield f"hang: the {name} ended after {ended_s:.1f} s, where {limit_s:.1f} s are allowed"
    if seen.leftovers:
        yield f"hang: still there when the case was given up: {', '.join(seen.leftovers)}"


def _lies(case: Case, seen: Observation) -> Iterator[str]:
    for alarm in seen.alarms:
        if alarm.output_on and not alarm.is_up:
            yield f"silenced: {alarm.when} the output is on, and no alarm is up"
        if alarm.output_on and not alarm.is_marked:
            yield f"unmarked: {alarm.when} the output is on, and a new run on the instrument would not know"
    if "Traceback" in seen.front_end_errors or "in a way that it should not" in seen.front_end_errors:
        yield f"traceback: {_last_line(seen.front_end_errors)}"
    if case.fate.get("front end") == "kill" or seen.front_end_status is None:
        return
    if seen.front_end_status not in _STATUSES:
        yield f"exit: the front end ended with {seen.front_end_status}: {_last_line(seen.front_end_errors)}"
    expected = _STATUS_OF.get(RunState.from_file(seen.state_left))
    if expected is not None and seen.front_end_status not in {expected, _OUTPUT_UNKNOWN}:
        yield f"status: the front end ended with {seen.front_end_status}, and its run is {seen.state_left!r}"
    told = seen.front_end_outcome.get("output", "")
    if seen.front_end_output_on and (
        told in {OutputState.OFF, OutputState.UNTOUCHED} or seen.front_end_status != _OUTPUT_UNKNOWN
    ):
        yield f"lie: the front end ended with {seen.front_end_status} and output {told!r} while the output was on"


def _recovery(seen: Observation, patience: float) -> Iterator[str]:
    if not seen.has_file:
        return
    if seen.recover_status is None:
        yield f"hang: `ionecho recover` did not end within {seen.recover_s:.0f} s"
        return
    if seen.recover_s > (END_S + _START_S) * patience:
        yield f"hang: `ionecho recover` took {seen.recover_s:.1f} s"
    if seen.on_at_end and seen.recover_status != _OUTPUT_UNKNOWN:
        yield f"lie: `ionecho recover` ended with {seen.recover_status} while the output is on"
    if not seen.on_at_end and seen.recover_status not in {0, _OUTPUT_UNKNOWN}:
        yield f"recover: exit status {seen.recover_status}: {_last_line(seen.recover_text)}"
    if not RunState.from_file(seen.state).is_final:
        yield f"open: the run file is still {seen.state!r} after `ionecho recover`"


def false_alarm(case: Case, seen: Observation) -> bool:
    """Whether the front end says that the output may be on, where somebody lived and it had been switched off."""
    return not nobody_lives(case) and seen.front_end_status == _OUTPUT_UNKNOWN and not seen.front_end_output_on


def is_hit(case: Case, seen: Observation) -> bool:
    """Whether the signals met the phase that they were for."""
    ending = {Phase.RUNNING, Phase.SWITCHING_OFF, Phase.CLOSING}
    met = seen.phase or str(Phase.CONNECTING)
    return met == case.phase or (case.phase is Phase.SWITCHING_OFF and met in ending)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "(it printed nothing)"
