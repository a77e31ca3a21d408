"""A builder of the kind `local-builder`: it runs the Apptainer or Singularity of this machine."""

from sregistry_core import hookimpl
from sregistry_core.contracts import Builder, PluginSettings, read_apptainer

from .builder import LocalBuilder
from .sandbox import Sandbox, read_sandbox


@hookimpl
def sregistry_builder(kind: str, settings: PluginSettings) -> Builder | None:
    """Open a builder."""
    if kind != "local-builder":
        return None
    return LocalBuilder(read_apptainer(settings), sandbox=read_sandbox(settings))


__all__ = ["LocalBuilder", "Sandbox", "sregistry_builder"]
