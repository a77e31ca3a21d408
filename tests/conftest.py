"""The fixtures of sregistry_core.testing, for every test."""

pytest_plugins = [
    "sregistry_core.testing.fixtures",
    "sregistry_core.testing.live_fixtures",
    "sregistry_core.testing.s3_fixtures",
    "sregistry_core.testing.chromium",
]
