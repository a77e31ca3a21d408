"""What a line of the matrix is made of: one request, written once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .callers import Way


class About(StrEnum):
    """What a request names, and so in which worlds it is sent."""

    THING = "a collection or something in it: public, private, absent"
    ACCOUNT = "a user, a team, a token: there, or absent"
    NOTHING = "nothing: one line"


class Deed(StrEnum):
    """What people call it; all requests of one deed let the same callers through.

    The text is the line of the table for administrators.
    """

    LOOK = "see it, list it, pull it"
    PUSH = "push, set and move tags, describe images and containers"
    STAR = "star it"
    OWN_STARS = "list one's own stars"
    REMOVE = "delete tags, images, manifests and containers"
    MANAGE = (
        "hide or show, grant roles, freeze, share, describe or delete the collection, its robots"
    )
    CREATE = "make a collection beside it"
    CREATE_AT_HOME = "make a collection under the registry's own name"
    WHO_AM_I = "see who one is"
    OWN_TOKENS = "list and make one's own tokens"
    SEE_USER = "see the account of a user (of the owner)"
    OWN_ACCOUNT = "see, make and end tokens of a user (of the owner), set their password"
    TEAM_SEE = "see a team and who is in it"
    TEAM_CHANGE = "take users into a team, make its robots"
    TEAM_MAKE = "make a team"
    ADMINISTER = "list, make, disable users; see the share links of everybody"
    ADD_KEY = "add a key to the key server"
    PUBLIC = "what is shown to everybody"
    ADDRESS = "use a share link, or an address of a transfer, that one was given"
    OTHER = ""
    """What fits into no line of the table."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One request. Words in braces are attributes of a `Place`.

    json, form, multipart   the body, by what the client writes; `sends` names one of raw bytes
    note                    what distinguishes it from another one of the same route and method
    shows                   for lists: what is in the answer when the thing is listed
    signs                   what the sregistry client signs for this; empty for nothing
    at_home                 the thing is one of the registry's own entity
    makes_the_name          it makes what is named, where everybody may: only who is first has it
    only_way                how every caller shows who they are; None for all ways of the protocol
    """

    route: str
    method: str
    path: str
    deed: Deed
    about: About = About.THING
    note: str = ""
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    multipart: Mapping[str, str] | None = None
    sends: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    shows: str = ""
    signs: str = ""
    signed_tag: str = "1"
    at_home: bool = False
    only_way: Way | None = None
    makes_the_name: bool = False

    @property
    def title(self) -> str:
        """What its line begins with."""
        return f"{self.method} {self.route}{f' ({self.note})' if self.note else ''}"
