"""A real identity provider for these tests: the one of pysaml2, without a web site around it."""

import base64
import subprocess
from urllib.parse import parse_qs, urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from sregistry_core.testing.components import need

SITE = "https://idp.test"
ADA = {
    "uid": ["ada"],
    "mail": ["ada@example.org"],
    "displayName": ["Ada Lovelace"],
    "isMemberOf": ["physics", "staff"],
}


def make_key(folder, name):
    """Make a key and a certificate of its own, as RSA: what identity providers sign with."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    words = [need("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
    words += ["-keyout", key, "-out", certificate, "-subj", f"/CN={name}", "-days", "2"]
    subprocess.run(words, check=True, capture_output=True)
    return key, certificate


class IdentityProvider:
    """Signs in anybody at once.

    file      its metadata
    """

    def __init__(self, folder, key, certificate, *, entity_id=f"{SITE}/idp"):
        self.folder = folder
        self.key, self.certificate = key, certificate
        self.entity_id = entity_id
        self.file = folder / "idp.xml"
        self.file.write_text(str(entity_descriptor(self._config())))
        self.server = None

    def meet(self, metadata):
        """Be told of a service provider."""
        path = self.folder / "sp.xml"
        path.write_bytes(metadata)
        self.server = Server(config=self._config(path))

    def visit(self, address, *, attributes=ADA, key="ada-17", **differing):
        """Sign somebody in; the fields of the answer."""
        asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
        request = self.server.parse_authn_request(asked["SAMLRequest"], BINDING_HTTP_REDIRECT)
        about = self.server.response_args(request.message, bindings=[BINDING_HTTP_POST])
        settings = {
            **about,
            "userid": key,
            "name_id": self.server.ident.persistent_nameid(key, about["sp_entity_id"]),
            "authn": {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
            "sign_assertion": True,
            "sign_response": False,
            # Its own defaults are those of 2005.
            "sign_alg": SIG_RSA_SHA256,
            "digest_alg": DIGEST_SHA256,
            **differing,
        }
        settings.pop("name_id_policy", None)
        response = self.server.create_authn_response(attributes, **settings)
        text = base64.b64encode(str(response).encode()).decode()
        return {"SAMLResponse": text, "RelayState": asked["RelayState"]}

    def _config(self, *service_providers):
        described = {
            "entityid": self.entity_id,
            "xmlsec_binary": need("xmlsec1", "xmlsec1"),
            "key_file": str(self.key),
            "cert_file": str(self.certificate),
            "service": {
                "idp": {
                    "endpoints": {
                        "single_sign_on_service": [(f"{SITE}/sso", BINDING_HTTP_REDIRECT)]
                    },
                    "policy": {"default": {"lifetime": {"minutes": 5}}},
                    "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                    "want_authn_requests_signed": False,
                }
            },
        }
        if service_providers:
            described["metadata"] = {"local": [str(path) for path in service_providers]}
        return IdPConfig().load(described)
