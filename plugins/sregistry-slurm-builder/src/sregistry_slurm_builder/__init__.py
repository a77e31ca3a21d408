"""A builder of the kind `slurm-builder`: every build is a job of a Slurm cluster."""

from sregistry_core import hookimpl
from sregistry_core.contracts import Builder, PluginSettings, read_account, read_apptainer

from .builder import SlurmBuilder
from .limits import Limits, read_limits
from .slurm import Slurm


@hookimpl
def sregistry_builder(kind: str, settings: PluginSettings) -> Builder | None:
    """Open a builder; no job is submitted yet."""
    if kind != "slurm-builder":
        return None
    account = read_account(settings)
    return SlurmBuilder(
        read_apptainer(settings),
        slurm=Slurm(account, configuration=settings.text("slurm_conf", "")),
        account=account,
        limits=read_limits(settings),
        pause=settings.duration("pause", "10s").total_seconds(),
    )


__all__ = ["Limits", "Slurm", "SlurmBuilder", "sregistry_builder"]
