"""Real people at a real browser: Debian's Chromium, driven by Playwright, with axe-core to check.

    def test_a_reader_finds_an_image(visit, live_registry):
        ada = visit(live_registry, "ada")
        ada.open("/")
        ada.page.get_by_role("searchbox").fill("blast")
        ada.check()
        ada.shoot("home")

A visitor notes what goes wrong on any page: errors of scripts, breaches of the content security
policy, requests that leave the origin. `check` fails for those, and for what axe-core finds.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

from .components import leave_out, need
from .live import PASSWORD, LiveRegistry
from .sregistry_client import CACHE

_SCRIPT = Path(__file__).parents[3] / "tests/components/axe-core.sh"
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
]
_DESKTOP, _PHONE = (1280, 900), (390, 844)
_PATIENCE_MILLISECONDS = 15_000
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_SHOTS = Path(os.environ.get("SREGISTRY_SCREENSHOTS", "screenshots"))
"""Pictures are kept here, as artefacts of the run."""


class Visitor:
    """Somebody at a browser of their own.

    page    Playwright's page
    wrong   what has gone wrong so far, a line each
    """

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        phone: bool = False,
        dark: bool = False,
        scripts: bool = True,
        language: str = "en-GB",
    ):
        width, height = _PHONE if phone else _DESKTOP
        self.url = url
        self.wrong: list[str] = []
        self._phone, self._dark = phone, dark
        self._scripts = scripts
        self.context = browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            java_script_enabled=scripts,
            # Transitions would be caught in the middle by pictures and by checks of contrast.
            reduced_motion="reduce",
            locale=language,
            timezone_id="UTC",
            # A proxy of a test has a certificate that no browser knows.
            ignore_https_errors=True,
        )
        self.context.set_default_timeout(_PATIENCE_MILLISECONDS)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"a script failed: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def open(self, path: str) -> Page:
        """Go to a page of the registry."""
        self.page.goto(path)
        return self.page

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in with a name and a password."""
        self.open("/auth/sign-in")
        self.page.locator("#name").fill(name)
        self.page.locator("#password").fill(password)
        self.page.locator("button.main").click()
        self.page.wait_for_url(lambda address: "/auth/sign-in" not in address)

    def show(self, *, phone: bool, dark: bool) -> None:
        """Have the page that is open in another window and theme, without asking for it again."""
        self._phone, self._dark = phone, dark
        width, height = _PHONE if phone else _DESKTOP
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme="dark" if dark else "light")

    def check(self, *rules: str) -> None:
        """Fail for whatever went wrong so far, and for what axe-core finds on this page.

        rules   of axe-core, by their names; by default all of the accessibility guidelines
        """
        assert self.wrong == [], "\n".join(self.wrong)
        if self._scripts:
            assert self.violations(*rules) == []

    def violations(self, *rules: str) -> list[str]:
        """What axe-core finds on this page, a line for each element."""
        # By way of the driver, so that the policy of the page does not keep it out.
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_axe())
        only = {"type": "rule", "values": list(rules)} if rules else _RULES
        found: list[dict[str, Any]] = self.page.evaluate(
            "async only => (await axe.run(document, {runOnly: only})).violations", only
        )
        return [
            f"{self.page.url}: {one['id']} ({one['impact']}) {one['help']}: {node['html'][:300]}"
            f" {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window: 0 on a page that fits."""
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width

    def shift(self) -> float:
        """How much of the page has moved while it was loading (Cumulative Layout Shift)."""
        moved: float = self.page.evaluate(
            """() => new Promise(done => {
              let sum = 0;
              new PerformanceObserver(list => {
                for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
              }).observe({type: "layout-shift", buffered: true});
              setTimeout(() => done(sum), 100);
            })"""
        )
        return moved

    def shoot(self, name: str, *, whole: bool = True, as_it_is: bool = False) -> Path:
        """Keep a picture of the page; its path.

        whole      also what lies below the window
        as_it_is   call it by the name alone, without the window and the theme
        """
        window = f"-{'phone' if self._phone else 'desktop'}-{'dark' if self._dark else 'light'}"
        path = _SHOTS / f"{name}{'' if as_it_is else window}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=whole)
        return path

    def _console(self, message: Any) -> None:
        # A status of 400 and above is told there too: tests of refusals are not wrong for that.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrong.append(f"{self.page.url}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.wrong.append(f"{self.page.url} asks {urlsplit(request.url).netloc}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.url} answered {response.status}")


Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, started once for each file of tests."""
    program = need("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, args=_FLAGS, chromium_sandbox=False
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Makes visitors of a live registry: `visit(registry, "ada", phone=True, dark=True)`.

    name      who signs in; nobody by default
    scripts   whether the browser runs scripts
    language  that the browser asks for
    """
    with ExitStack() as stack:

        def make(
            registry: LiveRegistry,
            name: str | None = None,
            *,
            phone: bool = False,
            dark: bool = False,
            scripts: bool = True,
            language: str = "en-GB",
        ) -> Visitor:
            visitor = Visitor(
                chromium, registry.url, phone=phone, dark=dark, scripts=scripts, language=language
            )
            stack.callback(visitor.context.close)
            if name is not None:
                visitor.sign_in(name)
            return visitor

        yield make


@cache
def _axe() -> str:
    """The text of axe-core."""
    made = subprocess.run(  # noqa: S603 - our own script
        [_SCRIPT, CACHE / "axe-core"], capture_output=True, text=True, check=False
    )
    if made.returncode:
        leave_out(f"axe-core cannot be installed: {made.stderr.strip()[-200:]}")
    return Path(made.stdout.strip()).read_text(encoding="utf-8")
