"""One registry of several processes: web processes and workers on one database and one disk."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.live_worker import LiveWorker

from .pushing import Client


@dataclass(frozen=True)
class Site:
    """Web processes that are one registry, each on a port of its own, and their workers."""

    webs: list[LiveRegistry]
    workers: list[LiveWorker]
    token: str

    @property
    def first(self) -> LiveRegistry:
        """The one whose directory holds the data."""
        return self.webs[0]

    def clients(self, number: int) -> list[Client]:
        """Give the same person at many keyboards, by turns at each of the web processes."""
        urls = [web.url for web in self.webs]
        return [Client(urls[one % len(urls)], self.token) for one in range(number)]


@contextmanager
def several(
    directory: Path,
    settings: Mapping[str, str],
    *,
    webs: int = 2,
    workers: int = 2,
    listen: str | None = None,
    server: Mapping[str, str] | None = None,
) -> Iterator[Site]:
    """Run a registry of several processes for the time of the block.

    listen   where a single web process listens; else each has a free port of its own
    server   ini keys of `[server:main]` that differ
    """
    data = directory / "web-0" / "var"
    shared = {
        "sregistry.public_url": "http://registry.test",
        "sregistry.secret": "a secret of the tests, and of nobody else",
        "filesystem.root": str(data / "images"),
        "sregistry.staging": str(data / "staging"),
        "sregistry.database": f"sqlite:///{data}/registry.sqlite",
        "sregistry.protocols": "discovery transfer library oci shub api sregistry hkp ui",
        **settings,
    }
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                LiveRegistry(
                    directory / f"web-{number}", settings=shared, listen=listen, server=server
                )
            )
            for number in range(webs)
        ]
        token = processes[0].make_user("ada")
        yield Site(
            processes,
            [
                stack.enter_context(LiveWorker(processes[0], f"worker-{number}"))
                for number in range(workers)
            ],
            token,
        )
