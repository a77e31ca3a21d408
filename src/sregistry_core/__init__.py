"""The registry server for Singularity and Apptainer images: `hookimpl` and the version."""

import pluggy

__version__ = "0.1.0"

hookimpl = pluggy.HookimplMarker("sregistry")

__all__ = ["__version__", "hookimpl"]
