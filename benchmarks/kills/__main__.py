"""Start of the campaign of kills: ``python -m benchmarks.kills``."""

import sys

from benchmarks.kills.campaign import main

if __name__ == "__main__":
    sys.exit(main())
