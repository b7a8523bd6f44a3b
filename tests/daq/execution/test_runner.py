"""A run ends with its output off and its samples on disk, however it ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from daq import open_run
from daq.execution.run_request import CampaignPlace, StopThreshold
from daq.execution.runner import Runner
from daq.files.open_file import RunFileBytes
from daq.files.writer import RunWriter
from drivers import DrivePlan, Status
from protocols import ConnectionLost, InstrumentError, Limits, OutputStateUnknown, Protocol
from tests.daq.conftest import ResistorPotentiostat
from tests.patience import patience

MakeRunner = Callable[..., tuple[Runner, Any, Path, Any]]


def test_a_run_to_its_end_is_complete_and_says_ohms_law(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, listener, path, _ = make_runner(protocol)
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 4000)
    run = open_run(path)
    assert run.state == "complete"
    np.testing.assert_allclose(run.current_A, run.voltage_V / 10_000)
    assert run.verify().bad_blocks == ()
    assert run.protocol == protocol
    assert [status.phase for status in listener.heard][:2] == ["planning", "arming"]
    assert not path.stat().st_mode & 0o222, "a finished run file is read-only"
    assert potentiostat.calls[-1] == "safe_state"


def test_the_file_is_whole_before_the_output_goes_on(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, _, path, _ = make_runner(protocol)
    seen: list[int] = []

    def look(read: int) -> None:
        if read == 1:
            with h5py.File(path, "r") as file:
                seen.append(file["entry/data/current"].shape[0])

    potentiostat.on_read = look
    runner.run()
    assert seen == [4000]


def test_a_stop_ends_the_run_at_once_and_keeps_what_was_measured(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, listener, path, _ = make_runner(protocol)

    def stop_in_the_third(read: int) -> None:
        if read == 3:
            listener.reason = "enough"

    potentiostat.on_read = stop_in_the_third
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.reason) == ("stopped", "off", "enough")
    assert not potentiostat.output_on
    run = open_run(path)
    assert (run.state, run.n_samples, run.n_planned) == ("stopped", 1500, 1500)
    assert run.events[-1]["message"] == "enough"


@pytest.mark.parametrize(
    ("limits", "quantity"),
    [
        (Limits(current_A=1.5e-6), "current 2 µA at 200.1 ms"),
        # 1 uA for 0.1 s is 0.1 uC; half of it is reached at 0.15 s.
        (Limits(charge_C=5e-8), "charge 50.1 nC at 150.1 ms"),
        # 10 mV * 1 uA = 10 nW for 0.1 s, then 40 nW: 2 nJ at 0.225 s.
        (Limits(energy_J=2e-9), "energy 2.004 nJ at 225 ms"),
    ],
)
def test_a_limit_crossed_in_the_run_stops_it_within_one_block(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat, limits: Limits, quantity: str
) -> None:
    runner, _, path, _ = make_runner(protocol, limits)
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.error) == ("stopped", "off", "LimitError")
    assert quantity in outcome.reason
    assert not potentiostat.output_on
    run = open_run(path)
    crossing = float(quantity.split(" at ")[1].split(maxsplit=1)[0]) * 1e-3
    assert run.t_s[-1] < crossing + potentiostat.block_samples * 1e-4
    assert run.t_s[-1] >= crossing - 1e-4, "the block with the crossing is kept"


def test_a_condition_of_the_campaign_ends_a_run_well_and_keeps_the_sample_that_met_it(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    place = CampaignPlace("study", 1, ends_at=(StopThreshold("current", 1.5e-6, True, "current above 1.5 uA"),))
    runner, _, path, _ = make_runner(protocol, place=place)
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.error) == ("stopped", "off", "")
    # 10 kohm: 20 mV from 0.2 s on.
    assert outcome.campaign_ends_for == "current above 1.5 uA (current 2 µA at 200.1 ms)"
    assert not potentiostat.output_on
    assert runner.session_is_sound, "the next campaign may use it"
    run = open_run(path)
    assert run.current_A[-1] > 1.5e-6
    assert run.recorded_outcome() == outcome


def test_a_protocol_over_the_rigs_limit_is_refused_before_anything_is_sent(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, _, path, _ = make_runner(protocol, Limits(voltage_V=0.015))
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.error) == ("refused", "untouched", "LimitError")
    assert "edge 3 of 4, at 200 ms, goes to 20 mV: over the voltage limit of 15 mV" in outcome.reason
    assert potentiostat.calls == ["identify"]
    assert not path.exists()


def test_a_stop_while_arming_never_lets_the_output_on(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, listener, _, _ = make_runner(protocol)

    def arm_until_stopped(plan: DrivePlan) -> None:
        ResistorPotentiostat.arm(potentiostat, plan)
        listener.reason = "enough"

    potentiostat.arm = arm_until_stopped  # type: ignore[method-assign]
    outcome = runner.run()
    assert (outcome.state, outcome.output) == ("stopped", "off")
    assert "arm" in potentiostat.calls
    assert "start" not in potentiostat.calls


def test_a_stop_while_planning_sends_nothing_and_leaves_no_file(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, listener, path, _ = make_runner(protocol)
    listener.reason = "enough"
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.error) == ("refused", "untouched", "")
    assert "enough" in outcome.reason
    assert potentiostat.calls == ["identify"]
    assert not path.exists()


def test_without_permission_the_program_is_loaded_and_never_started(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, listener, path, _ = make_runner(protocol)
    listener.refusal = "the measuring process was held up for 80.0 s before the start"
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.error) == ("aborted", "off", "InstrumentError")
    assert "held up for 80.0 s" in outcome.reason
    assert "start" not in potentiostat.calls
    assert potentiostat.calls[-1] == "safe_state"
    assert open_run(path).state == "aborted"


def test_nothing_comes_between_the_permission_and_the_start(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, listener, _, _ = make_runner(protocol)
    listener.on_permission = lambda: potentiostat.calls.append("permitted")
    runner.run()
    place = potentiostat.calls.index("permitted")
    assert potentiostat.calls[place - 1 : place + 2] == ["arm", "permitted", "start"]


@pytest.mark.parametrize("call", ["arm", "start", "read 1", "read 4"])
def test_a_failure_at_any_stage_ends_with_the_output_off(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat, call: str
) -> None:
    potentiostat.fail_at = {call: InstrumentError("error -221, Settings conflict")}
    runner, _, path, _ = make_runner(protocol)
    outcome = runner.run()
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert "-221" in outcome.reason
    assert potentiostat.calls[-1] == "safe_state"
    kept = 1500 if call == "read 4" else 0
    assert open_run(path).n_samples == outcome.n_samples == kept


def test_an_output_that_cannot_be_read_back_is_said_to_be_unknown(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    potentiostat.fail_at = {"read 2": ConnectionLost("cable"), "safe_state": OutputStateUnknown("no link")}
    runner, listener, path, _ = make_runner(protocol)
    listener.problem = "press the key"
    outcome = runner.run()
    assert (outcome.state, outcome.output) == ("unknown", "unknown")
    assert "cable" in outcome.reason
    assert "press the key" in outcome.reason
    assert open_run(path).state == "unknown"
    with pytest.raises(OutputStateUnknown):
        outcome.raise_if_failed()


def test_a_lost_link_is_no_unknown_output_once_the_guardian_has_read_it_back_as_off(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    potentiostat.fail_at = {"read 2": ConnectionLost("cable"), "safe_state": OutputStateUnknown("no link")}
    runner, _, path, _ = make_runner(protocol)
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.reason) == ("aborted", "off", "cable")
    assert open_run(path).state == "aborted"


def test_an_instrument_that_gives_too_few_samples_has_not_completed_the_run(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    potentiostat.total = 3000
    runner, _, _, _ = make_runner(protocol)
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("aborted", "off", 3000)
    assert "3000 of 4000" in outcome.reason


def test_an_instrument_that_never_ends_is_stopped(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    potentiostat.block_samples = 0
    runner, _, _, clock = make_runner(protocol)
    outcome = runner.run()
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert "did not end" in outcome.reason
    assert clock.now == pytest.approx(30.5, abs=1.0)


def test_an_existing_file_is_never_written_over(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    runner, _, path, _ = make_runner(protocol)
    path.write_text("precious")
    outcome = runner.run()
    assert (outcome.state, outcome.error) == ("refused", "RunFileError")
    assert path.read_text() == "precious"
    assert "start" not in potentiostat.calls


def test_a_run_file_that_cannot_be_trimmed_does_not_hide_how_the_run_ended(
    make_runner: MakeRunner, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("daq.execution.runner.finalize_open_file", full)
    runner, _, path, _ = make_runner(protocol)
    outcome = runner.run()
    assert (outcome.state, outcome.output) == ("complete", "off")
    assert "ionecho recover" in outcome.warnings[-1]
    assert open_run(path).n_samples == outcome.n_samples


def test_a_last_event_that_cannot_be_written_does_not_hide_how_the_run_ended(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    def stop_writing_events(read: int) -> None:
        if read == 3:
            monkeypatch.setattr(RunFileBytes, "add_event", broken)

    potentiostat.on_read = stop_writing_events
    runner, _, path, _ = make_runner(protocol)
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 4000)
    assert "Input/output error" in outcome.warnings[-1]
    assert open_run(path).n_samples == 4000


@pytest.mark.parametrize("call", ["show", "acknowledge"])
def test_a_disk_that_hangs_for_good_does_not_hide_how_the_run_ended(
    make_runner: MakeRunner,
    protocol: Protocol,
    potentiostat: ResistorPotentiostat,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
) -> None:
    hanging, answers = threading.Event(), threading.Event()

    def never(*_: object) -> int:
        hanging.set()
        answers.wait(patience(60.0))
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(RunFileBytes, call, never)
    writers: list[RunWriter] = []

    def hasty_writer(path: Path) -> RunWriter:
        writers.append(RunWriter(path, patience_s=0.05))
        return writers[-1]

    monkeypatch.setattr("daq.execution.runner.RunWriter", hasty_writer)
    runner, _, path, _ = make_runner(protocol)
    outcome = runner.run()
    (writer,) = writers
    assert hanging.is_set()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("aborted", "off", 0)
    assert "the disk took nothing" in outcome.reason
    assert "does not answer" in outcome.warnings[-1]
    # Another file with this descriptor would be written into when the disk comes back.
    assert os.path.samestat(os.fstat(writer.file.fileno()), path.stat())
    assert not potentiostat.output_on
    answers.set()


def test_flagged_samples_are_told_with_the_outcome(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat
) -> None:
    potentiostat.flags = {1000: Status.TIMING, 1001: Status.TIMING | Status.EDGE, 2000: Status.EDGE}
    runner, _, path, _ = make_runner(protocol)
    outcome = runner.run()
    assert (outcome.state, outcome.error) == ("complete", "")
    assert outcome.warnings == ("2 of the samples have the flag TIMING: their time or source value is not the plan's",)
    assert open_run(path).events[-1]["warnings"] == list(outcome.warnings)
