"""The true record of an output, which no protocol is asked for, and answers that are held back."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from drivers import open_potentiostat
from sim_instruments.catalogue import CATALOGUE
from sim_instruments.core.clock import ManualClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.serving.in_process import served_here
from tests.patience import patience, until

# How the manuals say that each instrument's output goes on, and off.
SWITCHES = {
    "b2912a": (b":OUTP ON\n", b":OUTP OFF\n"),
    "ec301": (b"ceenab 1\n", b"ceenab 0\n"),
    "keithley2400": (b":OUTP ON\n", b":OUTP OFF\n"),
    "keithley2450": (b":OUTP ON\n", b":OUTP OFF\n"),
    "keithley2460": (b":OUTP ON\n", b":OUTP OFF\n"),
    "keithley2461": (b":OUTP ON\n", b":OUTP OFF\n"),
    "keithley2602b": (b"smua.source.output = 1\n", b"smua.source.output = 0\n"),
    "lakeshore335": (b"RANGE 1,1\n", b"RANGE 1,0\n"),
    "lakeshore336": (b"RANGE 1,1\n", b"RANGE 1,0\n"),
    "zahner-pp212": (b":SESO:STAT ON\n", b":SESO:STAT OFF\n"),
}


@pytest.mark.parametrize("kind", SWITCHES)
def test_every_instrument_tells_whether_its_output_is_on(kind: str) -> None:
    device = CATALOGUE[kind].make(ManualClock(), load_cell("resistor"), 1)
    client = device.client_session()
    assert not device.output_is_on
    for command, is_on in zip(SWITCHES[kind], (True, False), strict=True):
        client.receive(command)
        device.update()
        assert device.output_is_on is is_on


@pytest.mark.parametrize("kind", ["emstat-pico", "emstat4"])
def test_an_emstat_tells_whether_its_cell_is_on(kind: str) -> None:
    clock = ManualClock()
    device = CATALOGUE[kind].make(clock, load_cell("resistor"), 1)
    client = device.client_session()
    client.receive(b"e\nset_pgstat_mode 2\ncell_on\nwait 1\ncell_off\n\n")
    clock.advance(0.5)
    device.update()
    assert device.output_is_on
    clock.advance(1.0)
    device.update()
    assert not device.output_is_on


def test_the_record_knows_when_an_output_was_on() -> None:
    with served_here("keithley2461", record_output=True) as instrument:
        port = int(instrument.resource.split("::")[2])
        with socket.create_connection(("127.0.0.1", port)) as link:
            before_s = time.monotonic()
            link.sendall(b":OUTP ON\n")
            until(lambda: instrument.output.is_on)
            link.sendall(b":OUTP OFF\n")
            until(lambda: not instrument.output.is_on)
        on, off = instrument.output.edges
    assert (on.on, off.on) == (True, False)
    assert before_s <= on.at_s < off.at_s
    middle_s = 0.5 * (on.at_s + off.at_s)
    assert [instrument.output.was_on(at_s) for at_s in (before_s - 1.0, middle_s, off.at_s)] == [False, True, False]


@pytest.mark.parametrize("transport", ["socket", "hislip", "vxi11"])
def test_answers_are_held_until_they_are_released(transport: str) -> None:
    is_open, may_ask, has_answer = threading.Event(), threading.Event(), threading.Event()

    def ask(resource: str) -> None:
        driver = open_potentiostat(resource, patience(5.0))
        is_open.set()
        may_ask.wait(patience(10.0))
        driver.safe_state()
        has_answer.set()
        driver.close()

    with served_here("keithley2461", transport, record_output=True) as instrument:
        host = instrument.served.host
        client = threading.Thread(target=ask, args=(instrument.resource,), daemon=True)
        client.start()
        assert is_open.wait(patience(10.0))
        instrument.do(lambda: host.device.client_session().receive(b":OUTP ON\n"))
        until(lambda: instrument.output.is_on)
        instrument.do(host.hold_answers)
        may_ask.set()
        until(lambda: not instrument.output.is_on)
        assert not has_answer.is_set(), "it did as it was told, and has not said so"
        instrument.do(host.release_answers)
        assert has_answer.wait(patience(10.0))
        client.join(patience(5.0))
