"""Somebody who signs in with a browser, over and over, at an OpenID provider."""

import html
import re
from urllib.parse import urlsplit

import requests

from sregistry_core.testing.openid_provider import OpenidProvider

from .answers import Refused
from .regulars import Heard, Lost, Witness

HTML = {"Accept": "text/html"}
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_ONWARD = re.compile(r'class="onward" href="([^"]+)"|href="([^"]+)" class="onward"')


class Guest:
    """Comes with the browser of somebody new at each turn; `witness` keeps what was refused."""

    def __init__(self, witness: Witness, provider: OpenidProvider):
        self.witness, self._provider = witness, provider

    def sign_in(self) -> None:
        """Go to the provider, come back, look at the own page, and sign out."""
        with requests.Session() as browser:
            page = self._ask(browser, "GET", "/auth/sign-in")
            fields = {"csrf_token": _field(_CSRF, page), "next": "/auth/account"}
            leaving = self._ask(browser, "POST", "/auth/sign-in/campus", fields)
            address = html.unescape(_field(_ONWARD, leaving))
            try:
                back = self._provider.way_back(address, "grace")
            except (OSError, requests.RequestException) as error:
                # Between the browser and the provider: no word of ours.
                raise Lost from error
            came = self._ask(browser, "GET", f"{urlsplit(back).path}?{urlsplit(back).query}")
            assert came.status_code == 303, came.text
            assert "grace" in self._ask(browser, "GET", "/auth/account").text

    def _ask(
        self,
        browser: requests.Session,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
    ) -> requests.Response:
        answer = browser.request(
            method,
            f"{self.witness.url}{path}",
            data=fields,
            headers=HTML,
            timeout=30,
            allow_redirects=False,
        )
        if answer.status_code >= 400:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            self.witness.refused.append(
                Heard(method, path, answer.status_code, headers, answer.text)
            )
            raise Refused(answer.status_code, answer.text)
        return answer


def _field(pattern: re.Pattern[str], page: requests.Response) -> str:
    found = pattern.search(page.text)
    assert found, page.text
    return next(group for group in found.groups() if group)
