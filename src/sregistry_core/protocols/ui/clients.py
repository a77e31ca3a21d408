"""The clients that the pages give commands for."""

from dataclasses import dataclass

from .site import Site
from .texts import _


@dataclass(frozen=True, slots=True)
class Client:
    """A client, and where it keeps its endpoints."""

    id: str
    title: str
    program: str
    endpoints: str


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and the sentence above it."""

    says: str
    command: str


CLIENTS = (
    Client("apptainer", "Apptainer", "apptainer", "~/.apptainer/remote.yaml"),
    Client("singularity", "SingularityCE", "singularity", "~/.singularity/remote.yaml"),
)


def client_called(text: str) -> Client:
    """Give the client of this identifier; the first one when there is none."""
    return next((client for client in CLIENTS if client.id == text), CLIENTS[0])


def log_in_step(site: Site, client: Client) -> Step:
    """Give the command that takes a token from a file."""
    return Step(
        _("Log in with ${client}:", mapping={"client": client.title}),
        f"{client.program} remote login --tokenfile token.txt {site.id}",
    )
