"""A real LDAP server for tests: OpenLDAP's slapd, a child on loopback with a tree of our own.

    with Slapd(tmp_path / "slapd") as slapd:
        slapd.change('''dn: cn=lab,ou=groups,dc=example,dc=org
    changetype: modify
    delete: member
    member: uid=ada,ou=people,dc=example,dc=org
    ''')

Its overlays write `memberOf` into entries and keep it in step; a group inside a group is not
resolved, as in most directories. Everybody's password is `PASSWORD`.
"""

import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from .certificates import make_certificate
from .components import need
from .live_ini import free_port

SUFFIX = "dc=example,dc=org"
PEOPLE = f"ou=people,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
SERVICE = f"cn=registry,{SUFFIX}"
PASSWORD = "correct horse"
SERVICE_PASSWORD = "what only the registry knows"
_ADMIN = f"cn=admin,{SUFFIX}"
_ADMIN_PASSWORD = "what only the tests know"
_SCHEMAS = ("core", "cosine", "nis", "inetorgperson")
_MODULES = ("back_mdb", "memberof", "refint")
_PATIENCE_SECONDS = 20.0

_CONFIG = """
{includes}
{modules}
TLSCACertificateFile {directory}/server.crt
TLSCertificateFile {directory}/server.crt
TLSCertificateKeyFile {directory}/server.key
TLSProtocolMin 3.3
TLSCipherSuite {ciphers}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{service}" read by self read by anonymous {anonymous} by users none
database mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw "{admin_password}"
directory {directory}/data
maxsize 67108864
dbnosync
index objectClass,uid,member,memberUid,entryUUID eq
overlay memberof
memberof-group-oc groupOfNames
memberof-refint TRUE
overlay refint
refint_attributes member memberOf
"""

_TREE = """
dn: {suffix}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: {people}
objectClass: organizationalUnit
ou: people

dn: {groups}
objectClass: organizationalUnit
ou: groups

dn: {service}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: registry
userPassword: {service_password}
"""


class Slapd:
    """One server with the people ada, bob and eve; `add_person` and `change` make it another tree.

    url, tls_url   addresses with StartTLS, and with TLS from the first byte on.
    ca_file        what proves the server.
    """

    def __init__(
        self, directory: Path, *, anonymous_reads: bool = False, tls_13_only: bool = False
    ):
        """Write its files. anonymous_reads: whether nobody in particular may look people up."""
        self._slapd = need("slapd", "slapd")
        self._ldapmodify = need("ldapmodify", "ldap-utils")
        self._directory = directory
        self._port, self._tls_port = free_port(), free_port()
        self.url = f"ldap://127.0.0.1:{self._port}"
        self.tls_url = f"ldaps://127.0.0.1:{self._tls_port}"
        self.ca_file = directory / "server.crt"
        self._process: subprocess.Popen[bytes] | None = None
        (directory / "data").mkdir(parents=True)
        make_certificate(self.ca_file, directory / "server.key", names=["127.0.0.1"])
        schemas = _directory_of_schemas()
        (directory / "slapd.conf").write_text(
            _CONFIG.format(
                includes="\n".join(f"include {schemas}/{name}.schema" for name in _SCHEMAS),
                modules="\n".join(f"moduleload {name}" for name in _MODULES),
                directory=directory,
                ciphers="NORMAL:-VERS-ALL:+VERS-TLS1.3" if tls_13_only else "NORMAL:-VERS-TLS1.3",
                service=SERVICE,
                anonymous="read" if anonymous_reads else "auth",
                suffix=SUFFIX,
                admin=_ADMIN,
                admin_password=_ADMIN_PASSWORD,
            )
        )

    def __enter__(self) -> "Slapd":
        self.start()
        try:
            self._plant()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        with (self._directory / "slapd.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [
                    self._slapd,
                    *("-f", str(self._directory / "slapd.conf")),
                    *("-h", f"{self.url} {self.tls_url}"),
                    *("-d", "0"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not all(_listens(port) for port in (self._port, self._tls_port)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = (self._directory / "slapd.log").read_text(errors="replace")
                raise AssertionError(f"slapd does not listen:\n{said}")
            time.sleep(0.01)

    def stop(self) -> None:
        """End it; one that has ended is fine."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE_SECONDS)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_PATIENCE_SECONDS)
            self._process = None

    def freeze(self) -> None:
        """Let it take connections and answer nothing, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def change(self, ldif: str) -> None:
        """Change the tree: entries to add, and `changetype` for the rest."""
        ran = subprocess.run(  # noqa: S603 - our own command
            [self._ldapmodify, "-a", "-x", "-H", self.url, "-D", _ADMIN, "-w", _ADMIN_PASSWORD],
            input=ldif.encode(),
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 0, f"{ran.stderr.decode()}{ldif}"

    def add_person(self, uid: str, *, dn: str | None = None, more: str = "") -> str:
        """Add somebody with PASSWORD; give their distinguished name. more: further lines."""
        dn = dn or f"uid={uid},{PEOPLE}"
        self.change(
            f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid.title()}\nsn: {uid}\n"
            f"mail: {uid}@example.org\nuserPassword: {PASSWORD}\n{more}\n"
        )
        return dn

    def add_group(self, cn: str, *members: str) -> str:
        """Add a group of the kind groupOfNames; give its distinguished name.

        members   names of people, or whole distinguished names
        """
        dn = f"cn={cn},{GROUPS}"
        listed = "".join(f"member: {_dn_of(member)}\n" for member in members)
        self.change(f"dn: {dn}\nobjectClass: groupOfNames\ncn: {cn}\n{listed}")
        return dn

    def join(self, cn: str, member: str) -> None:
        """Take somebody into a group."""
        self._modify(cn, "add", member)

    def leave(self, cn: str, member: str) -> None:
        """Take somebody out of a group; it must have another member."""
        self._modify(cn, "delete", member)

    def remove(self, dn: str) -> None:
        """Remove an entry."""
        self.change(f"dn: {dn}\nchangetype: delete\n")

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "slapd was not started"
        self._process.send_signal(number)

    def _plant(self) -> None:
        self.change(
            _TREE.format(
                suffix=SUFFIX,
                people=PEOPLE,
                groups=GROUPS,
                service=SERVICE,
                service_password=SERVICE_PASSWORD,
            )
        )
        for name in ("ada", "bob", "eve"):
            self.add_person(name)

    def _modify(self, cn: str, how: str, member: str) -> None:
        self.change(
            f"dn: cn={cn},{GROUPS}\nchangetype: modify\n{how}: member\nmember: {_dn_of(member)}\n"
        )


def _dn_of(member: str) -> str:
    return member if "=" in member else f"uid={member},{PEOPLE}"


def _directory_of_schemas() -> Path:
    for place in ("/etc/ldap/schema", "/etc/openldap/schema", "/usr/local/etc/openldap/schema"):
        if Path(place, "core.schema").exists():
            return Path(place)
    raise AssertionError("slapd is installed without its schemas")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


__all__ = ["GROUPS", "PASSWORD", "PEOPLE", "SERVICE", "SERVICE_PASSWORD", "SUFFIX", "Slapd"]
