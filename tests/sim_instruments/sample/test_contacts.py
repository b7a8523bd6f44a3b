"""Do loose clips, touching clips and lost contact change the current as they must, for every instrument on the cell?"""

from __future__ import annotations

import numpy as np
import pytest

from sim_instruments.frontend.response import Drive
from sim_instruments.sample.cell import Cell, load_cell
from sim_instruments.sample.contacts import Ageing, Contacts
from sim_instruments.sample.relaxation import constant

LEVEL, R = 0.02, 1e4


def driven(cell: Cell) -> Drive:
    drive = Drive(cell, 1e-6)
    drive.connect(0.0, 0.0)
    drive.set_level(0.05, LEVEL)
    return drive


def resistor(contacts: Contacts) -> Cell:
    return Cell("resistor", {"R_s": 1e3, "G_inf": 1.0 / 9e3}, constant(), contacts=contacts)


def test_no_current_flows_while_a_clip_is_off() -> None:
    drive = driven(load_cell("resistor"))
    drive.cell.contacts.open(0.2)
    drive.cell.contacts.mend(0.3)
    current = drive.readings(0.0, 1e-3, 0, 400, 1e-4)
    assert (current[200:300] == 0.0).all()
    np.testing.assert_allclose(current[[60, 199, 300, 399]], LEVEL / R, rtol=1e-9)


def test_clips_that_touch_pass_what_their_resistance_lets_through_besides_the_cell() -> None:
    drive = driven(resistor(Contacts(short_ohm=2.0)))
    drive.cell.contacts.short(0.2)
    current = drive.readings(0.0, 1e-3, 0, 400, 1e-4)
    np.testing.assert_allclose(current[210:], LEVEL / 2.0 + LEVEL / R, rtol=1e-9)
    np.testing.assert_allclose(current[60:200], LEVEL / R, rtol=1e-9)


def test_lost_area_and_drift_multiply_the_current() -> None:
    t = np.arange(100, 400) * 1e-3
    degrading = driven(resistor(Contacts(Ageing(loss_s=0.5)))).readings(0.0, 1e-3, 100, 300, 1e-4)
    np.testing.assert_allclose(degrading, LEVEL / R * np.exp(-t / 0.5), rtol=1e-9)
    drifting = driven(resistor(Contacts(Ageing(drift_per_s=-0.1)))).readings(0.0, 1e-3, 100, 300, 1e-4)
    np.testing.assert_allclose(drifting, LEVEL / R * (1.0 - 0.1 * t), rtol=1e-9)


def test_all_instruments_on_a_cell_see_the_same_clips() -> None:
    cell = load_cell("resistor")
    one, other = driven(cell), driven(cell)
    cell.contacts.open(0.1)
    assert one.readings(0.2, 1e-3, 0, 1, 1e-4)[0] == other.readings(0.2, 1e-3, 0, 1, 1e-4)[0] == 0.0


def test_what_happened_cannot_be_rewritten() -> None:
    contacts = Contacts()
    contacts.open(2.0)
    with pytest.raises(ValueError, match="before their last change"):
        contacts.mend(1.0)
