"""Names: letters are folded, short names belong to the home entity, the rest is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sregistry_core.digests import DigestPrefix
from sregistry_core.errors import Malformed
from sregistry_core.names import (
    RESERVED,
    CollectionName,
    ContainerName,
    ImageName,
    fold_entity_name,
    parse_architecture,
    parse_collection_name,
    parse_container_name,
    parse_entity_name,
    parse_new_entity_name,
    parse_tag,
)

HEX = "0123456789abcdef" * 4
BLAST = ContainerName("ada", "lab", "blast")

short_names = st.from_regex(r"[a-z0-9]{1,13}(-{1,2}[a-z0-9]{1,5}){0,3}", fullmatch=True)
container_names = st.from_regex(
    r"[a-z0-9]{1,13}((\.|_|__|-{1,3})[a-z0-9]{1,7}){0,4}", fullmatch=True
)
tags = st.from_regex(r"[a-z0-9_][a-z0-9._-]{0,30}", fullmatch=True)


@pytest.mark.parametrize("parse", [parse_entity_name, parse_collection_name])
@pytest.mark.parametrize("name", ["a", "7", "lab", "a-b", "a--b", "a" * 39])
def test_short_names_may_be_of_letters_digits_and_inner_dashes(parse, name):
    assert parse(name) == parse(name.upper()) == name


@pytest.mark.parametrize("parse", [parse_entity_name, parse_collection_name])
@pytest.mark.parametrize(
    "name",
    ["", "-a", "a-", "a.b", "a_b", "a b", "ä", "a" * 40, "a\n", "..", "a/b", "\u212a", "a\0"],
    ids=repr,
)
def test_other_short_names_are_refused_with_the_rule(parse, name):
    with pytest.raises(Malformed, match="1 to 39 letters and digits, with '-' only inside"):
        parse(name)


def test_the_refusal_names_what_was_asked_for():
    with pytest.raises(Malformed, match=r"^'a_b' is no name for an entity: 1 to 39"):
        parse_entity_name("a_b")
    with pytest.raises(Malformed, match=r"^'a_b' is no name for a collection: 1 to 39"):
        parse_collection_name("a_b")


def test_a_name_of_a_million_letters_is_not_shown_whole():
    for parse in (parse_entity_name, parse_container_name, parse_tag, parse_architecture):
        with pytest.raises(Malformed) as refused:
            parse("a" * 1_000_000)
        assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    "name", ["a", "a.b", "a_b", "a__b", "a---b", "tensorflow-2.1_gpu", "a" * 64]
)
def test_containers_may_also_hold_dots_and_underscores(name):
    assert parse_container_name(name.upper()) == name


@pytest.mark.parametrize(
    "name", ["", ".a", "a.", "a..b", "a___b", "a._b", "_a", "a b", "a/b", "a:b", "a" * 65], ids=repr
)
def test_other_container_names_are_refused_with_the_rule(name):
    with pytest.raises(Malformed, match="1 to 64 letters and digits, with"):
        parse_container_name(name)


@pytest.mark.parametrize("tag", ["latest", "1.0", "_x", "a" * 128, "sha256", "sha256.abc", "v1--"])
def test_a_tag_may_be_what_oci_allows(tag):
    assert parse_tag(tag.upper()) == tag


@pytest.mark.parametrize("tag", ["", ".a", "-a", "a b", "a" * 129, "a/b", "a:b", "1.0\n"], ids=repr)
def test_other_tags_are_refused_with_the_rule(tag):
    with pytest.raises(Malformed, match="is no tag: 1 to 128 letters, digits and '_'"):
        parse_tag(tag)


@pytest.mark.parametrize("tag", [f"sha256.{HEX}", f"SHA256.{HEX[:40]}", f"sif.{HEX[:36]}"])
def test_a_tag_that_reads_as_a_digest_is_refused(tag):
    with pytest.raises(Malformed, match="is no tag: it reads as a digest"):
        parse_tag(tag)


@pytest.mark.parametrize("arch", ["amd64", "arm64", "ppc64le", "x86_64"])
def test_architectures_are_folded(arch):
    assert parse_architecture(arch.upper()) == arch


@pytest.mark.parametrize("arch", ["", "a-b", "amd64 ", "a" * 21, "a/b"], ids=repr)
def test_other_architectures_are_refused_with_the_rule(arch):
    with pytest.raises(Malformed, match="is no architecture: 1 to 20 letters, digits and '_'"):
        parse_architecture(arch)


@pytest.mark.parametrize("name", ["s", "api", "v1", "v2", "transfer", "S", "Assets", "healthz"])
def test_what_the_registry_needs_itself_cannot_be_an_entity(name):
    with pytest.raises(Malformed, match=f"^the name {name.lower()} is reserved by the registry$"):
        parse_new_entity_name(name)


def test_a_reserved_name_can_still_be_asked_for():
    assert parse_entity_name("api") == "api"
    assert parse_new_entity_name("ADA") == "ada"


def test_the_first_part_of_every_route_is_reserved(make_registry):
    registry = make_registry()
    routes = registry.app.app.registry.introspector.get_category("routes")

    first_parts = {one["introspectable"]["pattern"].strip("/").split("/")[0] for one in routes}

    fixed = {part for part in first_parts if part and "{" not in part and "." not in part}
    assert fixed
    assert fixed <= RESERVED


def test_short_names_belong_to_the_home_entity():
    def read(text):
        return str(ContainerName.parse(text, home="tacc"))

    assert read("ada/lab/blast") == "ada/lab/blast"
    assert read("science/rocks") == "tacc/science/rocks"
    assert read("rocks") == "tacc/library/rocks"
    assert read("/Science/Rocks/") == "tacc/science/rocks"
    assert str(CollectionName.parse("lab", home="tacc")) == "tacc/lab"
    assert CollectionName.parse("ada/lab", home="tacc") == BLAST.of_collection


@pytest.mark.parametrize("text", ["a/b/c/d", "a//b", "", "/", "a/../b"], ids=repr)
def test_names_of_other_shapes_are_refused(text):
    with pytest.raises(Malformed):
        ContainerName.parse(text, home="tacc")


def test_the_refusal_shows_the_shape():
    with pytest.raises(Malformed, match=r"^'a/b/c/d' has more than three parts: ENTITY/COLL"):
        ContainerName.parse("a/b/c/d", home="tacc")
    with pytest.raises(Malformed, match=r"^'a/b/c' is no name of a collection: ENTITY/COLLECTION$"):
        CollectionName.parse("a/b/c", home="tacc")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada/lab/blast", ImageName(BLAST)),
        ("ada/lab/blast:", ImageName(BLAST)),
        ("Ada/Lab/Blast:V1.0", ImageName(BLAST, "v1.0")),
        ("ada/lab/blast:one,two", ImageName(BLAST, "one")),
        (f"ada/lab/blast@sha256:{HEX}", ImageName(BLAST, None, DigestPrefix(HEX))),
        (f"ada/lab/blast:sha256.{HEX}", ImageName(BLAST, None, DigestPrefix(HEX))),
        (f"ada/lab/blast:sha256:{HEX}", ImageName(BLAST, None, DigestPrefix(HEX))),
        (f"ada/lab/blast@{HEX[:40]}", ImageName(BLAST, None, DigestPrefix(HEX[:40]))),
        (f"ada/lab/blast:1.0@{HEX[:32]}", ImageName(BLAST, None, DigestPrefix(HEX[:32]))),
    ],
)
def test_an_image_is_named_as_any_client_types_it(text, expected):
    assert ImageName.parse(text, home="tacc") == expected


@pytest.mark.parametrize(
    "text", ["a/b/c@", "a/b/c@latest", "a/b/c:sha256.abc", "a/b/c:-", f"a@{HEX}@{HEX}"]
)
def test_a_reference_that_is_neither_tag_nor_digest_is_refused(text):
    with pytest.raises(Malformed):
        ImageName.parse(text, home="tacc")


@given(short_names, short_names, container_names, tags)
def test_a_name_that_was_printed_can_be_read_back(entity, collection, container, tag):
    name = ImageName(ContainerName(entity, collection, container), tag)

    for text in (str(name), str(name).upper(), f"/{name}"):
        assert ImageName.parse(text, home="elsewhere") == name
    assert ContainerName.parse(str(name.container), home="elsewhere") == name.container


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_is_refused(text):
    try:
        name = ImageName.parse(text, home="tacc")
    except Malformed as refused:
        assert str(refused)
        return
    assert ImageName.parse(str(name), home="elsewhere") == name


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ada", "ada"),
        ("ADA", "ada"),
        ("ada.lovelace", "ada-lovelace"),
        ("Ada M. Lovelace", "ada-m-lovelace"),
        ("ada_lovelace@example.org", "ada-lovelace"),
        ("a--b", "a--b"),
        ("José.María", "jose-maria"),
        ("Weiß", "weiss"),
        ("_ada_", "ada"),
        ("管理", ""),
        ("@example", "example"),
        ("", ""),
    ],
)
def test_what_somebody_is_called_elsewhere_is_folded_to_a_name(text, folded):
    assert fold_entity_name(text) == folded


@given(short_names)
def test_a_name_is_its_own_nearest(name):
    assert fold_entity_name(name) == name


@given(st.text())
def test_what_is_folded_is_a_name_or_too_short_or_too_long(text):
    folded = fold_entity_name(text)

    if 0 < len(folded) <= 39:
        assert parse_entity_name(folded) == folded
