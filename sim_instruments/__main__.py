"""Start of a simulated instrument from a shell: ``python -m sim_instruments keithley2461 --json``."""

from __future__ import annotations

import argparse
import sys

from protocols import IonechoError
from sim_instruments.catalogue import CATALOGUE
from sim_instruments.serving.server import Reach, serve
from sim_instruments.serving.transports.streams import Admission


def main() -> int:
    """Serve until SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(prog="sim_instruments", description="Serve simulated instruments on 127.0.0.1.")
    parser.add_argument(
        "kinds", nargs="+", choices=sorted(CATALOGUE), metavar="KIND", help=", ".join(sorted(CATALOGUE))
    )
    parser.add_argument(
        "--transport", default="", help="socket, hislip, vxi11, pty; default: the instrument's usual one"
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port; 0 (default) takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="of the noise")
    parser.add_argument("--speed", type=float, default=1.0, help="instrument seconds per wall second")
    parser.add_argument("--cell", default="demo", help="name or TOML file of the sample")
    parser.add_argument("--fault", action="append", default=[], help="NAME[=VALUE]@WHEN, e.g. drop-fin@1000")
    parser.add_argument("--clients", type=int, default=0, help="that its socket serves at once; 0: any number")
    parser.add_argument("--beyond", default="refuse", choices=("refuse", "block"), help="what becomes of one more")
    parser.add_argument("--until-eof", action="store_true", help="end with standard input too")
    parser.add_argument("--json", action="store_true", help="announce resources and pid as JSON")
    given = parser.parse_args()
    try:
        serve(
            given.kinds,
            reach=Reach(given.transport, given.port, Admission(given.clients, given.beyond)),
            seed=given.seed,
            speed=given.speed,
            cell=given.cell,
            faults=given.fault,
            as_json=given.json,
            until_eof=given.until_eof,
        )
    except (IonechoError, OSError, ValueError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
