"""The way there and back that all kinds share: OAuth 2 with a code, and PKCE.

Source: RFC 6749 section 4.1, RFC 7636, RFC 9700.
"""

import json
import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from sregistry_core.contracts import Departure, RedirectLogin, Subject
from sregistry_core.errors import LoginRequired

from .asking import Asking
from .settings import ClientSettings

_VERIFIER_LENGTH = 64
_NONCE_LENGTH = 32
_ERROR = re.compile(r"[a-z_]{1,40}")
_CODE = re.compile(r"[\x20-\x7e]{1,4096}")
"""RFC 6749, appendix A.11."""


@dataclass(frozen=True, slots=True)
class Trip:
    """What one trip's answer must fit."""

    verifier: str
    nonce: str


class CodeLogin(RedirectLogin):
    """A login at another site that answers with a code."""

    nonce_is_sent = False

    def __init__(self, client: ClientSettings):
        self._client = client
        self.label = client.label

    def begin(self, callback: str, state: str) -> Departure:
        """Send the browser to the other site, with a secret of this trip alone."""
        trip = Trip(generate_token(_VERIFIER_LENGTH), generate_token(_NONCE_LENGTH))
        further = {"nonce": trip.nonce} if self.nonce_is_sent else {}
        with OAuth2Session(
            self._client.client_id,
            redirect_uri=callback,
            scope=self._client.scope,
            code_challenge_method="S256",
        ) as session:
            url, _ = session.create_authorization_url(
                self.authorization_address(),
                state=state,
                code_verifier=trip.verifier,
                **further,
                **self.further_questions(),
            )
        return Departure(url, keepsake=json.dumps(asdict(trip)))

    def finish(self, callback: str, answer: Mapping[str, str], keepsake: str) -> Subject:
        """Give the code for what it stands for, and see who that is."""
        trip = _read(keepsake)
        if error := answer.get("error", ""):
            said = error if _ERROR.fullmatch(error) else "it does not say why"
            raise LoginRequired(f"{self._client.name} signed nobody in: {said}")
        self.check_answer(answer)
        code = answer.get("code", "")
        if not _CODE.fullmatch(code):
            raise LoginRequired(f"{self._client.name} signed nobody in: there is no code")
        asking = Asking(self._client)
        tokens = asking.token(
            self.token_address(),
            code=code,
            callback=callback,
            verifier=trip.verifier,
            method=self.token_method(),
        )
        return self.who(asking, tokens, trip)

    def further_questions(self) -> Mapping[str, str]:
        """What is asked besides."""
        return {}

    def check_answer(self, answer: Mapping[str, str]) -> None:
        """Raise LoginRequired for an answer of another site."""

    def token_method(self) -> str:
        """How we show our own secret."""
        return "client_secret_post"

    @abstractmethod
    def authorization_address(self) -> str:
        """Where browsers are sent."""

    @abstractmethod
    def token_address(self) -> str:
        """Where a code is taken."""

    @abstractmethod
    def who(self, asking: Asking, tokens: Mapping[str, Any], trip: Trip) -> Subject:
        """Tell who has signed in. Raises LoginRequired or LoginUnavailable."""


def _read(keepsake: str) -> Trip:
    try:
        return Trip(**json.loads(keepsake))
    except (ValueError, TypeError) as error:
        raise LoginRequired("this sign-in was not begun here: begin anew") from error
