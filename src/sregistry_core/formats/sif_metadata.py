"""What the objects of a SIF tell about the container, without opening its file system."""

from collections.abc import Iterable, Mapping

from .bounded import Part
from .inspection import MOST_ENTRIES, AppInspection, Findings, SbomFound, SignatureFound
from .sif_descriptors import Descriptor, ObjectKind, SbomExtra, SignatureExtra

INSPECT_METADATA = "inspect-metadata.json"

_SIGNATURE_HEAD = 4096
_PGP_START = b"-----BEGIN PGP SIGNED MESSAGE-----"


def read_metadata(whole: Part, descriptors: Iterable[Descriptor], findings: Findings) -> bool:
    """Read labels, scripts and definition from the objects that hold them.

    Says whether the file has `inspect-metadata.json`: then nothing is missing, and the file
    system need not be looked at.
    """
    objects = tuple(descriptors)
    complete = False
    for one in objects:
        if one.kind is ObjectKind.GENERIC_JSON and one.name == INSPECT_METADATA:
            complete = _read_inspect_metadata(content(whole, one, findings), findings)
            break
    labels = _first(objects, ObjectKind.LABELS)
    if labels is not None and not findings.labels:
        raw = content(whole, labels, findings)
        found = None if raw is None else findings.json("labels", raw)
        findings.labels = findings.texts("labels", found)
    definition = _first(objects, ObjectKind.DEFINITION)
    if definition is not None and findings.definition is None:
        findings.definition = findings.text("the definition", content(whole, definition, findings))
    return complete


def content(whole: Part, one: Descriptor, findings: Findings) -> bytes | None:
    """Read a whole object; None when it is too large for a text, which is noted."""
    if findings.too_large(f"object {one.id} ({one.name or one.kind.value})", one.size):
        return None
    return whole.read_at(one.offset, one.size)


def find_signatures(
    whole: Part, descriptors: Iterable[Descriptor], findings: Findings
) -> tuple[SignatureFound, ...]:
    """Give the signatures in the file with what they claim; nothing is verified."""
    found: list[SignatureFound] = []
    for one in descriptors:
        if not isinstance(one.extra, SignatureExtra):
            continue
        if len(found) >= MOST_ENTRIES:
            findings.note(f"of the signatures only the first {MOST_ENTRIES} were kept")
            break
        found.append(
            SignatureFound(
                object_id=one.id,
                fingerprint=one.extra.fingerprint,
                hash_algorithm=one.extra.hash_algorithm,
                covers_group=one.link_group,
                covers_object=one.link_object,
                format=_signature_format(whole.read_at(one.offset, min(one.size, _SIGNATURE_HEAD))),
            )
        )
    return tuple(found)


def find_sbom(descriptors: Iterable[Descriptor]) -> SbomFound | None:
    """Give the place of the first software bill of materials; None when there is none."""
    for one in descriptors:
        if isinstance(one.extra, SbomExtra):
            return SbomFound(
                format=one.extra.format, object_id=one.id, offset=one.offset, size=one.size
            )
    return None


def _first(objects: Iterable[Descriptor], kind: ObjectKind) -> Descriptor | None:
    return next((one for one in objects if one.kind is kind), None)


def _read_inspect_metadata(raw: bytes | None, findings: Findings) -> bool:
    if raw is None:
        return False
    attributes = _inside(findings.json(INSPECT_METADATA, raw), "data", "attributes")
    if attributes is None:
        findings.note(f"{INSPECT_METADATA} was left out: it holds no data.attributes")
        return False
    findings.labels = findings.texts("labels", attributes.get("labels"))
    findings.environment = findings.texts("the environment", attributes.get("environment"))
    findings.runscript = findings.text("the runscript", attributes.get("runscript"))
    findings.startscript = findings.text("the startscript", attributes.get("startscript"))
    findings.test = findings.text("the test", attributes.get("test"))
    findings.help = findings.text("the help", attributes.get("helpfile"))
    findings.definition = findings.text("the definition", attributes.get("deffile"))
    _read_apps(attributes.get("apps"), findings)
    return True


def _read_apps(apps: object, findings: Findings) -> None:
    if not isinstance(apps, Mapping):
        return
    if len(apps) > MOST_ENTRIES:
        findings.note(f"of {len(apps)} apps only the first {MOST_ENTRIES} were kept")
    for name in list(apps)[:MOST_ENTRIES]:
        app = apps[name]
        if not isinstance(app, Mapping):
            continue
        what = f"app {name[:64]}"
        findings.apps[findings.text(what, name[:64]) or ""] = AppInspection(
            labels=findings.texts(f"labels of {what}", app.get("labels")),
            environment=findings.texts(f"environment of {what}", app.get("environment")),
            runscript=findings.text(f"runscript of {what}", app.get("runscript")),
            startscript=findings.text(f"startscript of {what}", app.get("startscript")),
            test=findings.text(f"test of {what}", app.get("test")),
            help=findings.text(f"help of {what}", app.get("helpfile")),
        )


def _inside(document: object, *path: str) -> Mapping[str, object] | None:
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document if isinstance(document, Mapping) else None


def _signature_format(head: bytes) -> str:
    if head.startswith(_PGP_START):
        text = head.replace(b"\r\n", b"\n").partition(b"\n\n")[2].lstrip()
        return "legacy" if text.startswith(b"SIFHASH:") else "pgp"
    if head.lstrip().startswith(b"{") and b'"payload' in head:
        return "dsse"
    return "unknown"
