"""What every protocol shares: the request, who is calling, errors, and how bytes leave."""

import pyramid_tm
from pyramid.config import Configurator

from . import bodies, dialects, health, metrics, request, security, withheld


def includeme(config: Configurator) -> None:
    """Set up transactions, the request's attributes, the security policy and the error view."""
    config.add_settings(
        {
            "tm.manager_hook": pyramid_tm.explicit_manager,
            # It would ask who is calling, and so the database, for every request.
            "tm.annotate_user": False,
        }
    )
    config.include("pyramid_tm")
    request.set_up(config)
    security.set_up(config)
    dialects.set_up(config)
    bodies.set_up(config)
    withheld.set_up(config)
    health.set_up(config)
    metrics.set_up(config)
