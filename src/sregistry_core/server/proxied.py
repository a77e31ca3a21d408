"""What the proxy in front says beside a request: bodies in files, and bodies that it withholds."""

import io
import logging
import os
import stat
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, NoReturn

from sregistry_core.errors import BodyWithheld

from .spool import BodyFile, Spool

log = logging.getLogger(__name__)

_FILE = "HTTP_X_BODY_FILE"
_LENGTH = "HTTP_X_BODY_LENGTH"
_WITHHELD = "HTTP_X_BODY_WITHHELD"
_PLACE = "HTTP_X_IMAGE_PLACE"
_LONGEST_LENGTH = 18


class Proxied:
    """The one peer whose headers about bytes are believed; from all others they are dropped.

    An environment that has passed has `sregistry.proxied`, true for requests of that peer,
    `sregistry.withheld`, true for those whose body it keeps back, and `sregistry.asks_place`, true
    for those that ask only where the bytes are.
    """

    def __init__(self, peer: str | None, directory: Path | None, spool: Spool):
        """Believe `peer`, an IP address. directory: where it puts bodies; None for nowhere."""
        self._peer = peer
        self._directory = directory.absolute() if directory else None
        self._spool = spool

    def prepare(self, environ: MutableMapping[str, Any], peer: str) -> BodyFile | None:
        """Give the application the body that the proxy has put into a file, or keeps back.

        The result is that file, to be closed after the request. Raises ValueError or OSError for
        a path that the proxy should not have named.
        """
        path, length, withheld, place = (
            environ.pop(name, "") for name in (_FILE, _LENGTH, _WITHHELD, _PLACE)
        )
        believed = peer == self._peer
        environ["sregistry.proxied"] = believed
        environ["sregistry.withheld"] = believed and bool(withheld)
        environ["sregistry.asks_place"] = believed and bool(place)
        if not believed:
            return None
        if withheld:
            known = length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH
            environ["wsgi.input"] = _WithheldBody(int(length) if known else None)
            environ["wsgi.input_terminated"] = True
            environ.pop("CONTENT_LENGTH", None)
            if known:
                environ["CONTENT_LENGTH"] = length
        elif path and self._directory is not None:
            body = self._open(Path(path), self._directory)
            environ["wsgi.input"] = body
            environ["CONTENT_LENGTH"] = str(os.fstat(body.fileno()).st_size)
            return body
        return None

    def _open(self, path: Path, directory: Path) -> BodyFile:
        # A name with `..` in it has another parent, and links are not followed.
        if path.parent != directory:
            raise ValueError(f"the proxy names {path}, which is not in {directory}")
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError(f"the proxy names {path}, which is no file")
            return self._spool.adopt(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise


class _WithheldBody(io.RawIOBase):
    """A body that the proxy has not read yet. Whoever wants it may have it: nobody has refused.

    announced   its size in bytes, as the client says; None when it does not
    """

    name = None

    def __init__(self, announced: int | None):
        super().__init__()
        self.announced = announced

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> NoReturn:
        raise BodyWithheld

    def readinto(self, buffer: Any) -> NoReturn:
        raise BodyWithheld

    def readline(self, size: int | None = -1) -> NoReturn:
        raise BodyWithheld
