"""Runs the command line as `python -m sregistry_core.cli`."""

from . import main

if __name__ == "__main__":
    main()
