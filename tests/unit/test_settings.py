"""The core's own keys: what they mean, and what is said of those that cannot work."""

from datetime import timedelta
from ipaddress import ip_network

import pytest

from sregistry_core.contracts import ConfigurationError
from sregistry_core.environment import expand
from sregistry_core.settings import PROTOCOLS, read_core_settings, read_sections

LEAST = {
    "id": "tacc",
    "public_url": "https://registry.example.org",
    "storage": "filesystem",
    "database": "sqlite:///var/registry.sqlite",
    "staging": "var/staging",
    "secret": "hush",
}


@pytest.fixture
def read(tmp_path):
    """Reads the least that is needed, with some keys changed; None leaves one out."""

    def read(environ=None, **changes):
        ini = {
            f"sregistry.{key}": value
            for key, value in {**LEAST, **changes}.items()
            if value is not None
        }
        sections = read_sections(ini, here=tmp_path, environ=environ or {})
        return read_core_settings(sections["sregistry"])

    return read


@pytest.fixture
def refusal(read):
    def refusal(environ=None, **changes):
        with pytest.raises(ConfigurationError) as refused:
            read(environ, **changes)
        return str(refused.value)

    return refusal


def test_six_keys_are_enough(read, tmp_path):
    settings = read()

    assert settings.id == "tacc"
    assert settings.name == "Singularity Registry"
    assert settings.login == ("passwords",)
    assert settings.protocols == PROTOCOLS
    assert settings.database == f"sqlite:///{tmp_path}/var/registry.sqlite"
    assert settings.staging == tmp_path / "var/staging"
    assert settings.jobs == "embedded"
    assert settings.part_size == 64 << 20
    assert settings.token_lifetime == timedelta(days=365)
    assert settings.metrics_allow == (ip_network("127.0.0.0/8"), ip_network("::1"))
    assert settings.secure_cookies
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("key", LEAST)
def test_each_of_the_six_is_missed(refusal, key):
    further = " (or secret_file, or secret_env)" if key == "secret" else ""

    assert refusal(**{key: None}) == f"sregistry.{key} is missing from the ini file{further}"


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        (
            "id",
            "my_lab",
            "sregistry.id: 'my_lab' is no name for an entity: "
            "1 to 39 letters and digits, with '-' only inside",
        ),
        ("id", "api", "sregistry.id: the name api is reserved by the registry"),
        (
            "public_url",
            "registry.example.org",
            "sregistry.public_url = registry.example.org is not an address such as "
            "https://registry.example.org",
        ),
        (
            "public_url",
            "https://example.org/registry",
            "sregistry.public_url = https://example.org/registry must be scheme, host and port "
            "alone, without a path",
        ),
        (
            "protocols",
            "library gopher",
            "sregistry.protocols names gopher, which is none of " + ", ".join(PROTOCOLS),
        ),
        ("storage", "disk disk", "sregistry.storage names disk twice"),
        ("storage", "sregistry", "sregistry.storage: nothing can be called sregistry"),
        ("listener", "a.b", "sregistry.listener: nothing can be called a.b"),
        *(
            ("build_log", text, f"sregistry.build_log = {text} is neither embedded nor HOST:PORT")
            for text in ("nothing", "127.0.0.1", "127.0.0.1:x", ":8090", "a:123456")
        ),
        ("jobs", "rabbit", "sregistry.jobs = rabbit is neither embedded nor redis://HOST/NUMBER"),
        ("job_threads", "0", "sregistry.job_threads = 0 is not between 1 and 64"),
        ("job_lease", "1s", "sregistry.job_lease = 1s is not between 2s and 10m"),
        ("job_lease", "1h", "sregistry.job_lease = 1h is not between 2s and 10m"),
        ("collections_by", "me", "sregistry.collections_by = me is not one of users, admins"),
        ("private_only", "perhaps", "sregistry.private_only = perhaps is not true or false"),
        ("part_size", "1K", "sregistry.part_size = 1024 is not at least 1M"),
        ("keep_free", "lots", "sregistry.keep_free = lots is not a size such as 64M or 1G"),
        (
            "upload_lifetime",
            "soon",
            "sregistry.upload_lifetime = soon is not a duration such as 30s, 15m, 12h or 7d",
        ),
        (
            "metrics_allow",
            "here",
            "sregistry.metrics_allow: 'here' does not appear to be an IPv4 or IPv6 network",
        ),
    ],
)
def test_what_cannot_work_is_said_in_one_line(refusal, key, value, line):
    assert refusal(**{key: value}) == line


@pytest.mark.parametrize(
    "url",
    [
        "https://ada@x.org",
        "https://x.org?a",
        "https://x.org#a",
        "ftp://x",
        "http://[",
        "http://x:y",
    ],
)
def test_other_addresses_are_refused_too(refusal, url):
    assert refusal(public_url=url).startswith(f"sregistry.public_url = {url} ")


def test_an_address_may_end_with_a_slash_and_have_a_port(read):
    settings = read(public_url="http://localhost:8080/")

    assert settings.public_url == "http://localhost:8080"
    assert not settings.secure_cookies


def test_protocols_stand_in_the_order_of_their_routes(read):
    assert read(protocols="shub discovery").protocols == ("discovery", "shub")


def test_a_database_elsewhere_is_left_as_it_is(read):
    for url in ("sqlite:///:memory:", "sqlite:////srv/registry.sqlite", "postgresql://db/registry"):
        assert read(database=url).database == url


def test_variables_are_filled_in(read):
    settings = read(
        {"HOST": "images.example.org"},
        public_url="https://${HOST}",
        name="${NAME:-Registry of ${HOST:-nobody}}",
    )

    assert settings.public_url == "https://images.example.org"
    assert settings.name == "Registry of images.example.org"


def test_a_variable_that_is_not_set_stops_the_start(refusal):
    assert refusal(name="${NAME}") == (
        "the ini file uses the environment variable NAME, which is not set"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${A}", "a"),
        ("x${A}y${A}", "xaya"),
        ("${EMPTY:-default}", "default"),
        ("${NONE:-}", ""),
        ("${NONE:-${A}}", "a"),
        ("${NONE:-${NONE:-b c}}", "b c"),
        ("${A:-unused}", "a"),
        ("$A {A} ${a}", "$A {A} ${a}"),
        ("${NONE:-redis://host:6379/0}", "redis://host:6379/0"),
    ],
)
def test_how_variables_are_spelled(text, expected):
    assert expand(text, {"A": "a", "EMPTY": ""}) == expected


def test_a_value_that_looks_like_a_variable_is_not_filled_in_again():
    assert expand("${A}", {"A": "${B}", "B": "b"}) == "${B}"
