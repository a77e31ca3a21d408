"""The commands that users copy: made for one client, one address and one user."""

from collections.abc import Iterator
from dataclasses import dataclass

from .clients import Client, Step
from .site import Address, Site
from .texts import _

SOMEBODY = "yourname"
"""Stands where the name of whoever is signed in would be."""
_IMAGE = "my-image"
_TAG = "1.0"
_API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Topic:
    """What one wants to do, and the commands that do it.

    note     a remark below the commands
    trouble  what is not as usual here, above them
    """

    id: str
    title: str
    steps: tuple[Step, ...]
    note: str = ""
    trouble: str = ""


def topics_for(site: Site, client: Client, user: str | None) -> list[Topic]:
    """Give what can be done at a registry, in the order in which one does it."""
    return list(_topics(_Words(site, client, user or SOMEBODY)))


class _Words:
    """The parts that commands are made of."""

    def __init__(self, site: Site, client: Client, user: str):
        self.site = site
        self.address = site.address
        self.client = client
        self.program = client.program
        self.container = f"{user}/tools/{_IMAGE}"
        self.path = f"{self.container}:{_TAG}"
        self.has_api = "api" in site.protocols
        self.has_library = "library" in site.protocols
        self.has_endpoint = self.has_library and "discovery" in site.protocols
        self.no_https = "--no-https " if self.address.is_plain else ""


def _topics(words: _Words) -> Iterator[Topic]:
    if words.has_endpoint:
        yield _set_up(words)
        yield _push(words)
    if words.has_library:
        yield _pull(words)
    if "shub" in words.site.protocols:
        yield _pull_by_shub(words)
    if words.has_library:
        yield _search(words)
    if words.has_endpoint:
        yield _delete(words)
    if words.has_api:
        yield _script(
            words, f"{_API}/search?text=", f"{_API}/containers/{words.container}/images/{_TAG}/file"
        )
    elif words.has_library:
        yield _script(words, "/v1/search?value=", f"/v1/imagefile/{words.container}:{_TAG}")


def _set_up(words: _Words) -> Topic:
    address, program, name = words.address, words.program, words.site.id
    insecure = "--insecure " if address.is_plain else ""
    log_in = Step(_("Log in; it asks for a token of yours:"), f"{program} remote login {name}")
    if address.fits_endpoint:
        add = Step(
            _("Make this registry known, once:"),
            f"{program} remote add --no-login {insecure}{name} {address.url}",
        )
        use = Step(_("Make it the one that is used:"), f"{program} remote use {name}")
        return Topic("set-up", _("Set up"), (add, use, log_in))
    bare = f"{address.scheme}://{address.host}"
    return Topic(
        "set-up",
        _("Set up"),
        (
            Step(
                _("Make this registry known, once, without its port:"),
                f"{program} remote add --no-login {insecure}{name} {bare}",
            ),
            Step(
                _("Write the whole address into the client's file:"),
                f"sed -i 's|URI: {address.host}$|URI: {address.url}|' {words.client.endpoints}",
            ),
            Step(_("Make it the one that is used:"), f"{program} remote use {name}"),
            log_in,
        ),
        trouble=_(
            "remote add cannot take the port ${port} of this registry, so the client's file is "
            "changed by hand. To pull public images, none of this is needed.",
            mapping={"port": address.port},
        ),
    )


def _push(words: _Words) -> Topic:
    return Topic(
        "push",
        _("Push"),
        (
            Step(
                _("Send an image. Its name here is OWNER/COLLECTION/NAME:TAG."),
                f"{words.program} push -U {_IMAGE}.sif library://{words.path}",
            ),
        ),
        note=_("-U is for images that are not signed."),
    )


def _pull(words: _Words) -> Topic:
    program, address = words.program, words.address
    in_name = Step(
        _("Fetch a public image without any set-up, by the address in its name:"),
        f"{program} pull {words.no_https}library://{address.place}/{words.path}",
    )
    as_option = Step(
        _("Fetch a public image without any set-up, by the address as an option:"),
        f"{program} pull --library {address.url} library://{words.path}",
    )
    # A port in the name is for newer clients; the option takes one everywhere.
    steps: tuple[Step, ...] = (in_name,) if address.fits_endpoint else (as_option, in_name)
    if words.has_endpoint:
        steps = (Step(_("Fetch an image:"), f"{program} pull library://{words.path}"), *steps)
    return Topic("pull", _("Pull"), steps)


def _pull_by_shub(words: _Words) -> Topic:
    address = words.address
    if not address.fits_shub:
        return Topic("shub", _("Pull by shub://"), (), trouble=_no_shub(address))
    command = f"{words.program} pull {words.no_https}shub://{address.place}/{words.path}"
    return Topic(
        "shub",
        _("Pull by shub://"),
        (Step(_("Fetch a public image with any client, also an old one:"), command),),
    )


def _no_shub(address: Address) -> str:
    if address.port:
        return _(
            "shub:// cannot be used here: the address of this registry has the port ${port}, "
            "and the client knows no way to write that.",
            mapping={"port": address.port},
        )
    return _(
        "shub:// cannot be used here: the address of this registry is not an ordinary host name, "
        "and the client knows no way to write that."
    )


def _search(words: _Words) -> Topic:
    program, url = words.program, words.address.url
    without = Step(
        _("Among public images, without any set-up:"), f"{program} search --library {url} {_IMAGE}"
    )
    if not words.has_endpoint:
        return Topic("search", _("Search"), (without,))
    among_mine = Step(_("Find images by name, label or tag:"), f"{program} search {_IMAGE}")
    return Topic("search", _("Search"), (among_mine, without))


def _delete(words: _Words) -> Topic:
    return Topic(
        "delete",
        _("Delete"),
        (
            Step(
                _("Remove an image for this machine's architecture:"),
                f"{words.program} delete library://{words.path}",
            ),
        ),
    )


def _script(words: _Words, search: str, file: str) -> Topic:
    url = words.address.url
    return Topic(
        "script",
        _("From a script"),
        (
            Step(_("Search, and read the answer as JSON:"), f"curl '{url}{search}{_IMAGE}'"),
            Step(
                _("Fetch an image, also a private one, with a token in a file:"),
                f'curl -fL -o {_IMAGE}.sif -H "Authorization: Bearer $(cat token.txt)" '
                f"'{url}{file}?arch=amd64'",
            ),
        ),
    )
