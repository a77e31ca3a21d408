"""The way to an identity provider and back, with a signed answer for this one trip.

Source: SAML 2.0 Profiles, section 4.1 (Web Browser SSO); the provider itself is never asked.
"""

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.response import AuthnResponse
from saml2.saml import NAMEID_FORMAT_TRANSIENT
from saml2.xmldsig import SIG_RSA_SHA256

from sregistry_core.contracts import Departure, RedirectLogin, Subject
from sregistry_core.errors import LoginRequired

from .service_provider import ServiceProvider
from .settings import SamlSettings

_LONGEST_KEY = 200
_WEAK = ("sha1", "md5")
"""What names of algorithms end in that can be forged by now."""

log = logging.getLogger(__name__)


class AnswerRefusedError(Exception):
    """An answer does not hold; the text is for the administrator."""


class SamlLogin(RedirectLogin):
    """A login at one identity provider."""

    state_field = "RelayState"
    answers_by_form = True

    def __init__(self, settings: SamlSettings):
        self._settings = settings
        self._us = ServiceProvider(settings)
        self.label = settings.label

    def begin(self, callback: str, state: str) -> Departure:
        """Send the browser with a request; the answer must name it."""
        request, about = self._us.client(callback).prepare_for_authenticate(
            entityid=self._us.provider,
            relay_state=state,
            binding=BINDING_HTTP_REDIRECT,
            sign=self._settings.key is not None,
            sigalg=(SIG_RSA_SHA256 if self._settings.key else None),
        )
        url = dict(about["headers"])["Location"]
        return Departure(url, keepsake=json.dumps({"request": request}))

    def finish(self, callback: str, answer: Mapping[str, str], keepsake: str) -> Subject:
        """Tell from the signed assertion who came back."""
        try:
            request = _request(keepsake)
            return self._subject(self._read(callback, answer.get("SAMLResponse", ""), request))
        except Exception as error:
            # The library has dozens of ways of saying no, and some are those of XML and base64.
            log.warning(
                "the login %s refuses an answer: %s: %s",
                self._settings.name,
                type(error).__name__,
                " ".join(str(error).split())[:300],
            )
            raise LoginRequired(
                f"{self._settings.name} does not vouch for this sign-in: begin anew"
            ) from error

    def metadata(self, callback: str) -> bytes | None:
        """What the identity provider must be told of us."""
        return self._us.metadata(callback)

    def _read(self, callback: str, text: str, request: str) -> AuthnResponse:
        # Strictly: the library reads over what does not belong there.
        answer = base64.b64decode("".join(text.split()), validate=True)
        if not answer:
            raise AnswerRefusedError("there is none")
        response = self._us.client(callback).parse_authn_request_response(
            base64.b64encode(answer).decode(), BINDING_HTTP_POST, outstanding={request: callback}
        )
        if response is None or response.in_response_to != request:
            raise AnswerRefusedError("it answers another question")
        if response.issuer() != self._us.provider:
            raise AnswerRefusedError(f"it comes from {response.issuer()}")
        self._require_ours(response.assertion, self._us.entity_id(callback), request)
        return response

    def _require_ours(self, assertion: Any, entity_id: str, request: str) -> None:
        """Raise unless the assertion itself is signed, and for us, and for this trip.

        The library takes one without an audience for one that is for everybody.
        """
        if assertion is None:
            raise AnswerRefusedError("it holds nothing that is for us, and for now")
        if assertion.signature is None:
            raise AnswerRefusedError("the assertion is not signed")
        signed = assertion.signature.signed_info
        used = [signed.signature_method.algorithm]
        used += [reference.digest_method.algorithm for reference in signed.reference]
        if any(one.lower().endswith(_WEAK) for one in used):
            raise AnswerRefusedError(f"it is signed with {', '.join(used)}")
        if assertion.issuer is None or assertion.issuer.text.strip() != self._us.provider:
            raise AnswerRefusedError("the assertion is of another provider")
        restrictions = assertion.conditions.audience_restriction if assertion.conditions else []
        if not restrictions or not all(
            any((one.text or "").strip() == entity_id for one in restriction.audience)
            for restriction in restrictions
        ):
            raise AnswerRefusedError("the assertion is for another audience, or for any")
        if not any(
            confirmed.subject_confirmation_data is not None
            and confirmed.subject_confirmation_data.in_response_to == request
            for confirmed in assertion.subject.subject_confirmation
        ):
            raise AnswerRefusedError("the assertion answers another question")

    def _subject(self, response: AuthnResponse) -> Subject:
        names = self._settings.attributes
        found: Mapping[str, list[str]] = response.ava or {}
        key = self._key(response, found)
        if not key or len(key) > _LONGEST_KEY:
            raise AnswerRefusedError("it does not say by what to know this person again")
        return Subject(
            provider=self._settings.name,
            key=key,
            name=_first(found, names.name) or key,
            email=_first(found, (names.email,)),
            groups=frozenset(found.get(names.groups, ())),
            full_name=_first(found, names.full_name),
        )

    def _key(self, response: AuthnResponse, found: Mapping[str, list[str]]) -> str | None:
        if self._settings.attributes.key:
            return _first(found, (self._settings.attributes.key,))
        name_id = response.name_id
        if name_id is None or name_id.format == NAMEID_FORMAT_TRANSIENT:
            raise AnswerRefusedError("the identifier changes each time: set key_attribute")
        return (name_id.text or "").strip()


def _request(keepsake: str) -> str:
    try:
        return str(json.loads(keepsake)["request"])
    except (ValueError, TypeError, KeyError) as error:
        raise AnswerRefusedError("it was not asked for here") from error


def _first(found: Mapping[str, list[str]], names: tuple[str, ...]) -> str | None:
    return next(
        (value.strip() for name in names for value in found.get(name, ()) if value.strip()), None
    )
