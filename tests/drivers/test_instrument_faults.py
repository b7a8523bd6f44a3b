"""Does the fault campaign hold in small form? The full one: `just instrument-faults`, decision 022."""

from __future__ import annotations

import pytest

from benchmarks.campaigns import attempts, instrument_faults
from benchmarks.campaigns.instrument_faults import Case, judged, stages_of
from sim_instruments.catalogue import CATALOGUE
from tests.patience import slowed, timeout

pytestmark = pytest.mark.waits

FAULTS = ("drop-fin", "truncate", "garble", "length", "no-lf")


@pytest.fixture(autouse=True)
def _limits_as_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign's own limits are those of an idle machine."""
    monkeypatch.setattr(attempts, "TIMEOUT_S", timeout(attempts.TIMEOUT_S))
    monkeypatch.setattr(attempts, "LIMIT_S", timeout(attempts.LIMIT_S))
    monkeypatch.setattr(instrument_faults, "SAFE_S", timeout(instrument_faults.SAFE_S))


@pytest.fixture
def speed() -> float:
    """Speed of a simulator on the machine as loaded as it is now."""
    return slowed(10.0, 1.0)


@pytest.mark.parametrize("kind", ["ec301", "keithley2461", "emstat4", "lakeshore336"])
def test_no_fault_of_the_link_hangs_a_driver_or_passes_a_wrong_value(kind: str, speed: float) -> None:
    transport = CATALOGUE[kind].transports[0]
    at = stages_of(kind, transport, speed)
    for fault, stage in zip(FAULTS, ("open", "arm", "run", "read", "stop"), strict=True):
        if transport == "pty" and fault == "drop-fin":
            continue  # a line that is gone is gone: there is nothing to come back to
        verdict = judged(Case(kind, transport, f"{fault}@{at[stage] + 3}", stage), speed)
        assert verdict.outcome in {"complete", "error"}, (fault, stage, verdict)
        assert verdict.output == "off", (fault, stage, verdict)


@pytest.mark.parametrize("fault", ["reboot", "error-storm", "cell-open"])
@pytest.mark.parametrize("stage", ["run", "read"])
def test_no_fault_of_the_instrument_leaves_its_output_on(fault: str, stage: str, speed: float) -> None:
    verdict = judged(Case("keithley2461", "socket", fault, stage), speed)
    assert verdict.outcome in {"complete", "error"}, verdict
    assert verdict.output == "off", verdict
