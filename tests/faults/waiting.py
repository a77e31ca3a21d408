"""Waiting for what comes about by itself, with an end."""

import time
from collections.abc import Callable
from typing import Any


def eventually(question: Callable[[], Any], patience: float = 20.0) -> None:
    """Wait until a question has a true answer."""
    end = time.monotonic() + patience
    while not question():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
