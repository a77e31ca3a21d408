"""What a door does to whom, and the names that the callers use."""

from datetime import UTC, datetime

from sregistry_core.names import CollectionName, ContainerName, ImageName, RobotName
from sregistry_core.services.client_credentials import Spelling
from sregistry_core.testing.pgp import Key

LAB, BLAST = CollectionName("ada", "lab"), ContainerName("ada", "lab", "blast")
NAME = ImageName(BLAST, "1")
ROBOT = RobotName(LAB, "ci")
ISSUER = "https://gitlab.test"
SPELLING = Spelling("lab", "blast", "1")
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


class Refuses:
    """A stranger is refused; Ada, who owns it all and is an administrator, is not."""

    def __init__(self, call):
        self.call = call


class RefusesAllButTheSystem(Refuses):
    """Only a job, or the command line, gets through."""


class ShowsNothing(Refuses):
    """A stranger is shown an empty answer, and Ada is not."""


class Unguarded:
    """There is nothing to guard, or another door does it; `because` says which."""

    def __init__(self, because):
        self.because = because


IS_THE_GUARD = Unguarded("it is the guard itself")
FOR_JOBS = Unguarded("services and jobs call it for duties of their own; no view does")
PROOF = Unguarded("it is asked before anybody is known: the proof is in the arguments")
PUBLIC = Unguarded("who the other registries are is shown to everybody")
AFTER_ANOTHER = Unguarded("what it is given comes out of a guarded door")
AFTER_BEGIN = Unguarded(
    "what it is shown is signed, and its user is compared: tests/wire/ui/see/test_upload.py"
)
KEY = Key.make("Ada <ada@example.org>")
