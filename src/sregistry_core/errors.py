"""Every way the registry says no.

    RegistryError
    ├── NotFound            absent, or hidden from this caller: the two look alike
    │   ├── Gone            was here; an address that has expired
    │   ├── BlobUnknown     a blob of a repository that the caller may see
    │   ├── ManifestUnknown a manifest or a tag of such a repository
    │   └── UploadUnknown   an upload that is over, or somebody else's
    ├── LoginRequired       nobody is logged in, or the proof was wrong
    ├── NotAllowed          we know who is asking, and the answer is no
    │   ├── QuotaExceeded   the images of the entity would have more bytes than they may
    │   └── TermsNotAccepted    the terms of use come first
    ├── Malformed           what was sent cannot be understood, or is not what was announced
    │   ├── NotAnImage      the bytes are no image of a kind we read
    │   ├── InvalidName     a repository name outside the rule
    │   ├── InvalidDigest   no digest, or not that of the bytes
    │   ├── InvalidSize     more or fewer bytes than were announced
    │   └── InvalidManifest a manifest that cannot be taken
    │       └── BlobsMissing    it names blobs that are not in the repository
    ├── Conflict            it is there already, or frozen, or being changed
    │   └── TooManyBuilds   as many are under way as may be
    ├── TooLarge            more bytes than are taken here
    ├── StorageFull         the disk is full
    ├── RangeUnsatisfiable  the asked range lies outside the bytes
    │   └── OutOfOrder      a chunk that does not follow the one before it
    ├── TooManyGuesses      too many wrong passwords; try again later
    └── Unavailable         something we stand on does not answer; try again
        ├── StorageUnavailable
        └── LoginUnavailable

    BodyWithheld            the proxy in front still has the body that is wanted now
    ConfigurationError      for the administrator, at start

Messages are small letters without a full stop, hold the value in question, and are fit to be shown.
"""


class RegistryError(Exception):
    """A refusal that is fit to be shown to whoever asked."""


class NotFound(RegistryError):
    """Absent, or hidden from this caller."""


class Gone(NotFound):
    """It was here and is not any more, such as an address that has expired."""


class BlobUnknown(NotFound):
    """The repository may be seen, and has no such blob."""


class ManifestUnknown(NotFound):
    """The repository may be seen, and has no such manifest or tag."""


class UploadUnknown(NotFound):
    """The upload is over, was never begun, or is somebody else's."""


class LoginRequired(RegistryError):
    """Nobody is logged in, or the proof that was given does not hold."""


class NotAllowed(RegistryError):
    """The caller is known and may not do this."""


class QuotaExceeded(NotAllowed):
    """The images of an entity would have more bytes than they may; the text has the numbers."""


class TermsNotAccepted(NotAllowed):
    """The caller has not accepted the terms of use as they are now."""


class Malformed(RegistryError):
    """What was sent cannot be understood, or is not what was announced."""


class NotAnImage(Malformed):
    """The bytes are no image of a kind that can be read; the text is the reason."""


class InvalidName(Malformed):
    """The name of a repository is outside the rule; the text says the rule."""


class InvalidDigest(Malformed):
    """A text is no digest, or it is not the digest of the bytes."""


class InvalidSize(Malformed):
    """More or fewer bytes were sent than announced."""


class InvalidManifest(Malformed):
    """A manifest cannot be taken; the text is the reason."""


class BlobsMissing(InvalidManifest):
    """A manifest names blobs that are not in its repository."""


class Conflict(RegistryError):
    """It is there already, or it is frozen, or it is being changed by somebody else."""


class TooManyBuilds(Conflict):
    """As many builds are under way as may be; the same order may be taken later."""


class TooLarge(RegistryError):
    """More bytes were sent than are taken here."""


class StorageFull(RegistryError):
    """The disk that images are kept on has no room for these bytes."""


class RangeUnsatisfiable(RegistryError):
    """The asked range lies outside the bytes; `size` is their number."""

    def __init__(self, size: int):
        super().__init__(f"the range lies outside of the {size} bytes")
        self.size = size


class OutOfOrder(RangeUnsatisfiable):
    """A chunk does not begin where the one before it ended; `size` bytes are here."""

    def __init__(self, size: int):
        super().__init__(size)
        self.args = (f"a chunk must begin at {size}, the number of bytes that are here",)


class TooManyGuesses(RegistryError):
    """Too many wrong passwords for a name or from an address; wait for `seconds`."""

    def __init__(self, seconds: int):
        super().__init__(f"too many wrong passwords, try again in {seconds} seconds")
        self.seconds = seconds


class Unavailable(RegistryError):
    """Something the registry stands on does not answer; the same call may work later."""


class StorageUnavailable(Unavailable):
    """A storage does not answer."""


class LoginUnavailable(Unavailable):
    """A way to log in does not answer."""


class ConfigurationError(Exception):
    """The ini file, or what it points at, cannot work: one line for the administrator."""


class BodyWithheld(Exception):
    """The proxy in front still has the body: all that is asked before it is read was answered yes.

    No refusal, and not for services: only web/withheld.py answers it.
    """
