"""Does the maker's own tm_devices, which knows nothing of this project, work with the simulated 2602B?

It asks for an older python-dateutil than is pinned here, and so for an environment of its own; else this is skipped.
"""

from __future__ import annotations

from typing import Any

import pytest

package: Any = pytest.importorskip("tm_devices", reason="tm_devices is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")
OHM = 10_000.0


def test_it_sets_measures_and_reads_a_buffer() -> None:
    from ionecho.demo.run_demo import simulated_instrument

    with (
        simulated_instrument("keithley2602b", 1, 10.0, "resistor") as resource,
        package.DeviceManager(verbose=False) as manager,
    ):
        manager.visa_library = "@py"
        _, host, port, _ = resource.split("::")
        meter = manager.add_smu(host, connection_type="SOCKET", port=int(port))
        assert meter.model.endswith("2602B")
        assert meter.total_channels == 2
        meter.commands.smu["a"].source.levelv = 0.5
        meter.commands.smu["a"].measure.rangei = 1e-3
        meter.commands.smu["a"].source.output = 1
        assert float(meter.commands.smu["a"].source.levelv) == 0.5
        assert float(meter.query("print(smua.measure.i())")) == pytest.approx(0.5 / OHM, rel=1e-2)
        meter.write("smua.measure.count = 3 smua.measure.v(smua.nvbuffer1)")
        values = meter.get_buffers("smua.nvbuffer1")["smua.nvbuffer1"]
        assert [float(value) for value in values] == pytest.approx([0.5] * 3, rel=1e-3)
        meter.commands.smu["a"].source.output = 0
        assert meter.query("print(errorqueue.count)").startswith("0")
