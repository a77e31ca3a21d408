"""A builder of the kind `local-builder`: it runs the Apptainer or Singularity of this machine."""

from sregistry_core import hookimpl
from sregistry_core.contracts import Builder, PluginSettings

from .builder import LocalBuilder
from .sandbox import Sandbox, read_sandbox


@hookimpl
def sregistry_builder(kind: str, settings: PluginSettings) -> Builder | None:
    """Open a builder."""
    if kind != "local-builder":
        return None
    return LocalBuilder(
        command=settings.words("command", "apptainer"),
        options=settings.words("options", ""),
        sandbox=read_sandbox(settings),
        bootstraps=frozenset(settings.words("bootstraps", "")),
        user_name=settings.text("docker_user", ""),
        password=settings.secret("docker_password", None),
    )


__all__ = ["LocalBuilder", "Sandbox", "sregistry_builder"]
