"""Terms by which a publication says what it means, so that a machine finds it: EMMO and its domain ontologies.

IRIs as EMMO 1.0.3 (https://w3id.org/emmo), domain-electrochemistry 0.37.2, on which BattINFO builds
(https://w3id.org/emmo/domain/electrochemistry), and CHAMEO (https://w3id.org/emmo/domain/characterisation-methodology)
publish them; names as in the JSON-LD context of the second, which BattINFO takes over.
"""

from __future__ import annotations

from typing import NamedTuple

_EMMO = "https://w3id.org/emmo#"
_ELECTROCHEMISTRY = "https://w3id.org/emmo/domain/electrochemistry#electrochemistry_"
_CHAMEO = "https://w3id.org/emmo/domain/characterisation-methodology/chameo#"

TERMS = {
    "SolidElectrolyte": f"{_ELECTROCHEMISTRY}0508a114_544a_4f54_a7de_9b947fb4b618",
    "Potentiostat": f"{_ELECTROCHEMISTRY}a9fc3f77_e48e_4bce_b118_044d608722f6",
    "hasTestObject": f"{_ELECTROCHEMISTRY}5998f7c1_d8e3_4c55_8170_c358e1b0c93c",
    "IonicConductivity": f"{_ELECTROCHEMISTRY}25dabdc2_68bf_4a38_8cbe_11be017358bc",
    "ElectrochemicalTesting": f"{_CHAMEO}ElectrochemicalTesting",
    "Chronoamperometry": f"{_CHAMEO}Chronoamperometry",
    "Chronopotentiometry": f"{_CHAMEO}Chronopotentiometry",
    "Thickness": f"{_EMMO}EMMO_43003c86_9d15_433b_9789_ee2940920656",
    "Area": f"{_EMMO}EMMO_96f39f77_44dc_491b_8fa7_30d887fe0890",
    "ThermodynamicTemperature": f"{_EMMO}EMMO_affe07e4_e9bc_4852_86c6_69e26182a17f",
    "RelativePermittivity": f"{_EMMO}EMMO_12f0b2eb_a7b2_4f87_8176_12748f415832",
    "Voltage": f"{_EMMO}EMMO_17b031fb_4695_49b6_bb69_189ec63df3ee",
    "ElectricCurrent": f"{_EMMO}EMMO_c995ae70_3b84_4ebb_bcfc_69e6a281bb88",
    "Time": f"{_EMMO}EMMO_d4f7d378_5e3b_468a_baa1_a7e98358cda7",
    "ConventionalProperty": f"{_EMMO}EMMO_d8aa8e1f_b650_416d_88a0_5118de945456",
    "RealData": f"{_EMMO}EMMO_18d180e4_5e3e_42f7_820c_e08951223486",
    "hasProperty": f"{_EMMO}EMMO_e1097637_70d2_4895_973f_2396f04fa204",
    "hasNumericalPart": f"{_EMMO}EMMO_8ef3cd6d_ae58_4a8d_9fc0_ad8f49015cd0",
    "hasNumericalValue": f"{_EMMO}EMMO_faf79f53_749d_40b2_807c_d34244c192f4",
    "hasMeasurementUnit": f"{_EMMO}EMMO_bed1d005_b04e_4a90_94cf_02bc678a8569",
    "hasOutput": f"{_EMMO}EMMO_c4bace1d_4db0_4cd3_87e9_18122bae2840",
}
"""Terms that are used, and what each is."""

UNITS = {
    "m": ("metre", f"{_EMMO}Metre"),
    "m^2": ("square metre", f"{_EMMO}SquareMetre"),
    "K": ("kelvin", f"{_EMMO}Kelvin"),
    "s": ("second", f"{_EMMO}Second"),
    "V": ("volt", f"{_EMMO}Volt"),
    "A": ("ampere", f"{_EMMO}Ampere"),
    "S/m": ("siemens per metre", f"{_EMMO}SiemensPerMetre"),
    "": ("one", f"{_EMMO}EMMO_5ebd5e01_0ed3_49a2_a30d_cd05cbe72978"),
}
"""Units of EMMO by our own texts for them, with their names."""


class Quantity(NamedTuple):
    """What a quantity is called, its term (empty where EMMO has none) and its unit."""

    name: str
    term: str
    unit: str


OF_SAMPLE = {
    "thickness_m": Quantity("thickness", "Thickness", "m"),
    "area_m2": Quantity("area of an electrode", "Area", "m^2"),
    "temperature_K": Quantity("temperature", "ThermodynamicTemperature", "K"),
    "conductivity_S_m": Quantity("expected conductivity", "IonicConductivity", "S/m"),
    "permittivity": Quantity("relative permittivity", "RelativePermittivity", ""),
    "grain_size_m": Quantity("size of the grains", "", "m"),
}
"""Fields of `protocols.Sample` that are quantities."""
OF_RECORD = {
    "time": Quantity("time", "Time", "s"),
    "voltage": Quantity("voltage", "Voltage", "V"),
    "current": Quantity("current", "ElectricCurrent", "A"),
}
"""What is in the columns of a run file."""
