"""Counts requests, and shows the figures to Prometheus."""

import time
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import Caller
from sregistry_core.errors import NotFound
from sregistry_core.services import Services

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class Figures:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "sregistry_requests",
            "Requests by protocol, method and status",
            ["protocol", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "sregistry_request_seconds",
            "Time until the answer begins",
            ["protocol"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.duties = Gauge(
            "sregistry_duties", "Jobs written down, by state", ["state"], registry=self.registry
        )
        self.free_bytes = Gauge(
            "sregistry_storage_free_bytes",
            "Bytes that still fit into a storage",
            ["storage"],
            registry=self.registry,
        )


def set_up(config: Configurator) -> None:
    """Count every request, and answer at /metrics."""
    config.registry["figures"] = Figures()
    config.add_tween("sregistry_core.web.metrics.tween_factory")
    config.add_route("operation.metrics", "/metrics", request_method="GET")
    config.add_view(show_metrics, route_name="operation.metrics")


def tween_factory(
    handler: Callable[[Request], Response], registry: object
) -> Callable[[Request], Response]:
    """Give the layer that counts."""
    figures: Figures = registry["figures"]  # type: ignore[index]

    def count(request: Request) -> Response:
        began = time.perf_counter()
        response = handler(request)
        route = getattr(request, "matched_route", None)
        protocol = route.name.partition(".")[0] if route is not None else "none"
        figures.requests.labels(protocol, _method(request), response.status_int).inc()
        figures.seconds.labels(protocol).observe(time.perf_counter() - began)
        response.headers["X-Request-ID"] = request.identifier
        return response

    return count


def show_metrics(request: Request) -> Response:
    """Show the figures, to the addresses of `sregistry.metrics_allow` alone."""
    facilities = request.registry["facilities"]
    if not _is_allowed(request.remote_addr, facilities.settings.metrics_allow):
        raise NotFound("there is nothing at this address")
    figures: Figures = request.registry["figures"]
    registry_itself = Services(request.db, Caller.system(), facilities)
    for state, count in registry_itself.outbox.counts().items():
        figures.duties.labels(state).set(count)
    for name, storage in facilities.blob_store.storages.items():
        if (free := storage.free_space()) is not None:
            figures.free_bytes.labels(name).set(free)
    return Response(
        generate_latest(figures.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


def _method(request: Request) -> str:
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return request.method if request.method in known else "other"


def _is_allowed(address: str | None, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        return any(ip_address(address or "") in network for network in networks)
    except ValueError:
        return False
