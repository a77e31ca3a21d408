"""The commands that pull and push what a page is about, for each client that can."""

from collections.abc import Iterator
from dataclasses import dataclass

from sregistry_core.names import ContainerName

from ..clients import CLIENTS, Client, Step
from ..site import Site
from ..texts import _

NEW_TAG = "1.0"
"""What is pushed where there is no tag yet."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is pulled and pushed.

    tag       None for an image that is named by its digest
    digest    `sha256:` and so on; None where only the tag counts
    is_sif    False for what OCI clients alone can pull, such as an image of Docker
    is_public whether it can be pulled without signing in
    """

    name: ContainerName
    tag: str | None
    digest: str | None
    arch: str | None
    is_sif: bool
    is_public: bool

    @property
    def library_reference(self) -> str:
        """What follows the name in `library://`."""
        return f":{self.tag}" if self.tag else f":{(self.digest or '').replace(':', '.')}"

    @property
    def oci_reference(self) -> str:
        """What follows the name for OCI clients."""
        return f":{self.tag}" if self.tag else f"@{self.digest}"


@dataclass(frozen=True, slots=True)
class Way:
    """What one client does here: pull and push."""

    id: str
    title: str
    pull: tuple[Step, ...]
    push: tuple[Step, ...]


def ways_for(site: Site, subject: Subject, *, may_push: bool, home: str) -> list[Way]:
    """Give every client that can pull this, with its commands; those for pushing if one may.

    home   the registry's own entity, whose names the sregistry client has without a prefix
    """
    words = _Words(site, subject, home)
    ways = [way for way in _ways(words) if way.pull]
    if may_push:
        return ways
    return [Way(way.id, way.title, way.pull, ()) for way in ways]


class _Words:
    """The parts that commands are made of."""

    def __init__(self, site: Site, subject: Subject, home: str):
        self.site = site
        self.address = site.address
        self.subject = subject
        self.name = str(subject.name)
        self.file = f"{subject.name.container}.sif"
        self.is_of_home = subject.name.entity == home
        self.arch = f" --arch {subject.arch}" if subject.arch not in (None, "amd64") else ""
        self.new = f"{self.name}:{subject.tag or NEW_TAG}"


def _ways(words: _Words) -> Iterator[Way]:
    protocols = words.site.protocols
    if words.subject.is_sif:
        for client in CLIENTS:
            yield Way(client.id, client.title, tuple(_pull(words, client)), _push(words, client))
    if "oci" in protocols:
        yield from _oci_ways(words)
    if words.subject.is_sif and "sregistry" in protocols:
        yield _sregistry(words)
    if words.subject.is_sif and ("api" in protocols or "library" in protocols):
        yield Way("curl", "curl", (_curl(words),), ())


def _pull(words: _Words, client: Client) -> Iterator[Step]:
    address, program = words.address, client.program
    image = f"{words.name}{words.subject.library_reference}"
    plain = " --no-https" if address.is_plain else ""
    if "library" in words.site.protocols:
        if "discovery" in words.site.protocols and not words.subject.is_public:
            yield Step(
                _("Once the client is set up:"), f"{program} pull{words.arch} library://{image}"
            )
        elif address.fits_endpoint:
            yield Step(
                _("Without any set-up:"),
                f"{program} pull{plain}{words.arch} library://{address.place}/{image}",
            )
        else:
            yield Step(
                _("Without any set-up:"),
                f"{program} pull{words.arch} --library {address.url} library://{image}",
            )
    # The digest of a manifest is another one than that of the file.
    if "oci" in words.site.protocols and words.subject.tag:
        yield Step(
            _("By oras://"),
            f"{program} pull{plain} oras://{address.place}/{words.name}:{words.subject.tag}",
        )
    if "shub" in words.site.protocols and address.fits_shub and words.subject.is_public:
        reference = f":{words.subject.tag}" if words.subject.tag else f"@{words.subject.digest}"
        yield Step(
            _("By shub://"), f"{program} pull{plain} shub://{address.place}/{words.name}{reference}"
        )


def _push(words: _Words, client: Client) -> tuple[Step, ...]:
    if "library" in words.site.protocols and "discovery" in words.site.protocols:
        return (
            Step(
                _("Once the client is set up. -U is for images that are not signed:"),
                f"{client.program} push -U {words.file} library://{words.new}",
            ),
        )
    return ()


def _oci_ways(words: _Words) -> Iterator[Way]:
    place, subject = words.address.place, words.subject
    plain = " --plain-http" if words.address.is_plain else ""
    if subject.is_sif and not subject.tag:
        return
    image = f"{place}/{words.name}{subject.oci_reference}"
    log_in = Step(_("Log in; the password is a token of yours:"), f"oras login{plain} {place}")
    yield Way(
        "oras",
        "oras",
        (
            *(() if subject.is_public else (log_in,)),
            Step(_("Fetch the files:"), f"oras pull{plain} {image}"),
        ),
        (
            log_in,
            Step(
                _("Send a SIF as an artifact:"),
                f"oras push{plain} {place}/{words.new} "
                f"{words.file}:application/vnd.sylabs.sif.layer.v1.sif",
            ),
        )
        if subject.is_sif
        else (),
    )
    if not subject.is_sif:
        for program, title in (("docker", "Docker"), ("podman", "Podman")):
            insecure = " --tls-verify=false" if program == "podman" and plain else ""
            yield Way(
                program,
                title,
                (Step(_("Fetch the image:"), f"{program} pull{insecure} {image}"),),
                (
                    Step(
                        _("Send an image:"),
                        f"{program} push{insecure} {place}/{words.new}",
                    ),
                ),
            )


def _sregistry(words: _Words) -> Way:
    name = words.subject.name
    reference = f":{words.subject.tag}" if words.subject.tag else f"@{words.subject.digest}"
    short = f"{name.collection}/{name.container}"
    base = words.address.url if words.is_of_home else f"{words.address.url}/{name.entity}"
    there = _("With ${base} as the base in ~/.sregistry:", mapping={"base": base})
    return Way(
        "sregistry",
        "sregistry",
        (Step(there, f"SREGISTRY_CLIENT=registry sregistry pull {short}{reference}"),),
        (
            Step(
                there,
                f"SREGISTRY_CLIENT=registry sregistry push --name {short}:"
                f"{words.subject.tag or NEW_TAG} {words.file}",
            ),
        ),
    )


def _curl(words: _Words) -> Step:
    subject, url = words.subject, words.address.url
    arch = f"?arch={subject.arch}" if subject.arch and subject.tag else ""
    if "api" in words.site.protocols:
        reference = subject.tag or subject.digest
        file = f"{url}/api/v1/containers/{words.name}/images/{reference}/file{arch}"
    else:
        file = f"{url}/v1/imagefile/{words.name}{subject.library_reference}{arch}"
    token = "" if subject.is_public else ' -H "Authorization: Bearer $(cat token.txt)"'
    says = _("From a script:") if subject.is_public else _("From a script, with a token in a file:")
    return Step(says, f"curl -fL -o {words.file}{token} '{file}'")
