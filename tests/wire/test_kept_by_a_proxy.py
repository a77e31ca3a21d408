"""What the registry tells a proxy in front about answers that it may give to others."""

import pytest

from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()
PLACES = ["/ada/api/container/lab/blast:1", "/v1/images/ada/lab/blast:1"]


def pushed_to(make_registry, **settings):
    registry = make_registry(protocols="discovery transfer library oci shub api", **settings)
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", IMAGE)
    return registry, ada


def kept(actor, path, *, behind=True):
    """The two headers about keeping, of an answer that goes by a proxy or not."""
    environ = {"sregistry.proxied": True} if behind else {}
    said = actor.app.get(path, headers=actor.headers, extra_environ=environ)
    return tuple(said.headers.get(name) for name in ("X-Accel-Expires", "Cache-Control"))


def by_digest(actor):
    """The path of the manifest of its image: of a tag, none is kept."""
    said = actor.get("/v2/ada/lab/blast/manifests/1")
    return f"/v2/ada/lab/blast/manifests/{said.headers['Docker-Content-Digest']}"


@pytest.mark.parametrize(
    ("lifetime", "told"),
    [
        ("0s", (None, None)),
        ("6s", ("6", None)),
        ("7s", ("7", "s-maxage=1, stale-while-revalidate=1")),
        ("9s", ("9", "s-maxage=2, stale-while-revalidate=1")),
        ("30s", ("30", "s-maxage=7, stale-while-revalidate=6")),
    ],
)
def test_two_caches_in_a_row_are_together_no_older_than_what_is_set(make_registry, lifetime, told):
    registry, ada = pushed_to(make_registry, proxy_cache_lifetime=lifetime)

    for path in [*PLACES, by_digest(ada)]:
        assert kept(registry.stranger, path) == told

    # Each counts from whole seconds, and what is held in between is kept for one.
    if told[1]:
        fresh, stale = (int(part.rpartition("=")[2]) for part in told[1].split(","))
        assert 2 * (fresh + stale + 1) + 1 <= int(told[0])


def test_nothing_is_kept_of_who_is_known_of_what_is_private_or_without_a_proxy(make_registry):
    registry, ada = pushed_to(make_registry)
    nothing = (None, None)

    places = [*PLACES, by_digest(ada)]
    for path in places:
        assert kept(registry.stranger, path) != nothing
        assert kept(registry.stranger, path, behind=False) == nothing
        assert kept(ada, path) == nothing
    registry.hide("ada/lab")
    for path in places:
        assert kept(ada, path) == nothing
