"""Collections and teams, from the command line."""

import pytest

PASSWORD = "correct horse battery"
ONE, TWO = "A1" * 20, "B2" * 32


@pytest.fixture
def people(site):
    """A site with ada and bob."""
    for name in ("ada", "bob"):
        site.must("user", "add", name, "--password-stdin", stdin=PASSWORD)
    return site


def test_collections_are_added_and_listed(people):
    assert people.must("collection", "add", "ada/lab", "--private", "--description", "Of\nAda") == [
        "added the private collection ada/lab"
    ]
    assert people.must("collection", "add", "science", "--public", "--owner", "bob") == [
        "added the public collection tacc/science"
    ]

    assert people.must("collection", "list") == [
        "ada/lab       private  everything  Of Ada",
        "tacc/science  public   everything  -",
    ]


def test_without_a_word_a_new_collection_is_what_the_ini_file_says(people):
    people.settings["sregistry.default_private"] = "true"
    people.write()

    assert people.must("collection", "add", "ada/lab") == ["added the private collection ada/lab"]


def test_a_collection_is_renamed_handed_on_and_frozen(people):
    people.must("collection", "add", "ada/lab", "--public")

    assert people.must("collection", "rename", "ada/lab", "shop") == [
        "ada/lab is ada/shop now, and its old name leads there"
    ]
    assert people.must("collection", "transfer", "ada/lab", "bob") == [
        "ada/shop is bob/shop now, and its old name leads there"
    ]
    assert people.must("collection", "freeze", "ada/lab") == ["froze bob/shop"]
    assert "frozen" in people.refusal("collection", "rename", "bob/shop", "lab")
    assert people.must("collection", "freeze", "--thaw", "bob/shop") == ["thawed bob/shop"]
    assert "nobody" in people.refusal("collection", "transfer", "bob/shop", "nobody")
    assert "blast" in people.refusal("container", "freeze", "bob/shop/blast")


def test_a_collection_is_hidden_and_shown(people):
    people.must("collection", "add", "ada/lab")

    assert people.must("collection", "private", "ada/lab") == ["ada/lab is private"]
    assert people.must("collection", "private", "ada/lab") == ["ada/lab is private"]
    assert people.must("collection", "public", "ada/lab") == ["ada/lab is public"]


def test_signatures_are_demanded_and_shown(people):
    people.must("collection", "add", "ada/lab")
    signatures = ("collection", "signatures", "ada/lab")

    assert people.must(*signatures) == ["ada/lab takes everything"]
    assert people.must(*signatures, "--require") == ["ada/lab takes signed images"]
    assert people.must(*signatures, "--signer", TWO, "--signer", f"0x{ONE.lower()}") == [
        "ada/lab takes images signed by one of 2 keys",
        ONE,
        TWO,
    ]
    assert people.must(*signatures, "--require")[1:] == [ONE, TWO]
    assert people.must("collection", "list") == [
        "ada/lab  public  images signed by one of 2 keys  -"
    ]
    assert people.must(*signatures, "--signer", ONE) == [
        "ada/lab takes images signed by one key",
        ONE,
    ]
    assert people.must(*signatures, "--any-signer") == ["ada/lab takes signed images"]
    assert people.must(*signatures, "--require", "--signer", ONE)[1:] == [ONE]
    assert people.must(*signatures, "--no-require") == ["ada/lab takes everything"]
    assert people.must(*signatures) == ["ada/lab takes everything"]


def test_certain_signers_and_any_signer_exclude_each_other(people):
    line = people.misuse("collection", "signatures", "ada/lab", "--any-signer", "--signer", ONE)

    assert line == "Error: --signer and --any-signer exclude each other"


def test_roles_are_given_and_taken(people):
    people.must("collection", "add", "ada/lab")
    people.must("team", "add", "crew")

    assert people.must("collection", "grant", "ada/lab", "bob", "writer") == [
        "bob is writer of ada/lab"
    ]
    assert people.must("collection", "grant", "ada/lab", "team:crew", "reader") == [
        "team:crew is reader of ada/lab"
    ]
    assert people.must("collection", "grant", "ada/lab", "bob", "--remove") == [
        "bob has no role of its own on ada/lab any more"
    ]
    assert people.refusal("collection", "grant", "ada/lab", "bob", "--remove") == (
        "bob has no role on ada/lab"
    )


def test_teams_have_members(people):
    assert people.must("team", "add", "crew", "--owner", "ada") == ["added the team crew"]
    assert people.must("team", "member", "crew", "bob") == ["bob is member of the team crew"]
    assert people.must("team", "list") == ["crew  ada  owner", "crew  bob  member"]

    assert people.must("team", "member", "crew", "bob", "--role", "owner") == [
        "bob is owner of the team crew"
    ]
    assert people.must("team", "member", "crew", "ada", "--remove") == [
        "ada is not in the team crew any more"
    ]
    assert people.must("team", "list") == ["crew  bob  owner"]


def test_a_team_without_anybody_is_listed(people):
    people.must("team", "add", "crew")

    assert people.must("team", "list") == ["crew  -  -"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["collection", "add", "eve/lab"], "the entity eve does not exist"),
        (["collection", "add", "a/b/c"], "'a/b/c' is no name of a collection: ENTITY/COLLECTION"),
        (["collection", "add", "ada/lab"], "the name ada/lab is taken"),
        (["collection", "add", "ada/x", "--owner", "eve"], "the user eve does not exist"),
        (["collection", "private", "ada/x"], "ada/x does not exist"),
        (["collection", "signatures", "ada/x", "--require"], "ada/x does not exist"),
        (
            ["collection", "signatures", "ada/lab", "--require", "--signer", ONE, "--signer", "x"],
            "'x' is no fingerprint of 40 or 64 hex digits",
        ),
        (
            ["collection", "signatures", "ada/lab", "--signer", ONE],
            "ada/lab takes images without signatures: certain signers can be named only where"
            " signatures are required",
        ),
        (["collection", "grant", "ada/lab", "eve", "reader"], "the user eve does not exist"),
        (["collection", "grant", "ada/lab", "team:x", "reader"], "the team x does not exist"),
        (["team", "add", "ada"], "the name ada is taken"),
        (["team", "add", "crew", "--owner", "eve"], "the user eve does not exist"),
        (["team", "member", "crew", "ada"], "the team crew does not exist"),
    ],
)
def test_a_refusal_is_one_line_and_changes_nothing(people, words, line):
    people.must("collection", "add", "ada/lab")

    assert people.refusal(*words) == line
    assert people.must("collection", "list") == ["ada/lab  public  everything  -"]
    assert people.must("team", "list") == []


@pytest.mark.parametrize("words", [[], ["reader", "--remove"]])
def test_a_role_or_its_removal_is_needed(people, words):
    line = people.misuse("collection", "grant", "ada/lab", "bob", *words)

    assert line == "Error: either a role (reader, writer or owner) or --remove is needed"
