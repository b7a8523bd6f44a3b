"""Physical constants and the quantile of 95 % intervals, as the whole room uses them."""

BOLTZMANN_eV_K = 8.617333262e-5
"""Boltzmann's constant (eV/K), exact in the SI of 2019; as well k/q in V/K."""
ELEMENTARY_CHARGE_C = 1.602176634e-19
"""Charge of a proton (C), exact in the SI of 2019."""
VACUUM_PERMITTIVITY_F_m = 8.8541878128e-12
"""Electric constant (F/m), CODATA 2018."""
Z95 = 1.959964
"""Deviations of a normal distribution that hold 95 % of it."""
