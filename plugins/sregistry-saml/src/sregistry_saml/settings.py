"""The ini keys of a login at a SAML identity provider."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sregistry_core.contracts import ConfigurationError, PluginSettings


@dataclass(frozen=True, slots=True)
class AttributeSettings:
    """What the attributes are called, by their friendly names."""

    key: str
    """Empty for the identifier of the subject itself."""
    name: tuple[str, ...]
    """The first that is there counts."""
    email: str
    full_name: tuple[str, ...]
    groups: str


@dataclass(frozen=True, slots=True)
class SamlSettings:
    """One identity provider, and who we are there."""

    name: str
    """Of the login in the ini file."""
    label: str
    metadata: Path
    """What the identity provider says of itself."""
    provider: str
    """Its entity ID; empty when the metadata describe one alone."""
    entity_id: str
    """Ours; empty for the address of our metadata."""
    key: Path | None
    """With it requests are signed, and what is encrypted for us is read."""
    certificate: Path | None
    attributes: AttributeSettings
    xmlsec: str


def read_settings(section: PluginSettings) -> SamlSettings:
    """Read every key. Raises ConfigurationError naming the first that is wrong."""
    key, certificate = _file(section, "key"), _file(section, "certificate")
    if (key is None) != (certificate is None):
        raise ConfigurationError(
            f"{section.name}.key and {section.name}.certificate: give both, or none"
        )
    xmlsec = shutil.which("xmlsec1")
    if xmlsec is None:
        raise ConfigurationError(f"{section.name}: the program xmlsec1 is not installed")
    metadata = section.path("metadata")
    if not metadata.is_file():
        raise ConfigurationError(f"{section.name}.metadata = {metadata} is no file")
    return SamlSettings(
        name=section.name,
        label=section.text("label", f"Sign in with {section.name}"),
        metadata=metadata,
        provider=section.text("provider", ""),
        entity_id=section.text("entity_id", ""),
        key=key,
        certificate=certificate,
        attributes=AttributeSettings(
            key=section.text("key_attribute", ""),
            name=section.words("name_attribute", "uid eduPersonPrincipalName mail"),
            email=section.text("mail_attribute", "mail"),
            full_name=section.words("full_name_attribute", "displayName cn"),
            groups=section.text("groups_attribute", "isMemberOf"),
        ),
        xmlsec=xmlsec,
    )


def _file(section: PluginSettings, key: str) -> Path | None:
    if not section.text(key, ""):
        return None
    path = section.path(key)
    if not path.is_file():
        raise ConfigurationError(f"{section.name}.{key} = {path} is no file")
    return path
