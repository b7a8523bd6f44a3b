"""Commands of MethodSCRIPT and their arguments (manual, chapter 14).

Arguments of the commands that the vendor's public examples use are theirs; those of ``meas_fast_ca`` and
``get_gpio_msk`` are assumed.
"""

from __future__ import annotations

# Kinds of arguments, one letter each:
#   N  name that is declared here         o  variable or array element that is written
#   v  value: literal, variable, element  i  whole-number constant
#   t  variable type                      a  array
#   c  comparison                         s  text in quotes
SIGNATURES = {
    "var": "N",
    "array": "Nv",
    "store_var": "ovt",
    "copy_var": "vo",
    "add_var": "ov",
    "sub_var": "ov",
    "mul_var": "ov",
    "div_var": "ov",
    "mod_var": "ov",
    "pow_var": "ov",
    "bit_and_var": "ov",
    "bit_or_var": "ov",
    "bit_xor_var": "ov",
    "bit_lsl_var": "ov",
    "bit_lsr_var": "ov",
    "bit_inv_var": "o",
    "int_to_float": "o",
    "float_to_int": "o",
    "alter_vartype": "ot",
    "array_get": "avo",
    "array_set": "avv",
    "mean": "ao",
    "loop": "vcv",
    "endloop": "",
    "breakloop": "",
    "if": "vcv",
    "elseif": "vcv",
    "else": "",
    "endif": "",
    "on_finished:": "",
    "abort": "",
    "wait": "v",
    "set_int": "v",
    "await_int": "",
    "timer_start": "",
    "timer_get": "o",
    "get_time": "o",
    "set_pgstat_chan": "i",
    "set_pgstat_mode": "i",
    "set_max_bandwidth": "v",
    "set_range": "tv",
    "set_range_minmax": "tvv",
    "set_autoranging": "tvv",
    "set_cr": "v",
    "set_pot_range": "vv",
    "set_acquisition_frac": "v",
    "set_acquisition_frac_autoadjust": "v",
    "set_e": "v",
    "cell_on": "",
    "cell_off": "",
    "meas": "vot",
    "pck_start": "",
    "pck_add": "v",
    "pck_end": "",
    "send_string": "s",
    "set_script_output": "i",
    "set_gpio_cfg": "ii",
    "set_gpio_pullup": "ii",
    "set_gpio": "v",
    "get_gpio": "o",
    "meas_loop_lsv": "oovvvv",
    "meas_loop_cv": "oovvvvv",
    "meas_loop_dpv": "oovvvvvv",
    "meas_loop_swv": "oooovvvvv",
    "meas_loop_npv": "oovvvvv",
    "meas_loop_ca": "oovvv",
    "meas_loop_ca_alt_mux": "oavvvvv",
    "meas_loop_pad": "oovvvvvi",
    "meas_loop_ocp": "ovv",
    "meas_fast_cv": "aaovvvvv",
    "meas_fast_ca": "aaovvv",
    "meas_loop_eis": "ooovvvvv",
    "meas_loop_geis": "ooovvvvv",
    "meas_loop_acv": "oooooovvvvvv",
    "meas_loop_cp": "oovvv",
    "meas_loop_lsp": "oovvvv",
    "set_i": "v",
    "set_e_aux": "v",
    "log_var": "o",
    "smooth": "aav",
    "linear_fit": "aaoo",
    "file_open": "si",
    "file_close": "",
    "set_gpio_msk": "vv",
    "get_gpio_msk": "vo",
    "notify_led": "v",
    "rtc_get": "oooooo",
    "hibernate": "vv",
    "i2c_config": "vi",
    "i2c_read": "vavo",
    "i2c_read_byte": "voo",
    "i2c_write": "vavo",
    "i2c_write_byte": "vvo",
    "i2c_write_read": "vavavo",
    "mux_config": "iv",
    "mux_get_channel_count": "o",
    "mux_set_channel": "v",
    "peak_detect": "avaavv",
    "set_bipot_mode": "i",
    "set_bipot_potential": "v",
}

OLDER_SIGNATURES = {"set_autoranging": "vv", "smooth": "avav"}
"""Another form of a command, by its number of arguments: MethodSCRIPT 1.1 without a variable type; with a count."""

N_OUTPUTS = {"swv": 4, "ocp": 1, "eis": 3, "geis": 3, "acv": 6}
"""Output variables of a measurement loop, where it does not have two."""

OF_OTHER_INSTRUMENTS = frozenset(
    (
        "battery_perc",
        "beep",
        "display_text",
        "display_btns",
        "display_clear",
        "display_draw",
        "display_icon",
        "display_inp_num",
        "display_keyboard",
        "display_progress",
        "display_scroll_add",
        "display_scroll_get",
        "meas_ms_eis",
        "meas_scp",
        "qr_scan",
        "set_ir_comp",
        "trim_enable",
    )
)
"""Commands that need hardware of other instruments (EmStat4T, Nexus, Sensit Wearable): refused as not supported."""

GALVANOSTAT = frozenset(
    (
        "meas_fast_ca",
        "meas_fast_cv",
        "meas_loop_acv",
        "meas_loop_ca_alt_mux",
        "meas_loop_cp",
        "meas_loop_cp_alt_mux",
        "meas_loop_geis",
        "meas_loop_lsp",
        "meas_loop_ocp_alt_mux",
        "set_i",
    )
)
"""Commands that an EmStat Pico has not ("Applies to: EmStat4, Nexus" in the vendor's examples)."""

BIPOTENTIOSTAT = frozenset(("set_bipot_mode", "set_bipot_potential", "set_poly_we_mode"))
"""Commands that an EmStat4 has not: it has one working electrode."""

NOT_SIMULATED = frozenset(
    (
        "get_progress",
        "load_saved_end",
        "load_saved_start",
        "load_saved_str",
        "load_saved_var",
        "meas_loop_cp_alt_mux",
        "meas_loop_ocp_alt_mux",
        "save_str",
        "save_var",
        "set_channel_sync",
        "set_poly_we_mode",
        "set_scan_dir",
        "store_str",
        "str",
        "subarray",
    )
)
"""Commands that an instrument has and this simulation has not: they are refused with a code of their own."""

_SECOND = {"add_meas": "vto"}
"""A further quantity: channel, variable type, variable (example MSExample020)."""

OPTIONS = {
    "meas_loop_cv": {"nscans": "i"} | _SECOND,
    **dict.fromkeys(("meas_loop_ca", "meas_loop_dpv", "meas_loop_lsv", "meas_loop_npv", "meas_loop_swv"), _SECOND),
    "pck_start": {"meta_msk": "i"},
    "meas_loop_eis": {"eis_tdd": "aaoov", "eis_opt": "vv"},
    "meas_loop_geis": {"eis_tdd": "aaoov", "eis_opt": "vv"},
}
"""Optional arguments, ``name(argument ...)``, by command, and the kinds of their arguments."""

OPTIONS_NOT_SIMULATED = frozenset(("eis_acdc",))
"""Optional arguments that an instrument has and this simulation has not."""
