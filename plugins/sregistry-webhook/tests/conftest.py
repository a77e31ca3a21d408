"""A site on loopback that takes webhooks, and looks at their signatures as its library would."""

import pytest

from .webhook_receiver import Receiver


@pytest.fixture
def receiver():
    """The site."""
    started = Receiver()
    yield started
    started.end()
