"""What an OCI-SIF tells: its architecture and labels are in the OCI configuration it carries."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from .bounded import Part
from .inspection import Findings
from .sif_descriptors import Descriptor, ObjectKind, OciExtra
from .sif_metadata import content


def is_oci_sif(descriptors: Iterable[Descriptor]) -> bool:
    """Say whether a SIF carries an OCI image: then it has a root index."""
    return any(one.kind is ObjectKind.OCI_ROOT_INDEX for one in descriptors)


def read_oci_configuration(
    whole: Part, descriptors: Iterable[Descriptor], findings: Findings
) -> None:
    """Read architecture, time and labels: root index, its first manifest, that one's configuration.

    What cannot be read is noted; no digest is checked.
    """
    objects = tuple(descriptors)
    blobs = {
        one.extra.digest: one
        for one in objects
        if one.kind is ObjectKind.OCI_BLOB and isinstance(one.extra, OciExtra)
    }
    root = next((one for one in objects if one.kind is ObjectKind.OCI_ROOT_INDEX), None)
    index = _document(whole, root, findings)
    manifests = index.get("manifests")
    first = manifests[0] if isinstance(manifests, list) and manifests else None
    manifest = _document(whole, blobs.get(_digest(first)), findings)
    configuration = _document(whole, blobs.get(_digest(manifest.get("config"))), findings)
    if not configuration:
        findings.note("the oci configuration could not be read")
        return
    arch = findings.text("the architecture", configuration.get("architecture"))
    findings.arch = arch or findings.arch
    findings.created = _moment(configuration.get("created")) or findings.created
    settings = configuration.get("config")
    if isinstance(settings, Mapping):
        findings.labels = findings.texts("labels", settings.get("Labels"))


def _document(whole: Part, one: Descriptor | None, findings: Findings) -> Mapping[str, object]:
    raw = None if one is None else content(whole, one, findings)
    found = None if one is None or raw is None else findings.json(f"object {one.id}", raw)
    return found if isinstance(found, Mapping) else {}


def _digest(reference: object) -> str | None:
    digest = reference.get("digest") if isinstance(reference, Mapping) else None
    return digest if isinstance(digest, str) else None


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year > 1 else None
