"""A registry that builds with a toy, and people at browsers."""

from datetime import timedelta

import pytest

from sregistry_core.models import BuildState
from sregistry_core.names import ImageName
from sregistry_core.services import Services
from sregistry_core.services.builds import Wish
from sregistry_core.testing.browser import Browser

PROTOCOLS = "discovery transfer library oci shub sregistry api ui"
TOY = {"plugin_modules": "sregistry_core.testing.toy_builder", "builder": "toy"}


class Workshop:
    """A registry that builds, and people at browsers."""

    def __init__(self, registry):
        self.registry = registry

    def browser(self, name="ada"):
        browser = Browser(self.registry)
        if name:
            browser.sign_in(name, status=303)
        return browser

    def order(self, definition="say hello", name="ada/lab/blast:1", who="ada", **more):
        # One order comes after the other, which tells which is the newest.
        self.registry.clock.move(timedelta(seconds=1))
        with self.registry.parts.unit()() as services:
            user = services.accounts.find(who)
            caller = services.accounts.caller_of(user)
            mine = Services(services.db, caller, services.facilities)
            wish = Wish(definition, ImageName.parse(name, home="tacc"), **more)
            return mine.builds.order(wish).id

    def say(self, build, lines, state=BuildState.SUCCEEDED):
        """Let a build have said something, and be in a state."""
        with self.registry.parts.unit()() as services:
            services.building.begin(build)
            numbered = list(enumerate(lines, 1))
            for first in range(0, len(numbered), 5000):
                services.building.say(build, numbered[first : first + 5000])
            if state is not BuildState.RUNNING:
                services.building.end(build, state, log_digest=f"sha256:{'0' * 64}")


@pytest.fixture
def workshop(make_registry):
    registry = make_registry(protocols=PROTOCOLS, **TOY, builds_per_user="0")
    for name in ("ada", "bob"):
        registry.user(name)
    return Workshop(registry)


def form_of(page, deed):
    """The form of a page that is sent to an address with this word in it."""
    return next(form for form in page.forms.values() if f"/{deed}" in form.action)


def lines_of(page):
    return [line.text for line in page.html.select("#log li")]
