"""The fixtures of sregistry_core.testing, for every test."""

import gc

from sregistry_core.server import huge_pages

pytest_plugins = [
    "sregistry_core.testing.fixtures",
    "sregistry_core.testing.live_fixtures",
    "sregistry_core.testing.s3_fixtures",
    "sregistry_core.testing.chromium",
]


def pytest_collection_finish():
    """Let what has been collected be: it is large, and stays until the end."""
    gc.collect()
    gc.freeze()
    huge_pages.gather()
