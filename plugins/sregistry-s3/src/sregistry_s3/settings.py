"""What the ini file says of one bucket."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sregistry_core.contracts import ConfigurationError, PluginSettings, Secret

MIB = 1 << 20
GIB = 1 << 30
SMALLEST_PART = 5 * MIB
LARGEST_PART = 5 * GIB
MOST_PARTS = 10_000
"""The limits of S3 for uploads in parts; the last part may be smaller."""
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()-]+(?:/[A-Za-z0-9!_.*'()-]+)*\Z")
_LONGEST_PREFIX = 500


@dataclass(frozen=True, slots=True)
class ObjectStoreSettings:
    """One bucket, and how it is reached; sizes in bytes.

    endpoint, public_endpoint   empty for the addresses of AWS; clients are sent to the latter
    prefix                      of every key; empty, or ending with `/`
    access_key                  empty when the library is to find credentials by itself
    encryption                  `none`, `s3` or `kms`
    is_swift                    what Swift's S3 interface cannot is done in another way
    """

    name: str
    bucket: str
    endpoint: str
    public_endpoint: str
    region: str
    style: str
    prefix: str
    access_key: str
    secret_key: Secret
    ca_file: Path | None
    encryption: str
    kms_key: str
    is_swift: bool
    connect_timeout: timedelta
    read_timeout: timedelta
    attempts: int
    relay: bool
    part_size: int
    at_once: int

    @property
    def encrypting(self) -> dict[str, str]:
        """What a request says that makes an object."""
        if self.encryption == "none":
            return {}
        if self.encryption == "s3":
            return {"ServerSideEncryption": "AES256"}
        key = {"SSEKMSKeyId": self.kms_key} if self.kms_key else {}
        return {"ServerSideEncryption": "aws:kms", **key}


def read_settings(settings: PluginSettings) -> ObjectStoreSettings:
    """Read the keys of one storage. Raises ConfigurationError for what cannot work."""
    endpoint = _address(settings, "endpoint", "")
    encryption = settings.choice("encryption", ("none", "s3", "kms"), "none")
    kms_key = settings.text("kms_key", "")
    if kms_key and encryption != "kms":
        raise ConfigurationError(
            f"{settings.name}.kms_key says nothing without {settings.name}.encryption = kms"
        )
    access_key = settings.text("access_key", "")
    secret_key = settings.secret("secret_key", "")
    if bool(access_key) != bool(secret_key.value):
        missing = "secret_key" if access_key else "access_key"
        raise ConfigurationError(f"{settings.name}.{missing} is missing from the ini file")
    return ObjectStoreSettings(
        name=settings.name,
        bucket=settings.text("bucket"),
        endpoint=endpoint,
        public_endpoint=_address(settings, "public_endpoint", endpoint),
        region=settings.text("region", "us-east-1"),
        style=settings.choice("style", ("path", "virtual"), "path" if endpoint else "virtual"),
        prefix=_prefix(settings),
        access_key=access_key,
        secret_key=secret_key,
        ca_file=_ca_file(settings),
        encryption=encryption,
        kms_key=kms_key,
        is_swift=settings.choice("server", ("any", "swift"), "any") == "swift",
        connect_timeout=_at_least_a_second(settings, "connect_timeout", "5s"),
        read_timeout=_at_least_a_second(settings, "read_timeout", "1m"),
        attempts=settings.number("attempts", 4, least=1, most=20),
        relay=settings.boolean("relay", False),
        part_size=_part_size(settings),
        at_once=settings.number("at_once", 4, least=1, most=64),
    )


def _address(settings: PluginSettings, key: str, default: str) -> str:
    text = settings.text(key, default).rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_address = is_address and not (parts.query or parts.fragment or parts.username)
        is_address = is_address and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address:
        raise ConfigurationError(
            f"{settings.name}.{key} = {text} is no address such as https://objects.example.org"
        )
    return text


def _prefix(settings: PluginSettings) -> str:
    text = settings.text("prefix", "").strip("/")
    if not text:
        return ""
    if not _PREFIX.match(text) or len(text) > _LONGEST_PREFIX or ".." in text:
        raise ConfigurationError(
            f"{settings.name}.prefix = {text} is not made of letters, digits and - _ . /"
        )
    return f"{text}/"


def _ca_file(settings: PluginSettings) -> Path | None:
    if not settings.text("ca_file", ""):
        return None
    path = settings.path("ca_file")
    if not path.is_file():
        raise ConfigurationError(f"{settings.name}.ca_file = {path} is no file")
    return path


def _at_least_a_second(settings: PluginSettings, key: str, default: str) -> timedelta:
    found = settings.duration(key, default)
    if found < timedelta(seconds=1):
        raise ConfigurationError(f"{settings.name}.{key} is not at least 1s")
    return found


def _part_size(settings: PluginSettings) -> int:
    size = settings.size("part_size", "64M")
    if not SMALLEST_PART <= size <= LARGEST_PART:
        raise ConfigurationError(f"{settings.name}.part_size = {size} is not between 5M and 5G")
    return size
