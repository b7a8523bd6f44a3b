"""Does the B2900 driver work over the message-based links of the instrument, too?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from drivers import open_potentiostat
from drivers.keysight.driver import B2911
from protocols import Protocol
from tests.drivers.conformance import SHORT_PROTOCOLS, Truth, played, simulated_instrument


@pytest.fixture(scope="module", params=["hislip", "vxi11"])
def resource(request: pytest.FixtureRequest) -> Iterator[str]:
    with simulated_instrument("b2912a", 20.0, "resistor", request.param) as served:
        assert ("hislip0" if request.param == "hislip" else "inst0") in served
        yield served


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_library_protocols_give_ohms_law_over_each_link(resource: str, name: str) -> None:
    driver = open_potentiostat(resource)
    try:
        plan = B2911.plan(Protocol.load(name))
        # 1e-4 of the range at 1 us, falling with the root of the aperture.
        noise_A = 1e-4 * plan.current_range_A / np.sqrt(plan.aperture_s / 1e-6)
        Truth(10_000.0, noise_A).holds(plan, played(driver, plan))
    finally:
        driver.close()
