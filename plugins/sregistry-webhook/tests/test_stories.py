"""What a site is told, and what is not sent anywhere."""

import base64
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sregistry_core.contracts import ConfigurationError, ImagePushed, PluginSettings, UserJoined
from sregistry_core.errors import Unavailable
from sregistry_core.testing.certificates import make_certificate
from sregistry_core.testing.sif_files import make_sif
from sregistry_webhook import sregistry_listener

from .webhook_receiver import SECRET, Receiver

EVENT = UserJoined("9" * 32, datetime(2026, 1, 31, 12, 0, tzinfo=UTC), "ada")
PUSHED = ImagePushed("1" * 32, EVENT.at, "ada/lab/blast", "sha256:1", 7, None, "ada/lab+ci")


@pytest.fixture
def open_webhook(receiver):
    """Opens a webhook to the site; keywords are ini keys that differ."""

    def open_webhook(**values):
        given = {"url": receiver.url, "secret": SECRET, "allow_private": "true", **values}
        return sregistry_listener("webhook", PluginSettings("hook", given, Path("/"), {}))

    return open_webhook


class TestInARegistry:
    """Told by the jobs of a whole registry."""

    @pytest.fixture
    def registry(self, make_registry, receiver):
        return make_registry(
            plugins="filesystem webhook",
            listener="webhook",
            webhook__url=receiver.url,
            webhook__secret=SECRET,
            webhook__events="ImagePushed TagMoved",
            webhook__allow_private="true",
        )

    def test_a_push_is_told_with_its_tag_and_nothing_else(self, registry, receiver):
        registry.user("ada").push("ada/lab/blast:1", make_sif())
        registry.run_jobs()

        assert [one["type"] for one in receiver.told] == ["ImagePushed", "TagMoved"]
        data = receiver.told[0]["data"]
        assert (data["container"], data["user"]) == ("ada/lab/blast", "ada")
        assert receiver.told[1]["data"]["tag"] == "1"
        assert receiver.wrong == []

    def test_what_was_not_taken_is_told_again_under_the_same_name(self, registry, receiver):
        receiver.status = 500
        registry.user("ada").push("ada/lab/blast:1", make_sif())
        registry.run_jobs()
        first = {one["id"] for one in receiver.told}

        receiver.status = 200
        receiver.told.clear()
        registry.clock.move(timedelta(hours=1))
        registry.run_jobs()

        assert {one["id"] for one in receiver.told} == first
        assert len(first) == 2


class TestWhatIsSent:
    """One request for each event and site."""

    def test_an_event_is_signed_json(self, open_webhook, receiver):
        open_webhook().notice(PUSHED)

        assert receiver.told == [
            {
                "type": "ImagePushed",
                "timestamp": "2026-01-31T12:00:00+00:00",
                "id": "1" * 32,
                "data": {
                    "identifier": "1" * 32,
                    "container": "ada/lab/blast",
                    "digest": "sha256:1",
                    "size": 7,
                    "arch": None,
                    "user": "ada/lab+ci",
                },
            }
        ]
        assert receiver.paths == ["/hook?from=registry"]
        assert receiver.headers_seen[0]["Content-Type"] == "application/json"

    def test_another_secret_is_seen(self, open_webhook, receiver):
        open_webhook(secret="another secret that the site does not know").notice(EVENT)
        assert (receiver.told, len(receiver.wrong)) == ([], 1)

    def test_a_secret_may_be_spelled_as_libraries_for_receivers_do(self, open_webhook, receiver):
        spelled = "whsec_" + base64.b64encode(SECRET.encode()).decode()
        open_webhook(secret=spelled).notice(EVENT)
        assert len(receiver.told) == 1

    def test_only_events_that_are_wished_for(self, open_webhook, receiver):
        webhook = open_webhook(events="ImagePushed")
        webhook.notice(EVENT)
        webhook.notice(PUSHED)
        assert [one["type"] for one in receiver.told] == ["ImagePushed"]

    def test_a_site_that_is_away_keeps_nothing_from_another(self, open_webhook, receiver):
        webhook = open_webhook(url=f"http://127.0.0.1:1/secret-path {receiver.url}")
        with pytest.raises(Unavailable) as refusal:
            webhook.notice(EVENT)
        assert len(receiver.told) == 1
        assert "secret-path" not in str(refusal.value)


class TestWhatIsNot:
    """Nothing goes where it should not."""

    @pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
    def test_an_answer_that_does_not_say_yes_is_told_again(self, open_webhook, receiver, status):
        receiver.status = status
        receiver.headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
        with pytest.raises(Unavailable, match=f"status {status} from 127.0.0.1"):
            open_webhook().notice(EVENT)
        assert receiver.paths == ["/hook?from=registry"]

    def test_a_site_whose_certificate_nobody_has_signed(self, open_webhook, tmp_path):
        certificate, private_key = tmp_path / "site.pem", tmp_path / "site.key"
        make_certificate(certificate, private_key, names=["127.0.0.1"])
        site = Receiver(certificate, private_key)
        try:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                open_webhook(url=site.url).notice(EVENT)
            assert site.paths == []
            open_webhook(url=site.url, ca_file=str(certificate)).notice(EVENT)
            assert len(site.told) == 1
            with pytest.raises(Unavailable):
                other = site.url.replace("127.0.0.1", "localhost")
                open_webhook(url=other, ca_file=str(certificate)).notice(EVENT)
        finally:
            site.end()

    def test_a_site_that_takes_too_long(self, open_webhook, receiver):
        receiver.slow = 3.0
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            open_webhook(timeout="1s").notice(EVENT)
        assert time.monotonic() - begun < 2.5

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "[::ffff:127.0.0.1]"]
    )
    def test_a_private_address_by_any_name(self, open_webhook, receiver, host):
        webhook = open_webhook(url=f"https://{host}:{receiver.port}/", allow_private="false")
        with pytest.raises(Unavailable):
            webhook.notice(EVENT)
        assert receiver.paths == []

    @pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"])
    def test_addresses_of_inner_networks_are_not_even_tried(self, open_webhook, host):
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="is a private address"):
            open_webhook(url=f"https://{host}/", allow_private="false").notice(EVENT)
        assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"url": "http://example.org/", "allow_private": "false"}, "hook.url = http://example.org"),
        ({"url": "ftp://example.org/"}, "is not an address"),
        ({"url": "https://ada:secret@example.org/"}, "is not an address"),
        ({"url": ""}, "hook.url is missing"),
        ({"secret": ""}, "hook.secret is missing"),
        ({"secret": "short"}, "has 5 bytes, 24 are the least"),
        ({"secret": "whsec_!!!"}, "is not Base64 after whsec_"),
        ({"events": "ImagePushed Nonsense"}, "names Nonsense, which is none of ImagePushed"),
        ({"timeout": "soon"}, "hook.timeout = soon"),
        ({"ca_file": "/none"}, "hook.ca_file = /none is no file"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start(open_webhook, values, complaint):
    with pytest.raises(ConfigurationError, match=complaint.replace(".", r"\.")):
        open_webhook(**values)
