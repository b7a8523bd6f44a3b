"""Does the driver play programs as one finite script, and is every line that comes back understood or refused?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from drivers import DrivePlan, OutputReadback, Status, open_potentiostat, probe
from drivers._methodscript import packaged, si
from drivers.emstat import EmStat, EmStat4, EmStatPico
from ionecho.demo import simulated_instrument
from protocols import InstrumentError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from protocols.library import names
from sim_instruments.methodscript.model import EMSTAT4, PICO
from tests.drivers.conformance import Truth, played

RESISTOR = 10_000.0
KINDS = {"emstat-pico": EmStatPico, "emstat4": EmStat4}


@pytest.fixture(scope="module", params=[("emstat-pico", "pty"), ("emstat4", "pty"), ("emstat4", "socket")])
def resource(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    kind, transport = request.param
    with simulated_instrument(kind, 1, 10.0, "resistor", transport) as served:
        yield kind, served


@pytest.fixture
def driver(resource: tuple[str, str]) -> Iterator[EmStat]:
    opened = open_potentiostat(resource[1])
    assert isinstance(opened, KINDS[resource[0]])
    yield opened
    opened.safe_state()
    opened.close()


def stretched(driver: EmStat, name: str) -> Protocol:
    protocol = Protocol.load(name)
    bounds = np.append(protocol.sequence.times_s, protocol.sequence.duration_s)
    return protocol.stretched(max(1.0, driver.capabilities.min_dwell_s / np.diff(bounds).min()))


def noise(plan: DrivePlan) -> float:
    """The simulator's stated white noise and converter steps."""
    model = PICO if plan.model == "EmStat Pico" else EMSTAT4
    white = plan.current_range_A * model.noise_1us * math.sqrt(1e-6 / plan.aperture_s)
    return math.hypot(white, 2.0 * model.overrange * plan.current_range_A / 2**model.converter_bits / math.sqrt(12.0))


@pytest.mark.parametrize("name", names())
def test_library_protocols_give_ohms_law_on_a_resistor(driver: EmStat, name: str) -> None:
    plan = driver.plan(stretched(driver, name))
    record = played(driver, plan)
    levels_off = record.current_A - plan.sequence.voltage_at(record.t_s) / RESISTOR
    # The potential has steps of its own, 395 uV on a Pico: they are beside the noise of the current.
    step_A = (395e-6 if plan.model == "EmStat Pico" else 1e-4) / RESISTOR
    assert len(record) == plan.n_samples
    assert not record.status.any()
    assert np.abs(levels_off).max() < 0.5 * step_A + 6.0 * noise(plan)
    flat = record.voltage_V == plan.sequence.rest_V
    if flat.any():
        rest = Truth(RESISTOR, noise(plan))
        assert np.std(record.current_A[flat]) < 1.5 * rest.noise_A


def test_it_is_known_by_its_firmware_and_nobody_minds_the_greeting_of_others(resource: tuple[str, str]) -> None:
    found = probe(resource[1])
    assert found.driver == resource[0]
    assert found.identity is not None
    assert found.identity.maker == "PalmSens"


def test_repeats_are_a_loop_on_the_instrument(driver: EmStat) -> None:
    sequence = PulseSequence.pulse(0.02, 0.1, before=0.1, after=0.1)
    plan = driver.plan(Protocol("x", sequence, Sampling(5e-3), Limits(voltage_V=0.1, current_A=1e-5), repeats=5))
    record = played(driver, plan)
    assert len(record) == plan.n_samples == 5 * 3 * 19
    assert not record.status.any()


def test_a_current_beyond_the_range_is_nan_and_flagged(driver: EmStat) -> None:
    sequence = PulseSequence.pulse(0.1, 0.1, before=0.1, after=0.1)
    limits = Limits(voltage_V=1.0, current_A=1e-4)
    plan = driver.plan(Protocol("x", sequence, Sampling(5e-3, current_range_A=1e-6), limits))
    record = played(driver, plan)
    during = record.voltage_V > 0.05
    assert np.isnan(record.current_A[during]).all()
    assert (record.status[during] & Status.OVERLOAD).all()
    assert not np.isnan(record.current_A[~during]).any()


def test_an_abort_ends_with_the_cell_off_at_any_time(driver: EmStat) -> None:
    sequence = PulseSequence.pulse(0.02, 60.0, before=1.0, after=60.0)
    plan = driver.plan(Protocol("x", sequence, Sampling(0.01), Limits(voltage_V=0.1, current_A=1e-5)))
    driver.arm(plan)
    driver.start()
    driver.read()
    driver.abort()
    off: OutputReadback = driver.safe_state()
    assert off.answer == "Tcell is off"
    assert driver.safe_state().off


def test_potentials_outside_the_window_are_refused_at_planning() -> None:
    sequence = PulseSequence.bipolar(1.5, 0.1, before=0.1, after=0.1)
    with pytest.raises(ProtocolError, match=r"within 2\.6 V"):
        EmStatPico.plan(Protocol("x", sequence, Sampling(5e-3), Limits(voltage_V=2.0, current_A=1e-5)))


def test_a_script_that_does_not_fit_is_refused_at_planning() -> None:
    train = PulseSequence.train(0.02, 0.02, 0.04, 200, before=0.1, after=0.1)
    with pytest.raises(ProtocolError, match="16384 fit"):
        EmStatPico.plan(Protocol("x", train, Sampling(5e-3), Limits(voltage_V=0.1, current_A=1e-5)))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.02, "20m"), (-0.5, "-500m"), (0.0, "0"), (1e-5, "10u"), (0.0123456, "12346u"), (200e3, "200000"), (2e-3, "2m")],
)
def test_numbers_are_written_as_the_manual_has_them(value: float, text: str) -> None:
    assert si(value) == text


def test_a_package_is_read_as_the_manual_defines_it() -> None:
    # MethodSCRIPT manual, chapter 5: seven hexadecimal digits less 2^27, and an SI prefix.
    potential, current = packaged("Pda7F85F3Fu;ba48D503Dp,10,288")
    assert (potential.kind, round(potential.value, 9)) == ("da", -0.499905)
    assert current.kind == "ba"
    assert current.value == pytest.approx((0x48D503D - 2**27) * 1e-12)
    assert current.status == 0


@pytest.mark.parametrize("line", ["P", "Pba", "Pba800000", "PbaXXXXXXXp", "Pba8000000q", "Pba80000000p"])
def test_a_garbled_package_is_refused(line: str) -> None:
    with pytest.raises(InstrumentError, match="garbled"):
        packaged(line)
