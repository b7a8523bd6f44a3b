"""The sample: the piece of electrolyte between the clips."""

from __future__ import annotations

from protocols.definitions import MOST_NAME, MOST_REMARK, OptionalQuantity, quantity, text
from protocols.records import Record, record


@record
class Sample(Record):
    """The piece of electrolyte between the clips.

    Attributes
    ----------
    name : str
        What the lab book calls it.
    thickness_m, area_m2 : float or None
        Geometry, for conductivities.
    electrodes : str
        What they are, e.g. "Au, sputtered, blocking".
    temperature_K : float or None
        At which it is measured, where known.
    conductivity_S_m, permittivity : float or None
        Expected conductivity (S/m) at that temperature, and relative permittivity: with them `ionecho check` says
        whether bulk memory can be seen, and `ionecho fit` whose memory it is.
    grain_size_m : float or None
        Usual size of the grains, which gives the number of grain boundaries in series; that of the thickness, or more,
        for a glass or a single crystal, which have none.
    """

    name: str = text("What the lab book calls it.", default="", most=MOST_NAME)
    thickness_m: OptionalQuantity = quantity("m", "Thickness, for conductivities.", default=None, above=0)
    area_m2: OptionalQuantity = quantity("m^2", "Area of an electrode, for conductivities.", default=None, above=0)
    electrodes: str = text('What they are, e.g. "Au, sputtered, blocking".', default="", most=MOST_REMARK)
    temperature_K: OptionalQuantity = quantity("K", "Temperature at which it is measured.", default=None, above=0)
    conductivity_S_m: OptionalQuantity = quantity(
        "S/m", "Expected conductivity at that temperature.", default=None, above=0
    )
    permittivity: OptionalQuantity = quantity("", "Relative permittivity; 30 unless given.", default=None, at_least=1)
    grain_size_m: OptionalQuantity = quantity(
        "m", "Usual size of the grains; the thickness for a glass or a single crystal.", default=None, above=0
    )
