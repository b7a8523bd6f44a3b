"""A simulated EC301, and a client of it."""

from __future__ import annotations

import pytest

from tests.sim_instruments.srs.client import Client


@pytest.fixture(scope="module")
def instrument() -> Client:
    """Return the client of an instrument that all tests of a file share."""
    return Client()


@pytest.fixture
def client(instrument: Client) -> Client:
    """Return it after a restart."""
    return instrument.restarted()
