"""Asks PAM whether a password is right and its account in order; never longer than a deadline."""

import logging
import threading
from enum import Enum, auto

import pam

from sregistry_core.contracts import LoginUnavailable

from .settings import PamSettings

LONGEST_PASSWORD = 511
"""In bytes: PAM_MAX_RESP_SIZE of Linux-PAM, without the NUL at its end."""

log = logging.getLogger(__name__)


class Answer(Enum):
    """What PAM has said."""

    FITS = auto()
    WRONG = auto()
    UNKNOWN = auto()
    """The service has no such user."""
    EXPIRED = auto()
    """The password is right, and must be changed first."""
    SHUT_OUT = auto()
    """The password is right, and the account is locked, expired, or not let in at this time."""


# Source: Linux-PAM, _pam_types.h.
_SAID = {
    0: Answer.FITS,
    7: Answer.WRONG,  # PAM_AUTH_ERR
    10: Answer.UNKNOWN,  # PAM_USER_UNKNOWN
    11: Answer.WRONG,  # PAM_MAXTRIES
    6: Answer.SHUT_OUT,  # PAM_PERM_DENIED
    13: Answer.SHUT_OUT,  # PAM_ACCT_EXPIRED
    12: Answer.EXPIRED,  # PAM_NEW_AUTHTOK_REQD
    27: Answer.EXPIRED,  # PAM_AUTHTOK_EXPIRED
}
"""Whatever else it says is a fault of its modules."""


class Asking:
    """Asks in threads of their own: a module may hang, and cannot be stopped."""

    def __init__(self, settings: PamSettings):
        self._settings = settings
        self._free = threading.BoundedSemaphore(settings.at_once)

    def ask(self, name: str, password: str) -> Answer:
        """Ask for one user. Raises LoginUnavailable when PAM does not answer, or is at fault."""
        if not self._free.acquire(timeout=self._settings.timeout):
            raise self._unavailable(f"{self._settings.at_once} questions are not answered yet")
        said: list[tuple[int, str]] = []

        def work() -> None:
            try:
                one = pam.PamAuthenticator()
                # The account is asked for too. Credentials are for those who start programs.
                one.authenticate(name, password, service=self._settings.service, resetcreds=False)
                said.append((one.code, str(one.reason)))
            except Exception as error:
                said.append((-1, type(error).__name__))
            finally:
                self._free.release()

        # A daemon: a module that hangs does not keep the server from ending.
        thread = threading.Thread(target=work, name="pam", daemon=True)
        thread.start()
        thread.join(self._settings.timeout)
        if not said:
            raise self._unavailable(f"no answer in {self._settings.timeout:g} s")
        code, reason = said[0]
        if code not in _SAID:
            raise self._unavailable(f"code {code}: {reason}")
        return _SAID[code]

    def _unavailable(self, reason: str) -> LoginUnavailable:
        log.warning("the service %s of PAM does not work: %s", self._settings.service, reason)
        return LoginUnavailable(f"the login {self._settings.name} does not answer as it should")
