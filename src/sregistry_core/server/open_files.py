"""Makes sure that the process may have as many files open as its connections need."""

import logging
import resource

log = logging.getLogger(__name__)


def allow_open_files(connections: int) -> None:
    """Raise this process's limit of open files as far as the administrator allows.

    connections   each needs a socket, a body and a file that is sent; the rest of the process
                  gets 256. The usual limit of 1024 is too low for 1000 connections.
    """
    wanted = 3 * connections + 256
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning("%d open files are allowed, %d connections need %d", hard, connections, wanted)
