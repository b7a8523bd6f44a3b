"""The window's wishes: what `ionecho fit` can be told, the window can tell it."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.main import get_command

from gui.fit.fit_wish import (
    Constraint,
    FitKind,
    FitWish,
    RecordSettings,
    SampleSettings,
    Together,
    circuits_in,
)
from ionecho.commands.fit_command import fit

RUNS = [Path("a.nxs"), Path("b.nxs")]
FULL = FitWish(
    "R0-Mig1-CPE1",
    record=RecordSettings("step", "rest", "fit", "fit", "1 ms", "pulse", "voltage", "50", "2", True, True, True),
    sample=SampleSettings("1 mm", "1 cm^2", "10", "2 um", "300", "1e-12 m^2/s", "1e22 cm^-3", "1"),
    constraints=(Constraint("R0", held="3 ohm"), Constraint("Mig1.tau", "2 ms", bounds="1 ms .. 1 s")),
    together=Together(("Mig1",), ("Mig1.tau",), ("300", "310"), ("1 mm", "2 mm")),
    profiled="R0",
)


def words(kind: FitKind) -> tuple[str, ...]:
    from dataclasses import replace

    return replace(FULL, kind=kind).arguments(RUNS)


def test_every_option_of_the_command_line_can_be_told_in_the_window() -> None:
    app = typer.Typer()
    app.command()(fit)
    known = {parameter.opts[0] for parameter in get_command(app).params if parameter.param_type_name == "option"}
    told = {word for kind in FitKind for word in words(kind) if word.startswith("--")}
    assert told == {one for one in known if one not in {"--install-completion", "--show-completion"}}


def test_each_kind_asks_for_what_goes_with_it() -> None:
    assert words(FitKind.CIRCUIT)[:5] == ("fit", "a.nxs", "b.nxs", "--model", "R0-Mig1-CPE1")
    assert words(FitKind.CIRCUIT)[-1] == "--json"
    assert "--start" in words(FitKind.CIRCUIT)
    assert "--hold" not in words(FitKind.JOINT)
    assert "--drift" not in words(FitKind.COMPARE)
    assert words(FitKind.RANK).count("--model") == 3


def test_a_remedy_is_an_option_of_the_next_fit() -> None:
    plain = FitWish("R0-De1-C1")
    for option, told in (
        ("--drift", "--drift"),
        ("--before unknown", "--before unknown"),
        ("--baseline smooth", "--baseline smooth"),
        ("--mains 50", "--mains 50"),
        ("-m R0-De1-C1@Lag1", "--model R0-De1-C1@Lag1"),
        ("@Lag1 behind the circuit", "--model R0-De1-C1@Lag1"),
    ):
        wish = plain.with_option(option)
        assert wish is not None
        assert told in " ".join(wish.arguments(RUNS[:1]))
    assert plain.with_option("another element in the circuit") is None


def test_circuits_in_a_list_keep_the_commas_of_their_brackets() -> None:
    assert circuits_in("R0-p(C1,R1)-CPE1, R0-De1-C1 R0") == ("R0-p(C1,R1)-CPE1", "R0-De1-C1", "R0")
