"""The doctor, on registries that are well and on broken ones."""

import socket
import sqlite3

import pytest

from sregistry_core.cli.doctor.clock import examine_clock
from sregistry_core.testing.components import leave_out
from sregistry_core.testing.live import free_port


def begins(texts, start):
    return any(text.startswith(start) for text in texts)


def test_a_registry_that_runs_is_well(make_live_registry):
    registry = make_live_registry(listen=port_80(), settings=with_a_secret_file())

    lines = registry.admin("doctor").splitlines()

    assert [line for line in lines if not line.startswith("ok    ")] == []
    for looked_at in (
        "settings:", "database: schema", "database: can be written to", "plugin filesystem",
        "storage filesystem opens", "login passwords opens", "sregistry.staging =", "spool =",
        "storage filesystem: kept", "login passwords: answers", "space: storage filesystem",
        "space: sregistry.database", "limits:", "public address: http://127.0.7.1 leads to",
        "clock: within 1 s", "jobs: none failed", "application: it assembles",
        "sregistry.secret_file =",
    ):  # fmt: skip
        assert any(line.startswith(f"ok    {looked_at}") for line in lines), looked_at
    assert [path.name for path in (registry.data / "images").rglob("probe*")] == []


def port_80():
    """An address where clients need no port."""
    try:
        with socket.create_server(("127.0.7.1", 80)):
            return "127.0.7.1:80"
    except PermissionError:
        leave_out("only root may listen on port 80 here")


def with_a_secret_file():
    return {"sregistry.secret": "", "sregistry.secret_file": "var/secret"}


def test_every_mistake_in_the_settings_is_named(examine):
    findings = examine(
        without="sregistry.id",
        sregistry__part_size="many",
        sregistry__job_threads="100",
        sregistry__colections_by="users",
        sregistry__name="${NOBODY_SET_THIS}",
        sregistry__secret_file="nowhere",
        server={"listen": "here", "threads": "0", "lisen": "x"},
    )

    assert sorted(findings["FAIL"]) == [
        "settings: server:main knows no setting lisen",
        "settings: server:main listen = here: here is no address such as 127.0.0.1:8080",
        "settings: server:main threads = 0: not a whole number from 1 to 999999",
        "settings: sregistry knows no setting sregistry.colections_by",
        "settings: sregistry.id is missing from the ini file",
        "settings: sregistry.job_threads = 100 is not between 1 and 64",
        "settings: sregistry.name: the ini file uses the environment variable "
        "NOBODY_SET_THIS, which is not set",
        "settings: sregistry.part_size = many is not a size such as 64M or 1G",
    ]
    assert findings["warn"] == ["nothing else was looked at: mend these settings first"]


def test_every_key_of_a_plugin_that_nobody_reads_is_named(site, examine):
    site.must("init")

    findings = examine(filesystem__rooot="x", filesystem__depth="2", disk__root="y")

    assert findings["FAIL"] == [
        "settings: disk.root: the ini file opens nothing called disk",
        "settings: filesystem knows no setting filesystem.depth",
        "settings: filesystem knows no setting filesystem.rooot",
    ]


def test_every_plugin_and_thing_that_cannot_be_opened_is_named(examine):
    findings = examine(
        sregistry__plugins="filesystm filesystem",
        sregistry__plugin_modules="no_such_module",
        sregistry__storage="filesystem old",
        sregistry__login="ldap passwords",
    )

    assert len(findings["FAIL"]) == 4
    assert begins(findings["FAIL"], "sregistry.plugins names filesystm, which is not installed")
    assert begins(findings["FAIL"], "sregistry.plugin_modules names no_such_module")
    assert begins(findings["FAIL"], "sregistry.storage names old: no plugin offers the kind old")
    assert begins(findings["FAIL"], "sregistry.login names ldap: no plugin offers the kind ldap")
    assert begins(findings["ok"], "storage filesystem: kept, gave back and removed")
    assert begins(findings["ok"], "login passwords: answers")


def test_directories_below_a_file_are_named(site, examine):
    (site.directory / "file").write_text("")

    findings = examine(
        filesystem__root="file/images",
        sregistry__staging="file/staging",
        server={"spool": "file/x"},
    )

    assert begins(findings["FAIL"], "filesystem.root = HERE/file/images cannot be used")
    assert begins(findings["FAIL"], "sregistry.staging = HERE/file/staging cannot be written to")


def test_a_spool_elsewhere_is_told(examine):
    findings = examine(server={"spool": "elsewhere"})

    assert begins(findings["ok"], "spool = HERE/elsewhere can be written to")
    assert begins(findings["warn"], "spool: server:main spool = HERE/elsewhere is not HERE/staging")


def test_the_place_where_a_proxy_puts_bodies_is_read_beside_the_proxy(examine):
    server = {"body_files": "var/staging/nginx"}

    right = examine(server={**server, "trusted_proxy": "127.0.0.1"})
    wrong = examine(server={**server, "trusted_proxy": "*"})

    assert not any("body_files" in line for line in right["FAIL"])
    assert begins(right["ok"], "settings: all of")
    assert wrong["FAIL"] == [
        "settings: server:main body_files needs the address of one trusted_proxy"
    ]


@pytest.mark.parametrize(
    ("statement", "failure"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "database: the database has schema"),
        ("UPDATE alembic_version SET version_num = '9'", "database: the database has schema vers"),
        ("DROP TABLE alembic_version", "database: the database has no schema"),
        ("UPDATE entity SET name = 'other'", "sregistry.id = tacc, but the database is that of o"),
    ],
)
def test_another_database_is_named(site, examine, statement, failure):
    site.must("init")
    with sqlite3.connect(site.directory / "registry.sqlite") as database:
        database.execute(statement)
    database.close()

    findings = examine()

    assert begins(findings["FAIL"], failure)


def test_a_database_that_is_none_is_named(site, examine):
    (site.directory / "registry.sqlite").write_text("a letter to a friend" * 100)

    assert begins(examine()["FAIL"], "database: the database cannot be opened: file is not a")


FORGETFUL = """
    from datetime import UTC, datetime, timedelta
    from io import BytesIO
    from sregistry_core.contracts import LoginUnavailable, ObjectMissing, PasswordLogin, Storage
    from sregistry_core.contracts import StoredObject, Subject, StorageUnavailable

    class Forgetful(Storage):
        def __init__(self, fault):
            self.fault, self.kept = fault, {}
        def stat(self, key):
            if key not in self.kept:
                raise ObjectMissing(f"{key} is not in the storage")
            age = timedelta(hours=1 if self.fault == "late" else 0)
            return StoredObject(key, len(self.kept[key]), datetime.now(UTC) - age)
        def open(self, key, start=0):
            shown = self.kept[key][start:]
            return BytesIO(shown[::-1] if self.fault == "garbling" else shown)
        def adopt(self, key, path):
            if self.fault == "down":
                raise StorageUnavailable("the bucket is not there")
            if self.fault == "broken":
                raise KeyError("bucket")
            self.kept[key] = path.read_bytes()[: 5 if self.fault == "short" else None]
        def delete(self, key):
            if self.fault != "keeping":
                del self.kept[key]
        def walk(self, prefix=""):
            return iter(())

    class Silent(PasswordLogin):
        def check(self, name, password):
            raise LoginUnavailable("the directory does not answer")

    class Welcoming(PasswordLogin):
        def check(self, name, password):
            return Subject("welcoming", "1", "root")

    @hookimpl
    def sregistry_storage(kind, settings):
        return Forgetful(settings.text("fault")) if kind == "forgetful" else None

    @hookimpl
    def sregistry_login(kind, settings):
        return {"silent": Silent, "welcoming": Welcoming}.get(kind, lambda: None)()
"""


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("down", "storage cloud: the bucket is not there"),
        ("broken", "storage cloud: KeyError: 'bucket'"),
        ("short", "storage cloud: says 5 bytes of an object of 262144"),
        ("garbling", "storage cloud: gives back other bytes than it was given"),
        ("keeping", "storage cloud: still has an object that was deleted"),
        ("late", "storage cloud: its clock and ours are 3600 s apart"),
    ],
)
def test_a_storage_is_tried_out(examine, module, fault, failure):
    findings = examine(
        sregistry__plugin_modules=module(FORGETFUL),
        sregistry__storage="cloud filesystem",
        cloud__use="forgetful",
        cloud__fault=fault,
    )

    assert [text for text in findings["FAIL"] if not text.startswith(failure)] == []
    assert len(findings["FAIL"]) == 1
    assert begins(findings["ok"], "storage filesystem: kept, gave back and removed")


def test_logins_are_tried_out(examine, module):
    findings = examine(
        sregistry__plugin_modules=module(FORGETFUL), sregistry__login="silent welcoming passwords"
    )

    assert findings["FAIL"] == [
        "login silent: the directory does not answer",
        "login welcoming: takes a stranger with a random password for root",
    ]


def test_a_clock_with_nothing_to_compare_is_watched_alone():
    assert examine_clock(None).line == "ok    clock: steady; there was none to compare it with"


def test_limits_are_compared(examine):
    small = examine(sregistry__largest_image="2G", server={"max_body_size": "1G"})
    assert begins(small["warn"], "limits: server:main max_body_size (1.0 GiB) is less than sregis")

    smaller = examine(server={"max_body_size": "1M"})
    assert begins(smaller["FAIL"], "limits: server:main max_body_size (1.0 MiB) is less than one")


def test_too_little_space_is_named(examine):
    findings = examine(sregistry__keep_free="1000000T")

    assert len(findings["FAIL"]) == 3
    assert all(text.startswith("space: ") for text in findings["FAIL"])


def test_jobs_that_failed_or_wait_too_long_are_told(site, examine):
    site.must("init")
    long_ago = "2020-01-01 00:00:00.000000"
    with sqlite3.connect(site.directory / "registry.sqlite") as database:
        for number, failed_at in enumerate([long_ago, None]):
            database.execute(
                "INSERT INTO outbox (id, job, arguments, queue, attempts, due_at, failed_at,"
                " created_at) VALUES (?, 'x', '{}', 'quick', 0, ?, ?, ?)",
                (str(number), long_ago, failed_at, long_ago),
            )
    database.close()

    findings = examine()

    assert "jobs: 1 failed for good: sregistry-admin jobs list" in findings["warn"]
    assert begins(findings["warn"], "jobs: 1 are due for more than ten minutes")


def test_a_broker_that_does_not_answer_is_named(examine):
    findings = examine(sregistry__jobs=f"redis://:hush@127.0.0.1:{free_port()}/0")

    (failure,) = findings["FAIL"]
    assert failure.startswith("sregistry.jobs: the broker does not answer: ")
    assert "hush" not in failure


@pytest.mark.parametrize(
    ("mode", "level"), [(0o600, "ok"), (0o400, "ok"), (0o640, "warn"), (0o644, "FAIL")]
)
def test_who_may_read_the_secret_is_told(site, examine, mode, level):
    (site.directory / "secret").write_text("hush" * 10)
    (site.directory / "secret").chmod(mode)

    findings = examine(without="sregistry.secret", sregistry__secret_file="secret")

    assert begins(findings[level], f"sregistry.secret_file = HERE/secret has the mode {mode:04o}")


def test_a_registry_that_was_never_started_is_looked_at(new_site):
    new_site.settings["sregistry.public_url"] = f"http://127.0.0.1:{free_port()}"
    del new_site.settings["sregistry.secret"]
    new_site.settings["sregistry.secret_file"] = "secret"
    new_site.write()

    findings = new_site.findings()

    (failure,) = findings["FAIL"]
    assert failure.startswith("database: the database has no schema")
