"""The core's own settings: the only reader of the `sregistry.*` keys of the ini file."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from sregistry_core.contracts import PluginSettings, Secret, Sections
from sregistry_core.environment import expand
from sregistry_core.errors import ConfigurationError, Malformed
from sregistry_core.formats.dsse import TrustedKey, read_keys
from sregistry_core.names import parse_new_entity_name

PROTOCOLS = (
    "discovery",
    "transfer",
    "library",
    "oci",
    "directory",
    "sregistry",
    "shub",
    "hkp",
    "remotebuild",
    "webhooks",
    "api",
    "ui",
)
"""Wire protocols of the core, in the order in which their routes are added."""
EMBEDDED_BUILD_LOG = "embedded"
SHORTEST_JOB_LEASE = timedelta(seconds=2)
LONGEST_JOB_LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Accel:
    """A directory whose files the proxy in front sends itself, under a prefix of its own."""

    directory: Path
    prefix: str

    @property
    def start(self) -> str:
        """How the path of each of those files begins."""
        return str(self.directory).rstrip("/") + "/"


@dataclass(frozen=True, slots=True)
class TermsOfUse:
    """A text in Markdown that users accept; `digest` is its SHA-256 in hex."""

    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """What the ini file says under `sregistry.`; config/README.md explains every key."""

    id: str
    name: str
    institution: str
    contact: str
    public_url: str
    plugins: tuple[str, ...]
    plugin_modules: tuple[str, ...]
    storage: tuple[str, ...]
    login: tuple[str, ...]
    builder: tuple[str, ...]
    listener: tuple[str, ...]
    protocols: tuple[str, ...]
    database: str
    staging: Path
    secret: Secret
    jobs: str
    job_threads: int
    job_lease: timedelta
    collections_by: str
    collections_per_user: int
    default_private: bool
    private_only: bool
    keys_added_by: str
    verify_keys: tuple[TrustedKey, ...]
    require_sif: bool
    part_size: int
    parallel_download_above: int
    largest_image: int
    keep_free: int
    upload_lifetime: timedelta
    transfer_lifetime: timedelta
    session_lifetime: timedelta
    token_lifetime: timedelta
    login_attempts: int
    login_attempts_per_address: int
    login_window: timedelta
    garbage_grace: timedelta
    build_directory: Path
    build_key: Path | None
    build_key_passphrase: Secret
    build_threads: int
    build_time_limit: timedelta
    builds_per_user: int
    builds_per_collection: int
    build_log_lifetime: timedelta
    largest_build_context: int
    unnamed_build_lifetime: timedelta
    build_log: str
    base_allow_private: bool
    git_allow_private: bool
    git_ca_file: Path | None
    git_time_limit: timedelta
    largest_git_fetch: int
    git_recipes_per_push: int
    publishers: tuple[str, ...]
    publishers_allow_private: bool
    publishers_ca_file: Path | None
    metrics_allow: tuple[IPv4Network | IPv6Network, ...]
    accel: tuple[Accel, ...]
    proxy_cache_lifetime: timedelta
    language: str
    quota: int
    about: str
    terms: TermsOfUse | None
    terms_for: str
    logo: Path | None
    accent: str
    accent_dark: str
    announcement: str
    announcement_level: str
    audit_lifetime: timedelta
    locale_directory: Path | None

    @property
    def secure_cookies(self) -> bool:
        """True when browsers reach us by https only."""
        return self.public_url.startswith("https:")


def read_sections(ini: Mapping[str, str], *, here: Path, environ: Mapping[str, str]) -> Sections:
    """Sort the keys of one ini section by the thing they speak of, variables filled in."""
    return Sections({key: expand(value, environ) for key, value in ini.items()}, here, environ)


def read_core_settings(section: PluginSettings) -> CoreSettings:
    """Read every `sregistry.*` key. Raises ConfigurationError naming the first that is wrong."""
    return CoreSettings(
        id=_entity(section),
        name=section.text("name", "Singularity Registry"),
        institution=section.text("institution", ""),
        contact=section.text("contact", ""),
        public_url=_public_url(section),
        plugins=section.words("plugins", ""),
        plugin_modules=section.words("plugin_modules", ""),
        storage=_names(section, "storage", section.words("storage")),
        login=_names(section, "login", section.words("login", "passwords")),
        builder=_names(section, "builder", section.words("builder", "")),
        listener=_names(section, "listener", section.words("listener", "")),
        protocols=_protocols(section),
        database=_database(section),
        staging=section.path("staging"),
        secret=section.secret("secret"),
        jobs=_jobs(section),
        job_threads=section.number("job_threads", 2, least=1, most=64),
        job_lease=_job_lease(section),
        collections_by=section.choice("collections_by", ("users", "admins"), "users"),
        collections_per_user=section.number("collections_per_user", 0),
        default_private=section.boolean("default_private", False),
        private_only=section.boolean("private_only", False),
        keys_added_by=section.choice("keys_added_by", ("anyone", "users", "owners"), "users"),
        verify_keys=_verify_keys(section),
        require_sif=section.boolean("require_sif", False),
        part_size=_part_size(section),
        parallel_download_above=section.size("parallel_download_above", "64M"),
        largest_image=section.size("largest_image", "100T"),
        keep_free=section.size("keep_free", "100M"),
        upload_lifetime=section.duration("upload_lifetime", "1d"),
        transfer_lifetime=section.duration("transfer_lifetime", "2h"),
        session_lifetime=section.duration("session_lifetime", "14d"),
        token_lifetime=section.duration("token_lifetime", "365d"),
        login_attempts=section.number("login_attempts", 10),
        login_attempts_per_address=section.number("login_attempts_per_address", 100),
        login_window=section.duration("login_window", "15m"),
        garbage_grace=section.duration("garbage_grace", "1d"),
        build_directory=_build_directory(section),
        build_key=section.path("build_key") if section.text("build_key", "") else None,
        build_key_passphrase=section.secret("build_key_passphrase", None),
        build_threads=section.number("build_threads", 1, least=1, most=64),
        build_time_limit=section.duration("build_time_limit", "2h"),
        builds_per_user=section.number("builds_per_user", 10),
        builds_per_collection=section.number("builds_per_collection", 0),
        build_log_lifetime=section.duration("build_log_lifetime", "90d"),
        largest_build_context=section.size("largest_build_context", "1G"),
        unnamed_build_lifetime=section.duration("unnamed_build_lifetime", "1d"),
        build_log=_build_log(section),
        base_allow_private=section.boolean("base_allow_private", False),
        git_allow_private=section.boolean("git_allow_private", False),
        git_ca_file=_ca_file(section, "git_ca_file"),
        git_time_limit=section.duration("git_time_limit", "5m"),
        largest_git_fetch=section.size("largest_git_fetch", "1G"),
        git_recipes_per_push=section.number("git_recipes_per_push", 20, least=1, most=1000),
        publishers=_publishers(section),
        publishers_allow_private=section.boolean("publishers_allow_private", False),
        publishers_ca_file=_ca_file(section, "publishers_ca_file"),
        metrics_allow=_networks(section, "metrics_allow", "127.0.0.0/8 ::1"),
        accel=tuple(_accel(section)),
        proxy_cache_lifetime=section.duration("proxy_cache_lifetime", "7s"),
        language=section.text("language", "en"),
        quota=section.size("quota", "0"),
        about=_text_of_file(section, "about"),
        terms=_terms(section),
        terms_for=section.choice("terms_for", ("browser", "everything"), "browser"),
        logo=_optional_path(section, "logo"),
        accent=section.text("accent", ""),
        accent_dark=section.text("accent_dark", ""),
        announcement=section.text("announcement", "").strip(),
        announcement_level=section.choice("announcement_level", ("info", "warning"), "info"),
        audit_lifetime=section.duration("audit_lifetime", "365d"),
        locale_directory=_optional_path(section, "locale_directory"),
    )


def _entity(section: PluginSettings) -> str:
    text = section.text("id")
    try:
        return parse_new_entity_name(text)
    except Malformed as error:
        raise ConfigurationError(f"sregistry.id: {error}") from error


def _public_url(section: PluginSettings) -> str:
    text = section.text("public_url").rstrip("/")
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise ConfigurationError(
            f"sregistry.public_url = {text} is not an address such as https://registry.example.org"
        )
    if parts.path or parts.query or parts.fragment or parts.username:
        # The key client drops a path from the address, and would ask at the root.
        raise ConfigurationError(
            f"sregistry.public_url = {text} must be scheme, host and port alone, without a path"
        )
    # The usual port says nothing, and clients of shub:// refuse any.
    usual = {"http": 80, "https": 443}[parts.scheme]
    return text.removesuffix(f":{usual}") if parts.port == usual else text


def _protocols(section: PluginSettings) -> tuple[str, ...]:
    named = section.words("protocols", " ".join(PROTOCOLS))
    for protocol in named:
        if protocol not in PROTOCOLS:
            raise ConfigurationError(
                f"sregistry.protocols names {protocol}, which is none of {', '.join(PROTOCOLS)}"
            )
    return tuple(protocol for protocol in PROTOCOLS if protocol in named)


def _names(section: PluginSettings, key: str, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"sregistry.{key} names {name} twice")
        if name == "sregistry" or "." in name:
            raise ConfigurationError(f"sregistry.{key}: nothing can be called {name}")
    return names


def _database(section: PluginSettings) -> str:
    url = section.text("database")
    prefix = "sqlite:///"
    if url.startswith(prefix) and url != f"{prefix}:memory:":
        return f"{prefix}{section.here / url.removeprefix(prefix)}"
    return url


def _jobs(section: PluginSettings) -> str:
    text = section.text("jobs", "embedded")
    if text != "embedded" and not text.startswith(("redis://", "rediss://", "unix://")):
        raise ConfigurationError(
            f"sregistry.jobs = {text} is neither embedded nor redis://HOST/NUMBER"
        )
    return text


def _accel(section: PluginSettings) -> Iterator[Accel]:
    for line in section.text("accel", "").splitlines():
        if not line.strip():
            continue
        directory, _, prefix = (part.strip() for part in line.partition("->"))
        if not directory or not prefix.startswith("/") or not prefix.endswith("/"):
            raise ConfigurationError(
                f"sregistry.accel = {line.strip()} is not DIRECTORY -> /PREFIX/"
            )
        yield Accel(section.here / directory, prefix)


def _verify_keys(section: PluginSettings) -> tuple[TrustedKey, ...]:
    words = section.words("verify_keys", "")
    try:
        return read_keys(section.here / Path(word).expanduser() for word in words)
    except Malformed as error:
        raise ConfigurationError(f"sregistry.verify_keys: {error}") from error


def _publishers(section: PluginSettings) -> tuple[str, ...]:
    urls = section.words("publishers", "")
    for url in urls:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            port = 0
        # In the clear anybody on the way could say other keys; on this machine nobody is on it.
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
        )
        if not is_safe or not parts.hostname or port == 0 or parts.query or parts.username:
            raise ConfigurationError(
                f"sregistry.publishers: {url} is not an address such as https://gitlab.example.org"
            )
    return urls


def _ca_file(section: PluginSettings, key: str) -> Path | None:
    if not section.text(key, ""):
        return None
    path = section.path(key)
    if not path.is_file():
        raise ConfigurationError(f"sregistry.{key} = {path} is no file")
    return path


def _build_directory(section: PluginSettings) -> Path:
    if section.text("build_directory", ""):
        return section.path("build_directory")
    return section.path("staging") / "builds"


def _build_log(section: PluginSettings) -> str:
    text = section.text("build_log", EMBEDDED_BUILD_LOG)
    host, _, port = text.rpartition(":")
    if text != EMBEDDED_BUILD_LOG and not (
        host and port.isascii() and port.isdigit() and len(port) < 6
    ):
        raise ConfigurationError(f"sregistry.build_log = {text} is neither embedded nor HOST:PORT")
    return text


def _job_lease(section: PluginSettings) -> timedelta:
    lease = section.duration("job_lease", "1m")
    if not SHORTEST_JOB_LEASE <= lease <= LONGEST_JOB_LEASE:
        raise ConfigurationError(
            f"sregistry.job_lease = {section.text('job_lease')} is not between 2s and 10m"
        )
    return lease


def _optional_path(section: PluginSettings, key: str) -> Path | None:
    return section.path(key) if section.text(key, "") else None


def _text_of_file(section: PluginSettings, key: str) -> str:
    path = _optional_path(section, key)
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"sregistry.{key} = {path} cannot be read: {reason}") from error


def _terms(section: PluginSettings) -> TermsOfUse | None:
    text = _text_of_file(section, "terms")
    return TermsOfUse(text, hashlib.sha256(text.encode()).hexdigest()) if text.strip() else None


def _part_size(section: PluginSettings) -> int:
    size = section.size("part_size", "64M")
    if size < 1 << 20:
        raise ConfigurationError(f"sregistry.part_size = {size} is not at least 1M")
    return size


def _networks(
    section: PluginSettings, key: str, default: str
) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(word) for word in section.words(key, default))
    except ValueError as error:
        raise ConfigurationError(f"sregistry.{key}: {error}") from error
