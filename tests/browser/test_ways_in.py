"""Every way to sign in on one page, and a whole stay through a real OpenID provider in Chromium."""

import base64
import json
import re
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

from sregistry_core.testing.certificates import make_certificate
from sregistry_core.testing.components import need, need_module
from sregistry_core.testing.live import LiveRegistry, free_port
from sregistry_core.testing.openid_provider import OpenidProvider
from sregistry_core.testing.slapd import PASSWORD, PEOPLE, SERVICE, SERVICE_PASSWORD, Slapd

METADATA = """\
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.org">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://idp.example.org/sso"/></IDPSSODescriptor></EntityDescriptor>
"""


@pytest.fixture(scope="module")
def provider_and_registry(tmp_path_factory):
    """Passwords, LDAP, PAM, OpenID, GitHub and SAML, all configured together."""
    need_module("ldap", "pip install python-ldap (libldap2-dev, libsasl2-dev, gcc)")
    room, listen = tmp_path_factory.mktemp("ways"), f"127.0.0.1:{free_port()}"
    url = f"http://{listen}"
    make_certificate(room / "idp.pem", room / "idp.key", names=["idp.example.org"])
    lines = (room / "idp.pem").read_text().splitlines()
    certificate = "".join(line for line in lines if not line.startswith("-----"))
    (room / "federation.xml").write_text(METADATA.format(certificate=certificate))
    with (
        Slapd(room / "slapd") as slapd,
        OpenidProvider([f"{url}/auth/sign-in/campus/callback"], back=f"{url}/") as provider,
    ):
        settings = {
            "sregistry.protocols": "discovery transfer library oci shub api ui",
            "sregistry.plugins": "filesystem ldap pam oauth saml",
            "sregistry.login": "passwords ldap pam campus github federation",
            "ldap.url": slapd.tls_url,
            "ldap.ca_file": str(slapd.ca_file),
            "ldap.bind_dn": SERVICE,
            "ldap.bind_password": SERVICE_PASSWORD,
            "ldap.base": PEOPLE,
            "pam.service": "login",
            **provider.login_keys("campus"),
            "campus.teams": "lab: physics",
            "campus.administrators": "staff",
            "github.client_id": "registry",
            "github.client_secret": "a secret of the tests",
            "federation.use": "saml",
            "federation.metadata": str(room / "federation.xml"),
        }
        with LiveRegistry(room / "registry", listen=listen, settings=settings) as registry:
            registry.make_user("eve")
            yield provider, registry
        assert "Traceback" not in registry.log


@pytest.fixture
def registry(provider_and_registry):
    return provider_and_registry[1]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_page_with_every_way_is_well_made(registry, visit, phone, dark):
    somebody = visit(registry, phone=phone, dark=dark)

    page = somebody.open("/auth/sign-in")

    assert page.locator("input[type=password]").count() == 1
    ways = page.locator("form.way button").all_inner_texts()
    assert [re.search("campus|github|federation", way.lower())[0] for way in ways] == [
        "campus",
        "github",
        "federation",
    ]
    somebody.check()
    assert somebody.overflow() == 0
    somebody.shoot("every-way-in")


def test_one_form_serves_people_of_the_directory_and_our_own(registry, visit):
    bob, eve = visit(registry), visit(registry)

    bob.sign_in("bob", PASSWORD)
    eve.sign_in("eve")

    bob.check()
    assert "bob" in bob.open("/auth/account").locator("main").inner_text()
    assert "eve" in eve.open("/auth/account").locator("main").inner_text()


def test_a_stay_through_the_provider(provider_and_registry, visit):
    provider, registry = provider_and_registry
    ada = visit(registry)
    page, asked = ada.page, []
    page.on("request", lambda request: asked.append(request.url))
    # The provider's own pages want fonts of another site.
    loopback = re.compile(r"^http://127\.0\.0\.1:")
    ada.context.route(lambda url: not loopback.match(url), lambda route: route.abort())

    ada.open("/auth/sign-in?next=/auth/tokens")
    page.locator("form[action$='/campus'] button").click()
    enter_at_the_provider(page)
    page.wait_for_url(f"{registry.url}/auth/tokens*")

    sent = parse_qs(urlsplit(next(url for url in asked if "code_challenge=" in url)).query)
    assert sent["code_challenge_method"] == ["S256"]
    assert len(sent["code_challenge"][0]) == 43
    assert sent["nonce"][0]
    assert sent["state"][0]
    with registry.services() as services:
        assert services.accounts.find("ada").is_admin
        assert [one.user.name for one in services.teams.members("lab")] == ["ada"]

    ada.wrong.clear()
    page.get_by_label("Name").fill("laptop")
    page.get_by_label("Pull and push").check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator("main code").first.inner_text()
    ada.check()
    assert curl("-H", f"Authorization: Bearer {secret}", f"{registry.url}/api/v1/user") == {
        "user": "ada",
        "scope": "push",
    }
    basic = base64.b64encode(f"ada:{secret}".encode()).decode()
    granted = curl("-H", f"Authorization: Basic {basic}", f"{registry.url}/v2/token", whole=True)
    assert granted["token"]

    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign out there too").click()
    page.wait_for_url(f"{provider.issuer}/session/end*")
    page.locator("button[type=submit]").first.click()
    page.wait_for_url(f"{registry.url}/")

    # The provider does not know the browser any more: it asks who it is.
    ada.open("/auth/sign-in")
    page.locator("form[action$='/campus'] button").click()
    page.wait_for_selector("input[name=login]")


def enter_at_the_provider(page):
    """Say who one is, and agree to what the registry wants to know."""
    page.locator("input[name=login]").fill("ada")
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.wait_for_selector("input[name=prompt][value=consent]", state="attached")
    page.locator("button[type=submit]").click()


def curl(*words, whole=False):
    """Ask with the real curl; what matters of its answer."""
    done = subprocess.run(
        [need("curl", "curl"), "--silent", "--show-error", "--fail-with-body", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    return said if whole else {"user": said["user"], "scope": said["scope"]}
