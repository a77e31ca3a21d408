"""The lines of the registry's own API."""

from collections.abc import Iterator

from ..samples import About, Deed, Sample

_ROOT = "/api/v1"
_COLLECTION = f"{_ROOT}/collections/{{entity}}/{{collection}}"
_EMPTY = f"{_ROOT}/collections/{{entity}}/{{empty}}"
_CONTAINER = f"{_ROOT}/containers/{{path}}"
_IMAGE = f"{_CONTAINER}/images/1"
_USER = f"{_ROOT}/users/{{user}}"
_TEAM = f"{_ROOT}/teams/{{team}}"
_NEW_TOKEN = {"name": "new", "scope": "pull"}


def _robots(root: str, prefix: str, deed: Deed, about: About) -> Iterator[Sample]:
    """Give the lines of robots, which are the same for a collection and for a team."""
    robot = f"{root}/robots/ci"
    for route, method, path, body in (
        (f"{prefix}robots", "GET", f"{root}/robots", None),
        (f"create_{prefix}robot", "POST", f"{root}/robots", {"robot": "new", "scope": "pull"}),
        (f"{prefix}robot", "GET", robot, None),
        (f"change_{prefix}robot", "PATCH", robot, {"disabled": True}),
        (f"remove_{prefix}robot", "DELETE", robot, None),
        (f"{prefix}robot_tokens", "GET", f"{robot}/tokens", None),
        (f"renew_{prefix}robot", "POST", f"{robot}/tokens", {"scope": "pull"}),
        (f"revoke_{prefix}robot_tokens", "DELETE", f"{robot}/tokens", None),
    ):
        yield Sample(f"api.{route}", method, path, deed, about=about, json=body)


def _public(route: str, path: str) -> Sample:
    return Sample(route, "GET", _ROOT + path, Deed.PUBLIC, about=About.NOTHING)


LINES = (
    _public("api.registry", "/registry"),
    _public("api.document", "/openapi.json"),
    Sample(
        "api.search", "GET", f"{_ROOT}/search?text=blast", Deed.OTHER, shows='"container":"{path}"'
    ),
    Sample(
        "api.search",
        "GET",
        f"{_ROOT}/search?text={{digest}}&limit=500",
        Deed.OTHER,
        note="for a digest",
        shows='"container":"{path}"',
    ),
    Sample("api.me", "GET", f"{_ROOT}/user", Deed.WHO_AM_I, about=About.NOTHING),
    Sample("api.users", "GET", f"{_ROOT}/users", Deed.ADMINISTER, about=About.NOTHING),
    Sample(
        "api.create_user",
        "POST",
        f"{_ROOT}/users",
        Deed.ADMINISTER,
        about=About.NOTHING,
        json={"user": "newcomer"},
    ),
    Sample("api.user", "GET", _USER, Deed.SEE_USER, about=About.ACCOUNT),
    Sample(
        "api.change_user",
        "PATCH",
        _USER,
        Deed.ADMINISTER,
        about=About.ACCOUNT,
        json={"disabled": True},
    ),
    Sample(
        "api.change_user",
        "PATCH",
        _USER,
        Deed.ADMINISTER,
        about=About.ACCOUNT,
        note="to an administrator",
        json={"is_admin": True},
    ),
    Sample(
        "api.set_password",
        "PUT",
        f"{_USER}/password",
        Deed.OWN_ACCOUNT,
        about=About.ACCOUNT,
        json={"password": "a new long password"},
    ),
    Sample("api.tokens_of_user", "GET", f"{_USER}/tokens", Deed.OWN_ACCOUNT, about=About.ACCOUNT),
    Sample(
        "api.create_token_of_user",
        "POST",
        f"{_USER}/tokens",
        Deed.OWN_ACCOUNT,
        about=About.ACCOUNT,
        json=_NEW_TOKEN,
    ),
    Sample("api.tokens", "GET", f"{_ROOT}/tokens", Deed.OWN_TOKENS, about=About.NOTHING),
    Sample(
        "api.create_token",
        "POST",
        f"{_ROOT}/tokens",
        Deed.OWN_TOKENS,
        about=About.NOTHING,
        json=_NEW_TOKEN,
    ),
    Sample(
        "api.token", "GET", f"{_ROOT}/tokens/{{user_token}}", Deed.OWN_ACCOUNT, about=About.ACCOUNT
    ),
    Sample(
        "api.revoke_token",
        "DELETE",
        f"{_ROOT}/tokens/{{user_token}}",
        Deed.OWN_ACCOUNT,
        about=About.ACCOUNT,
    ),
    Sample(
        "api.teams",
        "GET",
        f"{_ROOT}/teams",
        Deed.OTHER,
        about=About.NOTHING,
        shows='"team":"{team}"',
    ),
    Sample(
        "api.create_team",
        "POST",
        f"{_ROOT}/teams",
        Deed.TEAM_MAKE,
        about=About.NOTHING,
        json={"team": "newcomers"},
    ),
    Sample("api.team", "GET", _TEAM, Deed.TEAM_SEE, about=About.ACCOUNT),
    Sample("api.members", "GET", f"{_TEAM}/members", Deed.TEAM_SEE, about=About.ACCOUNT),
    Sample(
        "api.set_member",
        "PUT",
        f"{_TEAM}/members/bob",
        Deed.TEAM_CHANGE,
        about=About.ACCOUNT,
        json={"role": "member"},
    ),
    Sample(
        "api.set_member",
        "PUT",
        f"{_TEAM}/members/{{me}}",
        Deed.TEAM_CHANGE,
        about=About.ACCOUNT,
        note="oneself, as an owner",
        json={"role": "owner"},
    ),
    Sample(
        "api.remove_member",
        "DELETE",
        f"{_TEAM}/members/tom",
        Deed.OTHER,
        about=About.ACCOUNT,
        note="or for a member: to leave",
    ),
    *_robots(_TEAM, "team_", Deed.TEAM_CHANGE, About.ACCOUNT),
    Sample(
        "api.collections",
        "GET",
        f"{_ROOT}/collections",
        Deed.OTHER,
        shows='"name":"{entity}/{collection}"',
    ),
    Sample(
        "api.collections",
        "GET",
        f"{_ROOT}/collections?limit=1&entity={{entity}}&after={{entity}}/c",
        Deed.OTHER,
        note="of an entity, a page",
        shows='"name":"{entity}/{collection}"',
    ),
    Sample(
        "api.collections",
        "GET",
        f"{_ROOT}/collections?limit=1",
        Deed.OTHER,
        note="a page of one",
    ),
    Sample(
        "api.create_collection",
        "POST",
        f"{_ROOT}/collections",
        Deed.CREATE,
        json={"entity": "{entity}", "collection": "new"},
    ),
    Sample(
        "api.create_collection",
        "POST",
        f"{_ROOT}/collections",
        Deed.OTHER,
        note="of a name that may be taken",
        json={"entity": "{entity}", "collection": "{collection}"},
    ),
    Sample(
        "api.create_collection",
        "POST",
        f"{_ROOT}/collections",
        Deed.CREATE_AT_HOME,
        about=About.NOTHING,
        note="in the registry's own entity",
        json={"entity": "{home}", "collection": "new"},
    ),
    Sample(
        "api.create_collection",
        "POST",
        f"{_ROOT}/collections",
        Deed.OTHER,
        note="in the registry's own entity, of a name that may be taken",
        json={"entity": "{entity}", "collection": "{collection}"},
        at_home=True,
        makes_the_name=True,
    ),
    Sample("api.collection", "GET", _COLLECTION, Deed.LOOK),
    Sample("api.change_collection", "PATCH", _COLLECTION, Deed.MANAGE, json={"description": "new"}),
    Sample(
        "api.change_collection",
        "PATCH",
        _COLLECTION,
        Deed.MANAGE,
        note="to show it to everybody",
        json={"private": False},
    ),
    Sample("api.delete_collection", "DELETE", _EMPTY, Deed.MANAGE),
    Sample("api.grants", "GET", f"{_COLLECTION}/grants", Deed.MANAGE),
    Sample(
        "api.grant_to_user",
        "PUT",
        f"{_COLLECTION}/grants/users/{{me}}",
        Deed.MANAGE,
        note="to oneself",
        json={"role": "owner"},
    ),
    Sample("api.take_from_user", "DELETE", f"{_COLLECTION}/grants/users/rita", Deed.MANAGE),
    Sample(
        "api.grant_to_team",
        "PUT",
        f"{_COLLECTION}/grants/teams/crew",
        Deed.MANAGE,
        json={"role": "owner"},
    ),
    Sample(
        "api.take_from_team",
        "DELETE",
        f"{_ROOT}/collections/{{entity}}/{{collection}}/grants/teams/crew",
        Deed.OTHER,
        note="the registry's own",
        at_home=True,
    ),
    *_robots(_COLLECTION, "", Deed.MANAGE, About.THING),
    Sample("api.publishers", "GET", f"{_COLLECTION}/publishers", Deed.MANAGE),
    Sample(
        "api.create_publisher",
        "POST",
        f"{_COLLECTION}/publishers",
        Deed.MANAGE,
        json={
            "publisher": "new",
            "issuer": "https://gitlab.test",
            "claims": {"project_path": "lab/blast"},
            "scope": "pull",
        },
    ),
    Sample("api.publisher", "GET", f"{_COLLECTION}/publishers/builds", Deed.MANAGE),
    Sample("api.remove_publisher", "DELETE", f"{_COLLECTION}/publishers/builds", Deed.MANAGE),
    Sample(
        "api.exchange",
        "POST",
        f"{_COLLECTION}/exchange",
        Deed.OTHER,
        note="for what nobody has signed",
        json={"token": "no.signed.token"},
    ),
    Sample("api.containers", "GET", f"{_COLLECTION}/containers", Deed.LOOK),
    Sample(
        "api.create_container",
        "POST",
        f"{_COLLECTION}/containers",
        Deed.PUSH,
        json={"container": "new"},
    ),
    Sample("api.container", "GET", _CONTAINER, Deed.LOOK),
    Sample("api.change_container", "PATCH", _CONTAINER, Deed.PUSH, json={"description": "new"}),
    Sample(
        "api.change_container",
        "PATCH",
        _CONTAINER,
        Deed.MANAGE,
        note="to freeze it",
        json={"frozen": True},
    ),
    Sample(
        "api.change_container",
        "PATCH",
        _CONTAINER,
        Deed.MANAGE,
        note="both at once",
        json={"frozen": True, "description": "new"},
    ),
    Sample("api.delete_container", "DELETE", _CONTAINER, Deed.REMOVE),
    Sample("api.images", "GET", f"{_CONTAINER}/images", Deed.LOOK),
    Sample("api.image", "GET", _IMAGE, Deed.LOOK),
    Sample("api.image", "GET", f"{_CONTAINER}/images/{{digest}}", Deed.LOOK, note="by digest"),
    Sample("api.change_image", "PATCH", _IMAGE, Deed.PUSH, json={"description": "new"}),
    Sample("api.delete_image", "DELETE", _IMAGE, Deed.REMOVE),
    Sample("api.image_file", "GET", f"{_IMAGE}/file", Deed.LOOK),
    Sample("api.tags", "GET", f"{_CONTAINER}/tags", Deed.LOOK),
    Sample("api.tag", "GET", f"{_CONTAINER}/tags/1", Deed.LOOK),
    Sample("api.set_tag", "PUT", f"{_CONTAINER}/tags/3", Deed.PUSH, json={"digest": "{digest}"}),
    Sample("api.freeze_tag", "PATCH", f"{_CONTAINER}/tags/1", Deed.MANAGE, json={"frozen": True}),
    Sample("api.remove_tag", "DELETE", f"{_CONTAINER}/tags/1", Deed.REMOVE),
    Sample("api.shares_of_container", "GET", f"{_CONTAINER}/shares", Deed.MANAGE),
    Sample(
        "api.create_share", "POST", f"{_CONTAINER}/shares", Deed.MANAGE, json={"reference": "1"}
    ),
    Sample(
        "api.shares",
        "GET",
        f"{_ROOT}/shares",
        Deed.ADMINISTER,
        about=About.NOTHING,
    ),
    Sample("api.share", "GET", f"{_ROOT}/shares/{{share_number}}", Deed.MANAGE),
    Sample("api.revoke_share", "DELETE", f"{_ROOT}/shares/{{share_number}}", Deed.MANAGE),
)
