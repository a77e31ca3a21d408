"""Asks another site: with a deadline, for a bounded answer, and without being sent elsewhere."""

import json
import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from sregistry_core.contracts import LoginUnavailable
from sregistry_core.errors import LoginRequired

from .settings import ClientSettings

LARGEST_ANSWER = 1 << 20
_BLOCK = 1 << 16
_AGENT = "sregistry-core"
_OUR_FAULT = frozenset(
    {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
    # GitHub's words for the same.
    | {"incorrect_client_credentials", "redirect_uri_mismatch", "application_suspended"}
)
"""Answers to a code that speak of our settings, and not of who signs in."""

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The other site has answered, and not with what was asked for."""

    def __init__(self, status: int, address: str):
        super().__init__(f"status {status} from {_place(address)}")
        self.status = status


class Asking:
    """The questions of one sign-in, or of one look at the provider: they share a deadline."""

    def __init__(self, client: ClientSettings):
        self._client = client
        self._adapter = _BoundedAdapter(time.monotonic() + client.timeout)

    def json(
        self, address: str, *, token: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[Any, requests.Response]:
        """Get what is at an address, as JSON, and the response it came in.

        token   shown as the proof that somebody has let us ask
        Raises RefusedError for any status but 200, LoginUnavailable when there is no good answer.
        """
        shown = {"Accept": "application/json", **(headers or {})}
        if token is not None:
            shown["Authorization"] = f"Bearer {token}"
        with requests.Session() as session:
            self._prepare(session)
            try:
                response = session.get(address, headers=shown, **self._options(address))
                if response.status_code >= 500 or response.status_code == 429:
                    raise self.unavailable(f"status {response.status_code} from {_place(address)}")
                if response.status_code != 200:
                    raise RefusedError(response.status_code, address)
                return json.loads(response.content), response
            except (requests.RequestException, HTTPError, ValueError, RecursionError) as error:
                raise self.unavailable(f"{_place(address)}: {_said(error)}") from error

    def token(
        self, address: str, *, code: str, callback: str, verifier: str, method: str
    ) -> dict[str, Any]:
        """Give a code for what it stands for.

        method   how we show our own secret, as OpenID's discovery calls it
        Raises LoginRequired for a code that is not good, LoginUnavailable for anything else.
        """
        client = self._client
        with OAuth2Session(
            client.client_id,
            client.client_secret.value or None,
            token_endpoint_auth_method=method,
            redirect_uri=callback,
        ) as session:
            self._prepare(session)
            try:
                found = session.fetch_token(
                    address,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    **self._options(address),
                )
            except OAuthError as error:
                raise self._refused(str(error.error)) from error
            except requests.HTTPError as error:
                status = error.response.status_code if error.response is not None else 0
                raise self.unavailable(f"status {status} from {_place(address)}") from error
            except (requests.RequestException, HTTPError, ValueError, RecursionError) as error:
                raise self.unavailable(f"{_place(address)}: {_said(error)}") from error
        if not isinstance(found, dict) or not isinstance(found.get("access_token"), str):
            raise self.unavailable(f"no token from {_place(address)}")
        return dict(found)

    def unavailable(self, reason: str) -> LoginUnavailable:
        """Note why the other site is of no use; whoever signs in is told only that it is not."""
        log.warning("the login %s does not work: %s", self._client.name, reason)
        return LoginUnavailable(f"the login {self._client.name} does not answer as it should")

    def _refused(self, error: str) -> Exception:
        if error in _OUR_FAULT:
            return self.unavailable(f"it does not take our client: {error}")
        log.info("the login %s takes a code for none of its own: %s", self._client.name, error[:80])
        return LoginRequired(f"{self._client.name} does not vouch for this sign-in: begin anew")

    def _prepare(self, session: requests.Session) -> None:
        # Else a line of ~/.netrc takes the place of what is shown here.
        session.trust_env = False
        session.headers.update({"User-Agent": _AGENT, "Accept-Encoding": "identity"})
        session.mount("https://", self._adapter)
        session.mount("http://", self._adapter)

    def _options(self, address: str) -> dict[str, Any]:
        return {
            "allow_redirects": False,
            "proxies": requests.utils.get_environ_proxies(address),
            "verify": str(self._client.ca_file) if self._client.ca_file else True,
        }


class _BoundedAdapter(HTTPAdapter):
    """Reads whole answers, up to a size and to a moment of the monotonic clock."""

    def __init__(self, deadline: float):
        super().__init__()
        self._deadline = deadline

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request, and read its answer."""
        options.update(stream=True, timeout=self._left())
        response = super().send(request, **options)
        content = bytearray()
        try:
            # What has come by now, not a whole block: that could take for ever.
            while block := response.raw.read1(_BLOCK):
                content += block
                if len(content) > LARGEST_ANSWER:
                    raise requests.RequestException(f"more than {LARGEST_ANSWER} bytes")
                self._left()
        finally:
            response.close()
        # Where requests itself keeps an answer that was read.
        response._content = bytes(content)
        return response

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise requests.Timeout("the time is over")
        return left


def _place(address: str) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
