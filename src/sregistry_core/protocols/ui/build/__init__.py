"""Builds in the browser: ordered, waited for, followed, ended and tried again."""

from pyramid.config import Configurator

_READING = ("GET", "HEAD")
_BUILD = "/-/builds/{build:[0-9a-f]{32}}"
_NAME = "[A-Za-z0-9][A-Za-z0-9-]*"
_ORDERED = (
    f"/library/{{entity:{_NAME}}}/{{collection:{_NAME}}}"
    "/{container:[A-Za-z0-9][A-Za-z0-9._-]*}:{reference:[^/@]+}"
)
_REBUILDS = "/{entity}/{collection}/-/rebuilds"


def includeme(config: Configurator) -> None:
    """Add the pages. Without a builder nothing leads to them, and no order is taken."""
    add = config.add_route
    add("ui.builds", "/-/builds", request_method=_READING)
    add("ui.new_build", "/-/builds/new", request_method=_READING)
    add("ui.order_build", "/-/builds/order", request_method="POST")
    add("ui.build", _BUILD, request_method=_READING)
    add("ui.build_log", f"{_BUILD}/log", request_method=_READING)
    add("ui.build_text", f"{_BUILD}/log.txt", request_method=_READING)
    add("ui.cancel_build", f"{_BUILD}/cancel", request_method="POST")
    add("ui.retry_build", f"{_BUILD}/retry", request_method="POST")
    # As SingularityCE prints it after `build --remote --detached`. An entity may be called so, too:
    # none of its own pages has four parts like these.
    add("ui.ordered_image", _ORDERED, request_method=_READING)
    add("ui.rebuilds", _REBUILDS, request_method=(*_READING, "POST"))
    add("ui.change_rebuild", f"{_REBUILDS}/{{deed:now|remove}}", request_method="POST")
    # A definition is larger than other forms, and may come as a file.
    config.take_large_forms("ui.order_build")
    config.include(".words")
    config.scan(".build_views")
    config.scan(".list_views")
    config.scan(".log_views")
    config.scan(".order_views")
    config.scan(".ordered_views")
    config.scan(".rebuild_views")
