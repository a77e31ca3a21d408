"""Each of the nine hooks, answered by a module of the site in a whole registry."""

import itertools
import textwrap
from datetime import timedelta

import pytest

from sregistry_core.contracts import ConfigurationError
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif(labels={"org.example": "blast"})
MEMORY = "sregistry_core.testing.memory_storage"
numbers = itertools.count()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module of the site, and gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source):
        name = f"site_module_{next(numbers)}"
        before = "from sregistry_core import hookimpl\nfrom sregistry_core.contracts import *\n\n"
        (tmp_path / f"{name}.py").write_text(before + textwrap.dedent(source))
        return name

    return write


def heard(tmp_path):
    path = tmp_path / "heard"
    return path.read_text().splitlines() if path.exists() else []


def test_sregistry_storage_opens_where_images_are_kept(make_registry):
    registry = make_registry(plugin_modules=MEMORY, storage="memory filesystem")
    ada = registry.user("ada")

    ada.push("ada/lab/blast:1", IMAGE)

    assert registry.stranger.pull("ada/lab/blast:1").body == IMAGE
    part = registry.stranger.pull("ada/lab/blast:1", headers={"Range": "bytes=10-19"}, status=206)
    assert part.body == IMAGE[10:20]
    assert len(list(registry.parts.facilities.blob_store.walk())) == 1


def test_two_storages_of_one_kind_are_written_to_the_first_and_read_from_both(
    make_registry, tmp_path
):
    settings = {"filesystem__root": str(tmp_path / "old")}
    before = make_registry(**settings)
    before.user("ada").push("ada/lab/blast:1", IMAGE)
    database = f"sqlite:///{before.directory}/registry.sqlite"
    after = make_registry(
        storage="new filesystem",
        new__use="filesystem",
        new__root=str(tmp_path / "new"),
        database=database,
        **settings,
    )
    other = make_sif(labels={"org.example": "other"})
    after.user("bob").push("bob/lab/other:1", other)

    assert after.stranger.pull("ada/lab/blast:1").body == IMAGE
    assert after.stranger.pull("bob/lab/other:1").body == other
    assert [place.storage for place, _ in after.parts.facilities.blob_store.walk()] == [
        "new",
        "filesystem",
    ]


LOGIN = """
class Desk(PasswordLogin):
    def check(self, name, password):
        if name != "grace":
            return None
        if password != "from the desk":
            raise WrongPassword("unknown name or wrong password")
        return Subject("desk", "42", "grace", "grace@example.org")

@hookimpl
def sregistry_login(kind):
    return Desk() if kind == "desk" else None
"""


def test_sregistry_login_opens_a_way_to_log_in(make_registry, module):
    registry = make_registry(plugin_modules=module(LOGIN), login="desk passwords")
    registry.user("ada")

    def who(name, password, status=200):
        asked = registry.with_password(name, password).get("/v1/rbac/users/current", status=status)
        return asked.json if status == 200 else None

    assert who("grace", "from the desk")["username"] == "grace"
    assert who("grace", "from the desk")["username"] == "grace"
    assert who("ada", "correct horse battery")["username"] == "ada"
    who("grace", "wrong", status=401)
    who("nobody", "wrong", status=401)


BUILDER = """
class Bricks(Builder):
    def run(self, order, output):
        raise BuildFailed("no mortar")

@hookimpl
def sregistry_builder(kind, settings):
    return Bricks() if kind == "bricks" and settings.number("at_once", 1) else None
"""


def test_sregistry_builder_opens_a_builder(make_registry, module):
    registry = make_registry(plugin_modules=module(BUILDER), builder="bricks", bricks__at_once="2")

    assert list(registry.parts.plugins.builders) == ["bricks"]


LISTENER = """
from pathlib import Path

class Diary(Listener):
    def __init__(self, path):
        self._path = path

    def notice(self, event):
        with self._path.open("a") as diary:
            print(event.identifier, type(event).__name__, getattr(event, "container", None),
                  file=diary)
        if self._path.with_name("fails").exists():
            raise ConnectionError("the ink is dry")

@hookimpl
def sregistry_listener(kind, settings):
    return Diary(settings.path("path")) if kind == "diary" else None
"""


@pytest.fixture
def diary(make_registry, module, tmp_path):
    """A registry whose events are written to a file."""
    return make_registry(
        plugin_modules=module(LISTENER), listener="diary", diary__path=str(tmp_path / "heard")
    )


def test_sregistry_listener_opens_who_hears_what_has_been_committed(diary, tmp_path):
    diary.user("ada").push("ada/lab/blast:1", IMAGE)

    assert heard(tmp_path) == []
    diary.run_jobs()

    events = [line.split(" ", 1)[1] for line in heard(tmp_path)]
    assert sorted(events) == [
        "ImagePushed ada/lab/blast",
        "TagMoved ada/lab/blast",
        "UserJoined None",
    ]


def test_a_listener_hears_of_a_deletion(diary, tmp_path):
    ada = diary.user("ada")
    ada.push("ada/lab/blast:1", IMAGE)

    ada.delete("/v1/images/ada/lab/blast:1?arch=amd64", status=200)
    diary.run_jobs()

    assert any("ImageDeleted ada/lab/blast" in line for line in heard(tmp_path))


def test_a_listener_that_fails_is_told_again_later_with_the_same_identifier(diary, tmp_path):
    diary.run_jobs()
    (tmp_path / "fails").touch()
    diary.user("ada")

    diary.run_jobs()
    (tmp_path / "fails").unlink()
    diary.clock.move(timedelta(hours=1))
    diary.run_jobs()
    diary.clock.move(timedelta(hours=1))
    diary.run_jobs()

    first, second = heard(tmp_path)
    assert first == second


def test_a_listener_hears_nothing_of_what_was_rolled_back(diary, tmp_path):
    diary.user("ada")
    with pytest.raises(RuntimeError), diary.parts.unit()() as services:
        services.accounts.create("bob")
        raise RuntimeError("changed my mind")

    diary.run_jobs()

    assert len(heard(tmp_path)) == 1


REFUSE = """
@hookimpl
def sregistry_refuse(action, caller, target):
    if action is Action.PUSH and target.startswith("ada/closed"):
        return f"{target} is closed for the summer"
    if action is Action.READ and caller.is_anonymous and target.endswith("/secret"):
        return "show who you are"
"""


def test_sregistry_refuse_says_no_where_the_core_would_say_yes(make_registry, module):
    registry = make_registry(plugin_modules=module(REFUSE))
    ada = registry.user("ada")
    ada.push("ada/lab/secret:1", IMAGE)
    entity = ada.get("/v1/entities/ada").json["data"]["id"]
    closed = ada.post("/v1/collections", {"name": "closed", "entity": entity}).json["data"]["id"]

    refused = ada.post("/v1/containers", {"name": "c", "collection": closed}, status=403)

    assert "ada/closed is closed for the summer" in refused.text
    assert "show who you are" in registry.stranger.pull("ada/lab/secret:1", status=403).text
    assert ada.pull("ada/lab/secret:1").body == IMAGE


def test_a_policy_cannot_allow_what_the_core_forbids(make_registry, module):
    registry = make_registry(plugin_modules=module("@hookimpl\ndef sregistry_refuse(): ..."))
    registry.user("ada").push("ada/lab/blast:1", IMAGE)
    registry.hide("ada/lab")

    registry.stranger.pull("ada/lab/blast:1", status=404)
    registry.user("bob").pull("ada/lab/blast:1", status=404)


BEFORE_PUBLISH = """
@hookimpl
def sregistry_before_publish(image):
    with image.open() as source:
        whole = source.read()
    assert len(whole) == image.size
    if image.labels.get("org.example") != "blast":
        raise PushRefused(f"{image.name} has no label, and is for {image.arch}")
"""


def test_sregistry_before_publish_keeps_an_image_out(make_registry, module):
    registry = make_registry(plugin_modules=module(BEFORE_PUBLISH))
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", IMAGE)

    with pytest.raises(Exception, match="ada/lab/other has no label, and is for amd64"):
        ada.push("ada/lab/other:1", make_sif(labels={}))

    registry.stranger.pull("ada/lab/other:1", status=404)
    assert len(list(registry.parts.facilities.blob_store.walk())) == 1
    assert registry.stranger.pull("ada/lab/blast:1").body == IMAGE


CONFIGURE = """
from pyramid.response import Response

@hookimpl
def sregistry_configure(config, settings):
    greeting = settings["greeting"].text("words")
    config.add_route("greeting", "/greeting", request_method="GET")
    config.add_view(lambda request: Response(greeting), route_name="greeting")
"""


def test_sregistry_configure_adds_an_address(make_registry, module):
    registry = make_registry(plugin_modules=module(CONFIGURE), greeting__words="good morning")

    assert registry.stranger.get("/greeting").text == "good morning"


def test_a_plugin_that_clashes_with_the_core_stops_the_start(make_registry, module):
    name = module(
        """
        @hookimpl
        def sregistry_configure(config):
            config.add_route("operation.healthz", "/elsewhere")
        """
    )

    with pytest.raises(Exception, match=r"operation\.healthz"):
        make_registry(plugin_modules=name)


COMMANDS = """
import click

@hookimpl
def sregistry_commands():
    @click.command("greet")
    def greet():
        "Say good morning."
        click.echo("good morning")
    return {"greet": greet}
"""


def test_sregistry_commands_offers_a_sub_command(make_registry, module):
    registry = make_registry(plugin_modules=module(COMMANDS))

    assert registry.parts.plugins.commands()["greet"].help == "Say good morning."


def test_two_plugins_with_one_command_stop_the_start(make_registry, module):
    with pytest.raises(ConfigurationError, match=r"^two plugins offer a command called greet$"):
        make_registry(plugin_modules=f"{module(COMMANDS)} {module(COMMANDS)}")


JOBS = """
from pathlib import Path

def note(services, *, path, text):
    with Path(path).open("a") as file:
        print(text, services.caller.is_system, file=file)

@hookimpl
def sregistry_jobs():
    return {"site.note": note}
"""


def test_sregistry_jobs_offers_a_duty_that_is_done_once(make_registry, module, tmp_path):
    registry = make_registry(plugin_modules=module(JOBS))
    with registry.parts.unit()() as services:
        services.outbox.write("site.note", path=str(tmp_path / "heard"), text="hello")

    registry.run_jobs()
    registry.run_jobs()

    assert heard(tmp_path) == ["hello True"]
