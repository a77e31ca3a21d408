"""The administrator's command line, `sregistry-admin`: commands.py has the list."""

import gc
import warnings
from importlib import import_module


def main() -> None:
    """Run the command that the process was called with, and exit with its code."""
    # Pyramid 2.1 still imports it, and an administrator cannot do anything about that. Hence the
    # import below, after the filter and not before.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    # Modules stay: garbage among them would be looked for several times, and none be found.
    gc.disable()
    try:
        commands = import_module(".commands", __name__).commands
    finally:
        gc.enable()
    gc.freeze()
    commands.main(prog_name="sregistry-admin")


__all__ = ["main"]
