"""Titles of memory quantities, as users of the window and the terminal read them."""

from __future__ import annotations

_TITLES = {
    "W_inf": "Steady-state fraction W_inf",
    "back_hop_fraction": "Back-hop fraction 1 - W_inf",
    "memory_time": "Mean memory time",
    "median_memory_time": "Median memory time",
    "mode_capacitance": "Relaxation capacitance",
    "dielectric_capacitance": "Capacitance beside the bulk",
    "interface_capacitance": "Capacitance in series",
    "reversal_charge_ratio": "Residual charge ratio",
    "memory_spread_decades": "Memory spread in decades",
    "friction_growth": "Growth of friction",
    "reversal_onset": "Onset of reversed current",
    "reversal_peak": "Peak of reversed current",
    "reversal_lasts": "Duration of reversed current",
    "readable_bits": "Readable bits",
    "sigma_dc": "Steady-state conductivity",
    "sigma_inf": "High-frequency conductivity",
    "instant_conductance": "High-frequency conductance",
    "eps_inf": "High-frequency permittivity",
    "geometric_capacitance": "High-frequency capacitance",
    "delta_eps": "Permittivity of the relaxation",
    "relaxing_capacitance": "Capacitance of the relaxation",
    "hop_rate": "Hop rate",
    "bnn_figure": "BNN figure",
    "exponent": "Exponent of the conductivity",
    "coupling": "Coupling parameter",
    "haven_ratio": "Haven ratio",
    "carriers_over_haven_ratio": "Carriers over Haven ratio",
    "shift_factor": "Shift factor",
    "steady_conductance": "Steady-state conductance",
    "back_hop_probability_walk": "Back-hop probability, correlated walk",
    "back_hop_probability_mismatch": "Back-hop probability, mismatch",
}
"""Title of each quantity by its name in documents; ``reversal_charge_ratio_2`` has that of its plain name."""


def title_of(name: str) -> str:
    """Return what a user calls a memory quantity; a name without a title, such as a parameter's, stays as it is."""
    if name in _TITLES:
        return _TITLES[name]
    plain, _, number = name.rpartition("_")
    if plain in _TITLES and number.isdigit():
        return f"{_TITLES[plain]} {number}"
    return name


def name_of_quantity(text: str) -> str:
    """Return the name of a memory quantity that a user means: its name or its title, in letters of either case.

    Raises
    ------
    KeyError
        If there is none.
    """
    wanted = " ".join(text.replace("_", " ").split()).casefold()
    for name, title in _TITLES.items():
        if wanted in {name.replace("_", " ").casefold(), title.replace("_", " ").casefold()}:
            return name
    raise KeyError(text)
