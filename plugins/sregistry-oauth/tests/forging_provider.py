"""An imitation of an OpenID provider that signs whatever a test wants; no real one would."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from joserfc.util import urlsafe_b64encode

from .loopback_site import LoopbackSite

CLIENT, SECRET = "registry", "a secret of the tests"


class ForgingProvider(LoopbackSite):
    """Signs in anybody at once.

    claims     what differs in the signed statement; None leaves a claim out
    person     what is said of who signs in
    """

    def __init__(self):
        super().__init__()
        self.issuer = self.url
        self.claims = {}
        self.person = {"sub": "17", "preferred_username": "ada", "groups": ["physics"]}
        self.metadata = {}
        self.sign = self._sign
        self.new_key("first")
        self._codes = {}
        self.answers = {
            "/.well-known/openid-configuration": lambda _: {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
                **self.metadata,
            },
            "/keys": lambda _: {"keys": [self.key.as_dict(private=False)]},
            "/token": self._token,
            "/userinfo": lambda _: self.person,
        }

    def new_key(self, name):
        """Sign with another key from now on, and show no other."""
        self.key = RSAKey.generate_key(2048, {"kid": name, "use": "sig"}, auto_kid=False)

    def visit(self, address):
        """Sign somebody in; the fields of the answer."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_hex(8)
        self._codes[code] = asked
        return {"state": asked["state"], "code": code}

    def sign_with_nothing(self, claims):
        """A statement that nobody has signed."""
        header = urlsafe_b64encode(b'{"alg":"none"}').decode()
        body = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 32)).split(".")[1]
        return f"{header}.{body}."

    def sign_with_our_secret(self, claims):
        """A statement signed with what the client knows too."""
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET.ljust(32, "x")))

    def sign_with_the_public_key(self, claims):
        """The oldest forgery: the public key, taken for a secret."""
        # By hand: the library does not lend itself to it.
        header = urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": self.key.kid}).encode())
        signed = header + b"." + urlsafe_b64encode(json.dumps(claims).encode())
        mac = hmac.new(self.key.as_pem(private=False), signed, hashlib.sha256).digest()
        return (signed + b"." + urlsafe_b64encode(mac)).decode()

    def sign_with_a_strange_key(self, claims):
        """A statement signed with a key of its own, which it brings along."""
        key = RSAKey.generate_key(2048, auto_kid=False)
        header = {"alg": "RS256", "kid": self.key.kid}
        return jwt.encode(header, claims, key)

    def _sign(self, claims):
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def _token(self, request):
        asked = self._codes.pop(request.fields.get("code"), None)
        verifier = request.fields.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        if asked is None or digest.decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}, {}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            **self.person,
            **self.claims,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return {"access_token": "at", "token_type": "Bearer", "id_token": self.sign(kept)}
