"""The fixtures of sregistry_core.testing, for the tests of our plugins."""

pytest_plugins = [
    "sregistry_core.testing.fixtures",
    "sregistry_core.testing.live_fixtures",
    "sregistry_core.testing.s3_fixtures",
]
