"""The pages for administrators: what they show and do, and that nobody else finds them."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import event

from sregistry_core.contracts import PluginSettings, StorageUnavailable
from sregistry_core.models import AuditEvent, Outbox, Token
from sregistry_core.protocols.ui.admin.routes import ROOT
from sregistry_core.protocols.ui.admin.settings_views import shown_settings
from sregistry_core.testing.browser import Browser

HTML = {"Accept": "text/html"}
READ = (
    "", "/users", "/users/ada", "/quotas", "/collections", "/jobs", "/storages", "/audit",
    "/audit.csv", "/registries", "/settings",
)  # fmt: skip
CHANGE = (
    "/users", "/users/ada/disable", "/users/ada/enable", "/users/ada/make-administrator",
    "/users/ada/make-ordinary", "/users/ada/password", "/users/ada/end", "/quotas",
    f"/jobs/{'0' * 32}/retry", "/jobs/retry", "/registries", "/registries/x/remove",
)  # fmt: skip


@pytest.fixture
def registry(make_registry):
    return make_registry(
        protocols="discovery transfer library shub directory api ui", contact="images@example.org"
    )


@pytest.fixture
def root(registry, admin):
    browser = Browser(registry)
    browser.sign_in(name="root", status=303)
    return browser


def submit(page, action, status=303, **fields):
    found = (form for form in page.forms.values() if form.method == "post")
    form = next(one for one in found if one.action == f"{ROOT}{action}")
    for name, value in fields.items():
        form[name] = value
    answer = form.submit(headers=HTML, status=status)
    return answer.follow(headers=HTML) if status == 303 else answer


def rows(page):
    return [
        [" ".join(cell.text.split()) for cell in row.find_all(["th", "td"])]
        for row in page.html.find("tbody").find_all("tr")
    ]


def refusal(page):
    """A refusal without the number of its request."""
    return page.text.replace(page.html.find_all("code")[-1].text, "")


def test_to_others_there_is_nothing_at_these_addresses(registry, ada, root):
    at_home, stranger = Browser(registry), Browser(registry)
    at_home.sign_in(status=303)
    for browser in (at_home, stranger):
        absent = refusal(browser.open("/-/no-such-page", status=404))
        for path in READ:
            assert refusal(browser.open(f"{ROOT}{path}", status=404)) == absent, path
        for path in CHANGE:
            assert browser.post(f"{ROOT}{path}", status="*").status_int == 404, path
    for path in READ:
        root.open(f"{ROOT}{path}", status=200)
    for path in CHANGE:
        # A form that comes from nowhere is not taken from an administrator either.
        assert root.post(f"{ROOT}{path}", "a=b", status="*").status_int == 403, path


def test_no_page_asks_more_of_the_database_when_there_is_more(registry, ada, root, count_queries):
    def counted():
        return {path: count_queries(lambda: root.open(f"{ROOT}{path}")) for path in READ}  # noqa: B023

    ada.push("ada/first/blast:1", b"image")
    registry.run_jobs()
    counted()
    few = counted()
    for number in range(8):
        registry.user(f"user{number}")
        ada.push(f"ada/lab{number}/blast:1", b"image")
    registry.run_jobs()
    many = counted()
    # The kinds of events are looked up one by one, of which there are a few dozen at most.
    assert many.pop("/audit") <= few.pop("/audit") + 4
    assert many == few


def test_users_are_found_made_and_changed(registry, ada, bob, root):
    assert [row[0] for row in rows(root.open(f"{ROOT}/users"))] == ["ada", "bob", "root"]
    assert [row[0] for row in rows(root.open(f"{ROOT}/users?text=BOB@"))] == ["bob"]
    assert "Nobody is called so." in root.open(f"{ROOT}/users?text=%25").text
    first = root.open(f"{ROOT}/users?limit=2")
    assert [row[0] for row in rows(root.open(first.html.find("a", rel="next")["href"]))] == ["root"]

    page = root.open(f"{ROOT}/users")
    refused = submit(page, "/users", status=409, name="ada", email="a@b.org")
    assert refused.html.find(role="alert").text == "The name ada is taken."
    assert refused.html.find(id="email")["value"] == "a@b.org"
    made = submit(page, "/users", name="cleo", password="a long enough one")
    assert made.html.find("p", role="status").text == "The user is made."
    Browser(registry).sign_in("cleo", "a long enough one", status=303)

    page = root.open(f"{ROOT}/users/bob")
    submit(page, "/users/bob/disable")
    assert bob.get("/api/v1/user", expect_errors=True).status_int == 401
    submit(root.open(f"{ROOT}/users/bob"), "/users/bob/enable")
    assert bob.get("/api/v1/user").status_int == 200
    submit(page, "/users/bob/end")
    assert bob.get("/api/v1/user", expect_errors=True).status_int == 401
    submit(page, "/users/bob/password", password="quite another one")
    weak = submit(page, "/users/bob/password", status=409, password="x")
    assert weak.html.find(role="alert") is not None
    submit(page, "/users/bob/make-administrator")
    bobs = Browser(registry)
    bobs.sign_in("bob", "quite another one", status=303)
    assert bobs.open(f"{ROOT}/users").status_int == 200
    submit(root.open(f"{ROOT}/users/bob"), "/users/bob/make-ordinary")
    bobs.open(f"{ROOT}/users", status=404)
    assert root.open(f"{ROOT}/users/root").html.find(id="access-title") is None
    root.open(f"{ROOT}/users/nobody", status=404)


def test_tokens_of_a_user_are_counted_and_none_is_read(registry, ada, root):
    def shown():
        page = root.open(f"{ROOT}/users/ada", status=200)
        return int(page.html.find("dt", string="Tokens").find_next_sibling("dd").text)

    few = shown()
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        for number in range(7):
            services.tokens.issue(user, name=f"one-{number}")
    loaded = []

    def note(token, _context):
        loaded.append(token)

    event.listen(Token, "load", note)
    try:
        assert shown() == few + 7
        assert loaded == []
        with registry.parts.unit()() as services:
            services.tokens.of(services.accounts.find("ada"))
        assert len(loaded) == few + 7
    finally:
        event.remove(Token, "load", note)


def test_quotas_are_set_and_taken_back(registry, ada, root):
    ada.push("ada/lab/blast:1", b"x" * 3000)
    page = root.open(f"{ROOT}/quotas")
    assert ["ada", "2.9 KiB", "any", "as usual"] in rows(page)
    shown = submit(page, "/quotas", entity="ada", size="2K")
    assert ["ada", "2.9 KiB Full", "2.0 KiB", "here"] in rows(shown)
    for wrong, size in (("ada", "lots"), ("nobody", "1G")):
        refused = submit(page, "/quotas", status=400, entity=wrong, size=size)
        assert refused.html.find(id="size")["value"] == size
        assert refused.html.find(role="alert").text.endswith(".")
    shown = submit(page, "/quotas", entity="ada", size="")
    assert ["ada", "2.9 KiB", "any", "as usual"] in rows(shown)


def test_all_collections_are_listed_also_private_ones(registry, ada, bob, root):
    ada.push("ada/lab/blast:1", b"x" * 3000)
    bob.push("bob/alpha/blast:1", b"x")
    registry.hide("ada/lab")
    registry.run_jobs()
    assert [row[:5] for row in rows(root.open(f"{ROOT}/collections"))] == [
        ["ada/lab", "ada", "Private", "1", "2.9 KiB"],
        ["bob/alpha", "bob", "Public", "1", "1 B"],
    ]
    assert [row[0] for row in rows(root.open(f"{ROOT}/collections?text=ada/l"))] == ["ada/lab"]
    assert [row[0] for row in rows(root.open(f"{ROOT}/collections?text=ALP"))] == ["bob/alpha"]
    assert "There is no such" in root.open(f"{ROOT}/collections?text=_").text


def test_jobs_that_failed_tell_why_and_are_tried_again_one_or_all(registry, root):
    with registry.parts.unit()() as services:
        now = registry.clock()
        for number in range(3):
            services.db.add(
                Outbox(
                    job="thing.do", arguments={"thing": f"<b>{number}</b>"}, queue="quick",
                    attempts=12, due_at=now, failed_at=now, error="<i>no</i>", created_at=now,
                )
            )  # fmt: skip
    page = root.open(f"{ROOT}/jobs")
    assert len(page.html.find_all("li", class_="card")) == 3
    assert page.html.find("pre").text == "<i>no</i>"
    assert "12 times" in page.text
    one = page.html.find("li", class_="card").find("form")["action"].removeprefix(ROOT)
    said = submit(page, one)
    assert said.html.find("p", role="status").text == "The job is tried again."
    assert "Failed 2" in " ".join(said.html.find("nav", class_="choice").text.split())
    submit(said, "/jobs/retry")
    assert "No job was given up." in root.open(f"{ROOT}/jobs").text
    assert len(root.open(f"{ROOT}/jobs?state=queued").html.find_all("li", class_="card")) >= 3
    assert "No job runs" in root.open(f"{ROOT}/jobs?state=running").text
    with registry.parts.unit()() as services:
        actions = {event.action for event in services.db.query(AuditEvent)}
    assert {"job.retry", "job.retry_failed"} <= actions


def test_storages_tell_whether_they_work_what_they_hold_and_how_old_that_is(
    registry, ada, root, monkeypatch
):
    assert "Not looked at yet" in root.open(f"{ROOT}/storages").text
    ada.push("ada/lab/blast:1", b"x" * 3000)

    def look():
        registry.parts.jobs.look_for_work()
        registry.clock.move(timedelta(minutes=6))
        registry.parts.jobs.look_for_work()
        registry.run_jobs()

    def fail():
        raise StorageUnavailable("the <disk> is gone")

    look()
    page = root.open(f"{ROOT}/storages")
    assert "Works" in page.text
    assert "2.9 KiB" in page.text
    storage = registry.parts.facilities.blob_store.storages["filesystem"]
    monkeypatch.setattr(storage, "check", fail)
    look()
    page = root.open(f"{ROOT}/storages")
    assert page.html.find("p", class_="complaint").text == "the <disk> is gone"
    assert "Cannot be used" in root.open(ROOT).text
    monkeypatch.undo()
    look()
    registry.clock.move(timedelta(hours=1))
    assert "Not looked at for long" in root.open(f"{ROOT}/storages").text


def test_the_log_is_filtered_and_given_as_csv_without_formulas(registry, ada, root):
    with registry.parts.unit()() as services:
        for number in range(1100):
            services.audit.record("thing.do", f"=cmd{number}", note="a, b")
    day = registry.clock().date().isoformat()
    page = root.open(f"{ROOT}/audit?action=thing&since={day}&until={day}&limit=5")
    following = root.open(page.html.find("a", rel="next")["href"])
    assert len(rows(page)) == len(rows(following)) == 5
    assert rows(following) != rows(page)
    link = next(a["href"] for a in page.html.find_all("a") if a.text == "As CSV")
    answer = root.open(link)
    assert answer.content_type == "text/csv"
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0] == ["at", "actor", "address", "action", "target", "facts"]
    assert len({line[4] for line in lines[1:]}) == len(lines) - 1 == 1100
    assert all(line[4].startswith("'=cmd") for line in lines[1:])
    refused = root.open(f"{ROOT}/audit?since=yesterday", status=400)
    assert refused.html.find(role="alert").text == "Yesterday is no day such as 2026-01-31."
    assert "Nothing that fits" in root.open(f"{ROOT}/audit?user=nobody").text


def test_other_registries_are_added_and_removed(registry, root):
    page = root.open(f"{ROOT}/registries")
    refused = submit(page, "/registries", status=400, name="elsewhere", url="nonsense")
    assert refused.html.find(id="url")["value"] == "nonsense"
    shown = submit(page, "/registries", name="elsewhere", url="https://images.test")
    assert shown.html.find("a", href="https://images.test") is not None
    submit(shown, "/registries/elsewhere/remove")
    assert "No other registry" in root.open(f"{ROOT}/registries").text


def test_settings_are_shown_and_secrets_are_not(registry, root):
    page = root.open(f"{ROOT}/settings")
    shown = dict(rows(page))
    assert shown["sregistry.contact"] == "images@example.org"
    assert shown["sregistry.secret"] == "hidden"
    assert shown["sregistry.institution"] == "as usual"
    assert registry.ini["sregistry.secret"] not in page.text
    assert "filesystem.root" in page.text


def test_what_sounds_like_a_secret_and_passwords_in_addresses_are_hidden(tmp_path):
    section = PluginSettings(
        "x",
        {
            "url": "postgresql://ada:hush@db/x", "bind_password": "hush", "api_token": "hush",
            "secret_key_file": "/etc/key", "plain": "yes", "client": "hush",
        },
        tmp_path,
        {},
    )  # fmt: skip
    for key in ("url", "bind_password", "api_token", "plain", "secret_key_file"):
        section.text(key, "")
    section.secret("client")
    shown = {one.key: one.value for one in shown_settings(section)}
    assert "hush" not in str(shown)
    assert shown["x.url"] == "postgresql://ada:…@db/x"
    assert shown["x.plain"] == "yes"
    assert shown["x.secret_key_file"] == "/etc/key"
