"""Does the B2900 driver work over the message-based links of the instrument, too?"""

from __future__ import annotations

import numpy as np
import pytest

from drivers import open_potentiostat
from drivers.b2900 import B2911
from protocols import Protocol


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_a_library_protocol_gives_ohms_law_over_each_link(transport: str) -> None:
    from ionecho.demo import simulated_instrument

    with simulated_instrument("b2912a", 1, 20.0, "resistor", transport) as resource:
        driver = open_potentiostat(resource)
        driver.arm(B2911.plan(Protocol.load("prbs")))
        driver.start()
        blocks = []
        while (block := driver.read()) is not None:
            blocks.append(block)
        assert driver.safe_state().off
        driver.close()
    current, voltage = (np.concatenate([getattr(b, n) for b in blocks]) for n in ("current_A", "voltage_V"))
    assert len(current) == 78_500
    assert not any(block.status.any() for block in blocks)
    assert np.median(np.abs(current - voltage / 10_000.0)) < 1e-9
