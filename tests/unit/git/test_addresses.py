"""Addresses of repositories, and rules of what is a recipe: without any repository."""

import pytest

from sregistry_core.errors import Malformed
from sregistry_core.formats.recipe_rules import FILE, USUAL, find_recipes, fits, read_rules
from sregistry_core.models import Forge
from sregistry_core.services.git_addresses import read_address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:///etc",
        "/srv/git/recipes",
        "ext::sh -c id",
        "http://git.example.org/lab/recipes",
        "git://git.example.org/lab/recipes",
        "https://ada:secret@git.example.org/lab/recipes",
        "https://git.example.org/",
        "https://git.example.org/.git",
        "https://git.example.org/lab/recipes?x=1",
        "https://git.example.org/lab/../recipes",
        "https://git.example.org:0/lab/recipes",
        "https://git.example.org:x/lab/recipes",
        "ssh://-oProxyCommand=id/lab/recipes",
        "ssh://git@git.example.org/-lab",
        "-oProxyCommand=id@host:lab/recipes",
        "git@git.example.org:lab/$(id)",
        "https://git.example.org/lab/\u00e4",
        "https://git.example.org/lab/a\nb",
        "https://git.example.org/" + "a" * 500,
    ],
)
def test_what_is_no_address_of_a_repository_is_refused(url):
    with pytest.raises(Malformed) as refused:
        read_address(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "url", "forge", "site", "path"),
    [
        (
            "https://GitHub.com/lab/recipes.git/",
            "https://github.com/lab/recipes.git",
            Forge.GITHUB,
            "https://github.com",
            "lab/recipes",
        ),
        (
            "git@gitlab.com:group/sub/recipes.git",
            "ssh://git@gitlab.com/group/sub/recipes.git",
            Forge.GITLAB,
            "https://gitlab.com",
            "group/sub/recipes",
        ),
        (
            "ssh://hg@bitbucket.org:2222/lab/recipes",
            "ssh://hg@bitbucket.org:2222/lab/recipes",
            Forge.BITBUCKET,
            "https://bitbucket.org",
            "lab/recipes",
        ),
        (
            "https://git.example.org:8443/lab/recipes",
            "https://git.example.org:8443/lab/recipes",
            Forge.PLAIN,
            "https://git.example.org:8443",
            "lab/recipes",
        ),
    ],
)
def test_an_address_is_spelled_in_one_way(text, url, forge, site, path):
    found = read_address(text)

    assert (found.url, found.usual_forge, found.site, found.path) == (url, forge, site, path)


@pytest.mark.parametrize(
    ("pattern", "path", "is_fit"),
    [
        ("**/Singularity", "Singularity", True),
        ("**/Singularity", "a/b/Singularity", True),
        ("**/Singularity", "a/NotSingularity", False),
        ("images/*/x.def", "images/a/x.def", True),
        ("images/*/x.def", "images/a/b/x.def", False),
        ("**/a/*.def", "x/a/a/f.def", True),
        ("a/**", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**", "b/a", False),
        ("**", "a/b", True),
        ("**/" * 100 + "*a" * 100, "b" * 5000, False),
    ],
)
def test_patterns_mean_paths(pattern, path, is_fit):
    assert fits(pattern, path) is is_fit


def test_names_are_spelled_as_containers_and_tags_may_be_called():
    paths = ["My Tool!/Singularity.1.0+cuda", "Samtools.def", "Singularity", "notes/Singularityx"]

    found = find_recipes(paths, USUAL, container="recipes", ref="feature/X")

    assert [(one.container, one.tag) for one in found] == [
        ("my-tool", "1.0-cuda-feature-X"),
        ("samtools", "feature-X"),
        ("recipes", "feature-X"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"recipes: {", "is no YAML"),
        (b"a: \xff", "is no YAML"),
        (b"[1]", "holds `recipes`"),
        (b"recipes: 1", "is no list"),
        (b"recipes: [{path: 1x, tag: [1]}]", "tag is no text"),
        (b"recipes: [{path: a, tag: '{self}'}]", "{self} is none of"),
        (b"recipes: [{path: a, context: all}]", "context is none of"),
        (b"recipes: [{path: a, run: x}]", "run is none of"),
        (b"recipes: [{path: a, watch: b}]", "watch is no list"),
        (b"a: " + b"x" * 70_000, "bytes"),
        (b"recipes: !!python/object/apply:os.system [id]", "is no YAML"),
        (b"[" * 5000, "is no YAML"),
    ],
)
def test_a_small_file_that_cannot_be_meant_is_refused(text, reason):
    with pytest.raises(Malformed, match=FILE) as refused:
        read_rules(text)
    assert reason in str(refused.value)


def test_a_small_file_with_nothing_in_it_changes_nothing():
    assert read_rules(b"") == read_rules(b"recipes:\n") == USUAL
    assert read_rules(b"recipes: [{path: a, tag: 1.0}]")[0].tag == "1.0"
