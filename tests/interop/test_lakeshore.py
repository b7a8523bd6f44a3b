"""Does the maker's own driver of the 336 work with the simulated one?"""

from __future__ import annotations

from typing import Any

import pytest

from sim_instruments.serving.in_process import served_here
from tests.patience import patience

lakeshore = pytest.importorskip("lakeshore", reason="the maker's driver (pip install lakeshore) is not here")

CALLS: list[tuple[Any, ...]] = [
    ("get_kelvin_reading", "A"),
    ("get_celsius_reading", "A"),
    ("get_sensor_reading", "A"),
    ("get_all_kelvin_reading",),
    ("get_all_sensor_reading",),
    ("get_input_reading_status", "A"),
    ("get_thermocouple_junction_temp",),
    ("get_input_curve", "A"),
    ("get_curve_header", 6),
    ("set_curve_data_point", 21, 1, 0.5, 300),
    ("get_curve_data_point", 21, 1),
    ("delete_curve", 21),
    ("get_alarm_parameters", "A"),
    ("get_alarm_status", "A"),
    ("reset_alarm_status",),
    ("set_filter", "A", True, 16, 5),
    ("get_filter", "A"),
    ("get_min_max_data", "A"),
    ("reset_min_max_data",),
    ("get_input_sensor", "A"),
    ("set_sensor_name", "A", "cell"),
    ("get_sensor_name", "A"),
    ("set_temperature_limit", "A", 400),
    ("get_temperature_limit", "A"),
    ("get_heater_output", 1),
    ("get_heater_status", 1),
    ("get_heater_setup", 1),
    ("set_heater_pid", 1, 40, 20, 0),
    ("get_heater_pid", 1),
    ("get_setpoint_ramp_parameter", 1),
    ("get_setpoint_ramp_status", 1),
    ("set_control_setpoint", 1, 300),
    ("get_control_setpoint", 1),
    ("get_heater_output_mode", 3),
    ("get_heater_range", 3),
    ("get_monitor_output_heater", 3),
    ("get_warmup_supply_parameter", 3),
    ("get_control_loop_zone_table", 1, 1),
    ("set_manual_output", 3, 10),
    ("get_manual_output", 3),
    ("get_analog_output_percentage", 3),
    ("get_self_test",),
    ("get_remote_interface_mode",),
]
"""Members of the public class for what the simulator has; relays, display and network it has not."""


def test_the_makers_driver_finds_what_it_expects() -> None:
    with served_here("lakeshore336", "socket", speed=20.0) as served:
        port = int(served.resource.split("::")[2])
        device = lakeshore.Model336(ip_address="127.0.0.1", tcp_port=port, timeout=patience(3.0))
        for name, *arguments in CALLS:
            getattr(device, name)(*arguments)  # it asks for the event status after each, and raises what that says
        assert device.get_kelvin_reading("A") == pytest.approx(295.0, abs=20.0)
        for output in (1, 2, 3, 4):
            device.set_heater_output_mode(output, 3, 1)
            device.set_heater_range(output, 1)
        device.all_heaters_off()
        assert [int(device.get_heater_range(output)) for output in (1, 2, 3, 4)] == [0, 0, 0, 0]
        device.disconnect_tcp()
