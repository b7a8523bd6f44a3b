"""Are instruments found, remembered, and matched with drivers, those of other packages too?"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial.tools

import drivers.discovery
from drivers import addresses, discover, forget, installed_drivers, open_potentiostat, remember, resolved
from drivers.discovery import candidate_resources
from protocols import ConnectionLost, InstrumentError
from tests.drivers.peers import dropper, plugins_installed_in
from tests.ionecho.commands import command
from tests.patience import patience


@pytest.fixture(autouse=True)
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IONECHO_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "instruments.toml"


def test_names_stand_for_resources_until_they_are_forgotten(book: Path) -> None:
    remember("smu", "TCPIP::192.168.0.10::5025::SOCKET")
    remember("cryo-1", "ASRL/dev/ttyUSB0::INSTR")
    assert resolved("smu") == "TCPIP::192.168.0.10::5025::SOCKET"
    assert resolved("TCPIP::x::1::SOCKET") == "TCPIP::x::1::SOCKET"
    assert "smu" in book.read_text()
    forget("smu")
    assert list(addresses()) == ["cryo-1"]
    with pytest.raises(InstrumentError, match="not in the address book"):
        forget("smu")


@pytest.mark.parametrize("name", ["two words", "a::b", ""])
def test_a_name_that_could_be_a_resource_is_refused(name: str) -> None:
    with pytest.raises(InstrumentError, match="cannot be a name"):
        remember(name, "TCPIP::x::1::SOCKET")


def test_a_broken_address_book_is_a_clear_error(book: Path) -> None:
    book.parent.mkdir()
    book.write_text("[instruments\n")
    with pytest.raises(InstrumentError, match="cannot be read"):
        resolved("smu")


def test_what_is_neither_resource_nor_name_says_so() -> None:
    with pytest.raises(InstrumentError, match="nor in the address book"):
        open_potentiostat("smu")


def test_an_address_where_nobody_listens_is_tried_once_whatever_dialects_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    def refused(_manager: object, resource: str, *_: object) -> None:
        tried.append(resource)
        raise ConnectionRefusedError

    monkeypatch.setattr("drivers.visa.session.open_link", refused)
    with pytest.raises(ConnectionLost, match="nothing listens at that address"):
        open_potentiostat("TCPIP::127.0.0.1::9::SOCKET")
    assert len(tried) == 1


def test_looking_everywhere_asks_the_address_book_first_and_drops_what_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed = f"TCPIP::127.0.0.1::{unused.getsockname()[1]}::SOCKET"
    monkeypatch.setattr(drivers.discovery, "candidate_resources", lambda _: [closed])
    with dropper() as resource:
        remember("mine", resource)
        remember("gone", closed)
        told: list[tuple[int, int]] = []
        found = discover(progress=lambda _, done, asked: told.append((done, asked)))
    by_name = {one.name: one for one in found}
    assert set(by_name) == {"mine", "gone"}
    assert by_name["mine"].identity is not None
    assert by_name["mine"].identity.model == "DROPPER"
    assert "no driver" in by_name["mine"].problem
    assert "nothing listens" in by_name["gone"].problem
    assert told[-1] == (2, 2)


def _fails(problem: Exception) -> Callable[[], list[str]]:
    def look() -> list[str]:
        raise problem

    return look


# As Wine 8 has it: pyserial's list of ports wants a function that the library lacks. It cannot even be imported there.
NO_PORTS = SimpleNamespace(comports=_fails(AttributeError("function not found")))


def test_where_nobody_can_look_is_told_and_the_other_places_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    with dropper() as resource:
        monkeypatch.setattr("drivers.discovery.list_visa_resources", lambda: (resource,))
        monkeypatch.setattr("zeroconf.Zeroconf", _fails(OSError(19, "No such device")))
        monkeypatch.setattr(serial.tools, "list_ports", NO_PORTS, raising=False)
        found = discover(report=told.append)
    assert [one.resource for one in found] == [resource]
    assert told == [
        "the network cannot be searched: [Errno 19] No such device",
        "serial ports cannot be listed: function not found",
    ]


def test_the_command_tells_where_nobody_could_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("drivers.discovery.list_visa_resources", tuple)
    monkeypatch.setattr("zeroconf.Zeroconf", _fails(OSError("no network")))
    monkeypatch.setattr(serial.tools, "list_ports", NO_PORTS, raising=False)
    problems = ["the network cannot be searched: no network", "serial ports cannot be listed: function not found"]
    assert command("discover", "--json") == 0
    assert json.loads(capsys.readouterr().out)["not_searched"] == problems
    assert command("discover") == 0
    assert capsys.readouterr().err.splitlines()[-2:] == [f"warning: {problem}" for problem in problems]


@pytest.mark.parametrize(
    ("platform", "device", "resource"),
    [("win32", "COM12", "ASRL12::INSTR"), ("linux", "/dev/ttyUSB0", "ASRL/dev/ttyUSB0::INSTR")],
)
def test_a_serial_port_gets_the_resource_that_visa_has_for_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, device: str, resource: str
) -> None:
    ports = [SimpleNamespace(device=device, vid=0x0403), SimpleNamespace(device="of the motherboard", vid=None)]
    monkeypatch.setattr(serial.tools, "list_ports", SimpleNamespace(comports=lambda: ports), raising=False)
    monkeypatch.setattr("drivers.discovery.list_visa_resources", tuple)
    monkeypatch.setattr("zeroconf.Zeroconf", _fails(OSError()))
    monkeypatch.setattr(sys, "platform", platform)
    assert candidate_resources(lambda _: None) == [resource]


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python in which the example package is installed, and a broken one."""
    return os.environ | {"PYTHONPATH": plugins_installed_in(tmp_path / "site")}


def ionecho(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ionecho", *words]
    return subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", timeout=patience(60), check=False
    )


def test_a_driver_of_another_package_is_found_and_a_broken_one_harms_nobody(installed: dict[str, str]) -> None:
    with dropper() as resource:
        done = ionecho(installed, "discover", resource, "--json")
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        assert document["instruments"][0]["driver"] == "dropper"
        assert document["instruments"][0]["problem"] == ""
        drivers_by_name = {entry["name"]: entry for entry in document["drivers"]}
        assert drivers_by_name["dropper"]["package"] == "ionecho-dropper"
        assert drivers_by_name["keithley2461"]["package"] == "ionecho"
        assert "cannot be loaded" in drivers_by_name["broken"]["problem"]


def test_a_driver_of_another_package_measures(installed: dict[str, str], tmp_path: Path) -> None:
    with dropper() as resource:
        protocol = tmp_path / "slow.toml"
        protocol.write_text(
            'name = "slow"\n[sequence]\nkind = "pulse"\nlevel = "1 V"\nwidth = "0.6 s"\nbefore = "0.5 s"\n'
            'after = "0.5 s"\n[sampling]\ninterval = "100 ms"\n[limits]\nvoltage = "2 V"\ncurrent = "50 mA"\n'
        )
        done = ionecho(installed, "run", str(protocol), "-r", resource, "-o", str(tmp_path / "r.nxs"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["samples"] == 16


def test_remembered_names_can_be_given_instead_of_resources(installed: dict[str, str]) -> None:
    with dropper() as resource:
        assert ionecho(installed, "discover", resource, "--remember", "drop").returncode == 0
        found = json.loads(ionecho(installed, "discover", "drop", "--json").stdout)["instruments"]
    assert found[0]["driver"] == "dropper"


def test_every_module_of_a_driver_is_registered_and_can_be_loaded() -> None:
    names = {entry.name for entry in installed_drivers() if not entry.problem}
    assert names >= {
        "b2901", "b2911", "ec301", "emstat-pico", "emstat4", "keithley2450", "keithley2460", "keithley2461",
        "keithley2602b", "lakeshore335", "lakeshore336", "zahner-pp212",
    }  # fmt: skip
