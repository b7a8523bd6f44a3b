"""Do the fixtures serve other people's tests, as the documentation shows them, and cost nobody else anything?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ionecho.pytest_plugin import KINDS, fixture_of
from sim_instruments import CATALOGUE
from tests.docs.snippets import PROJECT, snippets_of
from tests.patience import patience

pytest_plugins = ["pytester"]
LOADED = ("-p", "no:ionecho", "-p", "ionecho.pytest_plugin", "-p", "no:xdist", "-p", "no:cacheprovider")
PAGE = PROJECT / "docs" / "how-to" / "test-a-driver.md"


def test_there_is_a_fixture_for_every_simulator(pytester: pytest.Pytester) -> None:
    assert sorted(KINDS) == sorted(CATALOGUE)
    told = pytester.runpytest_inprocess(*LOADED, "--fixtures").stdout.str()
    assert [kind for kind in KINDS if fixture_of(kind) not in told] == []


def test_the_page_for_writers_of_drivers_does_what_it_says(pytester: pytest.Pytester) -> None:
    example = next(one for one in snippets_of(PAGE) if one.language == "python")
    pytester.makepyfile(
        test_example=example.text,
        test_wrong="""
        import pytest

        @pytest.mark.simulated(sell="demo")
        def test_it(simulated_keithley2450):
            pass
        """,
    )
    ended = pytester.runpytest_subprocess(*LOADED, "--strict-markers", timeout=patience(60))
    ended.assert_outcomes(passed=3, errors=1)
    ended.stdout.fnmatch_lines(["*the marker simulated has*not sell*"])


def test_an_instrument_lives_as_long_as_its_scope_says(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        seen = set()

        def test_first(simulated_keithley2450):
            seen.add(simulated_keithley2450.resource)

        def test_second(simulated_keithley2450):
            seen.add(simulated_keithley2450.resource)
            assert len(seen) == 1
        """
    )
    pytester.makeini("[pytest]\nionecho_scope = session")
    pytester.runpytest_subprocess(*LOADED, timeout=patience(60)).assert_outcomes(passed=2)


def test_the_plug_in_imports_nothing_that_is_not_used() -> None:
    script = "import sys, ionecho.pytest_plugin; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True).stdout
    for heavy in ("numpy", "pyvisa", "h5py", "sim_instruments", "daq", "fitting"):
        assert f"'{heavy}'" not in loaded


def test_the_distribution_names_it_to_pytest() -> None:
    import tomllib

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"ionecho": "ionecho.pytest_plugin"}
    assert Path(PROJECT / "ionecho" / "pytest_plugin.py").is_file()
