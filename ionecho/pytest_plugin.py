"""Plug-in of pytest: simulated instruments behind real VISA addresses, for tests of other people's drivers.

pytest loads this file in every environment that has ionecho (entry point ``pytest11``, called ``ionecho``): it imports
nothing but pytest until a fixture is used. ``-p no:ionecho`` leaves it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim_instruments.serving.in_process import InProcess

KINDS = (
    "b2912a",
    "ec301",
    "emstat-pico",
    "emstat4",
    "keithley2400",
    "keithley2450",
    "keithley2460",
    "keithley2461",
    "keithley2602b",
    "lakeshore335",
    "lakeshore336",
    "zahner-pp212",
)
"""Names of the simulators, as ``ionecho sim list`` prints them: a fixture for each, `fixture_of`."""
_MARK = "simulated"
_SCOPE = "ionecho_scope"
_OPTIONS = ("transport", "cell", "speed", "record_output")


def fixture_of(kind: str) -> str:
    """Return the name of the fixture of a simulator."""
    return f"simulated_{kind.replace('-', '_')}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting of the scope."""
    parser.addini(
        _SCOPE, "How long a simulated instrument of ionecho lives: function, module or session.", default="function"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    options = ", ".join(f"{name}=..." for name in _OPTIONS)
    config.addinivalue_line(
        "markers", f"{_MARK}({options}): how the simulated instruments of this test are served (ionecho)."
    )


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    del fixture_name
    return config.getini(_SCOPE)


def _fixture_for(kind: str) -> Any:
    @pytest.fixture(name=fixture_of(kind), scope=_scope)
    def simulated(request: pytest.FixtureRequest) -> Iterator[InProcess]:
        from sim_instruments.serving.in_process import served_here

        with served_here(kind, **_marked(request)) as instrument:
            yield instrument

    simulated.__doc__ = f"A simulated {kind}, served while the test lasts: its VISA address is `resource`."
    return simulated


def _marked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return how a test wants its instruments to be served.

    Raises
    ------
    pytest.UsageError
        If the marker says something that cannot be meant.
    """
    marker = request.node.get_closest_marker(_MARK)
    if marker is None:
        return {}
    unknown = [*map(repr, marker.args), *(name for name in marker.kwargs if name not in _OPTIONS)]
    if unknown:
        raise pytest.UsageError(f"the marker {_MARK} has {', '.join(_OPTIONS)}, not {', '.join(unknown)}")
    return dict(marker.kwargs)


@pytest.fixture
def serve_simulated() -> Iterator[Callable[..., InProcess]]:
    """Return a function that serves a simulator until the test ends: ``serve_simulated("keithley2461", cell="demo")``.

    For two of a kind, or one that a test starts itself.
    """
    from contextlib import ExitStack

    from sim_instruments.serving.in_process import served_here

    with ExitStack() as stack:

        def serve(kind: str, **options: Any) -> InProcess:
            return stack.enter_context(served_here(kind, **options))

        yield serve


globals().update({fixture_of(kind): _fixture_for(kind) for kind in KINDS})
