"""``python -m ionecho`` is the command ``ionecho``."""

from ionecho.cli import main

if __name__ == "__main__":
    main()
