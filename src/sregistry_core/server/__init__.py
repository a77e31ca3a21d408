"""The WSGI server of the registry: waitress, made fit for images of any size.

`listen` and the other settings of `[server:main]` are read by settings.py; running.py starts and
stops; connection.py, body.py and spool.py are our own parts of waitress, given to it through the
class attributes it offers for that. Nothing of waitress is replaced for other users of it.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from sregistry_core.environment import expand

from .relay import Relay
from .running import serve
from .settings import ServerSettings, from_ini, parse_address
from .spool import BodyFile, Spool

__all__ = [
    "BodyFile",
    "Relay",
    "ServerSettings",
    "Spool",
    "from_ini",
    "parse_address",
    "run_from_ini",
    "serve",
]


def run_from_ini(
    wsgi_app: Callable[..., Any], global_conf: Mapping[str, str] | None, **values: str
) -> None:
    """Serve an application as `[server:main]` of an ini file says, until a signal ends it.

    values   the section's settings; `${NAME:-default}` is filled in from the environment.
    When the application has an `interrupt`, it is called at the first signal; when it has a `stop`,
    after the last request.
    Raises ConfigurationError before anything is served. This is the entry point
    `egg:sregistry-core#waitress`, whose signature Paste has laid down.
    """
    interrupt, stop = (getattr(wsgi_app, name, None) for name in ("interrupt", "stop"))
    expanded = {key: expand(value, os.environ) for key, value in values.items()}
    serve(
        wsgi_app,
        from_ini(expanded),
        on_signal=[interrupt] if callable(interrupt) else [],
        on_stop=[stop] if callable(stop) else [],
    )
