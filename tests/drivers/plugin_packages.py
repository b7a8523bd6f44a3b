"""Packages with drivers that misbehave, installed into a folder for a Python of their own."""

from __future__ import annotations

import os
from pathlib import Path

from tests.drivers.peers import PROJECT, plugins_installed_in

WHOLE = """
from drivers import Block, Identity, Keithley2461, OutputReadback, Potentiostat, VisaSession

class Plugin(Potentiostat):
    capabilities = Keithley2461.capabilities
    planner = Keithley2461.planner

    def __init__(self, session):
        self.session = session

    @classmethod
    def matches(cls, identity):
        return identity.model == "DROPPER"

    def identify(self):
        return Identity.from_idn(self.session.idn)

    def arm(self, plan):
        pass

    def start(self):
        pass

    def read(self):
        return None

    def abort(self):
        pass

    def safe_state(self):
        return OutputReadback(off=True)

    def close(self):
        self.session.close()
"""
"""A driver that takes the Dropper's answer for its own."""


def _with(name: str, body: str) -> str:
    """Return the whole driver with another method."""
    own = "@classmethod\n    def" if name in {"matches", "identity_of"} else "def"
    arguments = {"matches": "cls, identity", "identity_of": "cls, answer", "__init__": "self, session"}
    return f"{WHOLE}\n    {own} {name}({arguments.get(name, 'self, *_')}):\n        {body}\n"


# Sources of modules with a class `Plugin`, by what they do wrong before a session is theirs. By these names they are
# asked before all others.
WRONG_BEFORE = {
    "a-import-raises": "raise RuntimeError('no licence')",
    "a-import-exits": "import sys; sys.exit('goodbye')",
    "a-import-interrupts": "raise KeyboardInterrupt",
    "a-import-ends-strangely": "class End(BaseException): pass\nraise End('of all')",
    "a-import-prints": "print('hello from a plug-in')\nraise ImportError('\\x1b[2Jgone')",
    "a-says-nothing-of-itself": "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd",
    "a-is-missing": "",
    "a-is-a-number": "Plugin = 7",
    "a-is-an-instance": f"{WHOLE}\nPlugin = object.__new__(Plugin)",
    "a-is-abstract": f"{WHOLE}\nclass Plugin(Potentiostat):\n    matches = classmethod(lambda cls, identity: True)",
    "a-matches-raises": _with("matches", "raise ZeroDivisionError"),
    "a-matches-exits": _with("matches", "raise SystemExit(3)"),
    "a-matches-interrupts": _with("matches", "raise KeyboardInterrupt"),
    "a-matches-with-text": _with("matches", "return 'perhaps'"),
    "a-identity-raises": _with("identity_of", "return Identity(*answer.split(';'))"),
    "a-identity-is-text": _with("identity_of", "return answer"),
    "a-identity-exits": _with("identity_of", "raise SystemExit"),
    "a-dialect-is-text": f"{WHOLE}\n    dialect = '*IDN?'",
    "a-interfaces-are-none": f"{WHOLE}\n    interfaces = None",
    "a-capabilities-are-none": f"{WHOLE}\n    capabilities = None",
    "a-planner-is-none": f"{WHOLE}\n    planner = None",
    "a-plan-is-its-own": f"{WHOLE}\n    plan = classmethod(lambda cls, protocol: None)",
}

# What a driver does wrong once a session is its own, by method: the body, and words of the message.
WRONG_AFTER = {
    "__init__": "raise TypeError('no session')",
    "identify": "return 'somebody'",
    "arm": "raise SystemExit('bye')",
    "start": "raise KeyError('x')",
    "read": "return [1, 2, 3]",
    "safe_state": "return None",
}


def source_with(method: str) -> str:
    """Return a driver whose method does what `WRONG_AFTER` says."""
    return _with(method, WRONG_AFTER[method])


def installed(site: Path, sources: dict[str, str], *, dropper: bool) -> dict[str, str]:
    """Install modules as packages with a driver each, and return the environment of a Python that finds them.

    Parameters
    ----------
    site : Path
    sources : dict
        Sources by the names of the drivers.
    dropper : bool
        Whether the example package is installed too.
    """
    path = plugins_installed_in(site) if dropper else os.pathsep.join([str(site), str(PROJECT)])
    site.mkdir(parents=True, exist_ok=True)
    for name, source in sources.items():
        module = f"plugin_{name.replace('-', '_').strip('_')}"
        (site / f"{module}.py").write_text(source)
        info = site / f"{module}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(f"[ionecho.drivers]\n{name} = {module}:Plugin\n")
    return os.environ | {"PYTHONPATH": path}
