"""Odd parts of requests: paths, queries and headers, made by Hypothesis."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from .asking import Request
from .odd_bodies import BODIES

_PLACEHOLDER = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}|\*(\w+)$")
NUMBERS = (
    "0",
    "-1",
    "1.5",
    "1e9",
    "٣",
    "²",
    "9" * 20,
    "9" * 5000,
    "0" * 30 + "9" * 30,
    "2147483648",
    str(1 << 63),
    " 1 ",
    "0x10",
    "NaN",
)
ODD_TEXTS = (
    "",
    ".",
    "..",
    "../..",
    "%2e%2e",
    "%2f",
    "%00",
    "%ff",
    "%c0%ae",
    "%F0%9F%92%A9",
    "%0d%0aX-Evil:%201",
    "%0a",
    "a" * 300,
    "a/b/c/d/e",
    "//",
    "@",
    ":",
    "@sha256:",
    "sha256." + "g" * 64,
    "sha256:" + "0" * 64,
    "sha256:" + "A" * 64,
    "sha512:" + "0" * 128,
    "null",
    "undefined",
    "'\"--",
    "{{7*7}}",
    "<script>",
    "-",
    "_",
    "ＡＢＣ",
    "%E2%80%AE",
    "İ",
    "ß",
    "a b",
    "+",
    "~",
    "\\",
    "*",
    "?",
)
HEADER_SIGNS = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")
HEADER_TEXT = st.text(HEADER_SIGNS, max_size=40)
RANGES = st.one_of(
    HEADER_TEXT,
    st.sampled_from(
        [f"bytes=0-{n}" for n in NUMBERS if n.isascii()]
        + [f"bytes={n}-" for n in NUMBERS if n.isascii()]
        + [f"bytes=-{n}" for n in NUMBERS if n.isascii()]
        + ["bytes=", "bytes=-", "bytes=5-1", "bytes=0-1,3-4", "lines=0-1", "bytes=\xb2-\xb3"]
    ),
)
CONTENT_RANGES = st.one_of(
    HEADER_TEXT,
    st.sampled_from([f"{n}-{m}" for n in NUMBERS[:9] for m in NUMBERS[:9] if (n + m).isascii()]),
    st.sampled_from(["bytes 0-1/2", "bytes */5", "0-", "-0", "1-0", "bytes 0-0/*"]),
)
TYPES = st.sampled_from(
    [
        "",
        "application/json",
        "application/json; charset=utf-16",
        "text/plain",
        "text/xml",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-7",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        'multipart/form-data; boundary="\xe9"',
        "application/vnd.oci.image.manifest.v1+json",
        "application/octet-stream",
        "a/b;" * 50,
        "/",
        ";",
    ]
)


def paths(pattern: str, known: Mapping[str, Sequence[Any]]) -> st.SearchStrategy[str]:
    """Make paths for the pattern of a route: known names in most places, odd ones in others."""

    def filled(values: list[str]) -> str:
        left = iter(values)
        return "/" + _PLACEHOLDER.sub(lambda _: next(left), pattern).lstrip("/")

    odd = st.one_of(
        st.sampled_from(ODD_TEXTS + NUMBERS).map(lambda text: quote(text, safe="/%:@")),
        st.text(max_size=20).map(lambda text: quote(text.encode("utf-8", "replace"), safe="/:@")),
    )

    def part(found: re.Match[str]) -> st.SearchStrategy[str]:
        end = "/" if (found[2] or "").endswith("/)?") else ""
        right = [
            quote(str(value), safe="/:@%") + (end if value else "")
            for value in known.get(found[1] or found[3], ("x",))
        ]
        return st.one_of(st.sampled_from(right), st.sampled_from(right), odd)

    return st.tuples(*map(part, _PLACEHOLDER.finditer(pattern))).map(list).map(filled)


def right_path(pattern: str, known: Mapping[str, Sequence[Any]]) -> str:
    """Give a path for the pattern of a route that leads to something."""

    def value(found: re.Match[str]) -> str:
        end = "/" if (found[2] or "").endswith("/)?") else ""
        return quote(str(known.get(found[1] or found[3], ("x",))[0]), safe="/:@%") + end

    return "/" + _PLACEHOLDER.sub(value, pattern).lstrip("/")


QUERIES = st.one_of(
    st.just(""),
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "limit",
                    "offset",
                    "after",
                    "arch",
                    "n",
                    "last",
                    "digest",
                    "mount",
                    "from",
                    "value",
                    "signed",
                    "op",
                    "search",
                    "options",
                    "exact",
                    "x-pagesize",
                    "x-pagetoken",
                    "scope",
                    "service",
                    "account",
                    "next",
                    "artifactType",
                    "text",
                    "tag",
                ]
            ),
            st.one_of(
                st.sampled_from(NUMBERS),
                st.sampled_from(
                    [
                        "ada/lab/blast",
                        "get",
                        "index",
                        "repository:ada/lab/blast:pull,push",
                        "0x" + "F" * 40,
                        "sha256:" + "0" * 64,
                        "//evil.test",
                        "amd64",
                        "true",
                    ]
                ),
                st.text(max_size=20),
            ),
        ),
        max_size=4,
    ).map(lambda pairs: urlencode(pairs, errors="replace")),
    st.sampled_from(
        [
            "%ff=%ff",
            "limit=%ff",
            "&&&",
            "=",
            "a" * 3000,
            "%",
            "%zz",
            "limit=1&limit=2",
            "search=%00&op=get",
            "next=%0d%0aX:y",
            "value=%00",
            ";".join("a=b" for _ in range(500)),
        ]
    ),
)

LENGTHS = st.one_of(
    st.none(),
    st.none(),
    st.sampled_from(["", "0", "1", "-1", "99999999999999999999", "x", "5, 6", "٣"]),
)


def headers_for(shown: Sequence[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Make headers; `shown` are Authorization headers that hold."""
    right = st.sampled_from([*shown, *shown, ""])
    wrong = st.one_of(
        st.sampled_from(
            [
                "Basic",
                "Basic ====",
                "Basic YWRhOg==",
                "Basic //79",
                "Bearer",
                "Bearer \xff",
                "Bearer a, Basic b",
                "Bearer " + "x" * 9000,
                "SREGISTRY-HMAC-SHA256",
                "Negotiate x",
                " ",
                'Digest username="\xe9"',
                "Bearer a.b.c",
                "Bearer eyJhbGciOiJub25lIn0.e30.",
            ]
        ),
        HEADER_TEXT,
    )
    single = st.one_of(
        st.tuples(st.just("Range"), RANGES),
        st.tuples(st.just("Content-Range"), CONTENT_RANGES),
        st.tuples(st.just("Content-Type"), TYPES),
        st.tuples(
            st.sampled_from(
                [
                    "If-Range",
                    "If-None-Match",
                    "If-Match",
                    "If-Modified-Since",
                    "Accept",
                    "Accept-Encoding",
                    "Cookie",
                    "Origin",
                    "Referer",
                    "User-Agent",
                    "X-Forwarded-For",
                    "X-Forwarded-Proto",
                    "Transfer-Encoding",
                    "Expect",
                    "X-HTTP-Method-Override",
                    "Content-MD5",
                    "Host",
                    "Docker-Upload-UUID",
                    "X-Requested-With",
                ]
            ),
            HEADER_TEXT,
        ),
        st.sampled_from(
            [
                ("Cookie", "sregistry_session=\xff"),
                ("Cookie", "sregistry_session=" + "x" * 5000),
                ("Cookie", "sregistry_session=a; sregistry_session=b"),
                ("Cookie", ";;=;" * 100),
                ("Host", "evil.test"),
                ("Host", ""),
                ("Host", "a:b:c"),
                ("Host", "[::"),
                ("Transfer-Encoding", "chunked"),
                ("Accept", "text/html;q=x"),
                ("Accept", "*/*;q=\xb2"),
                ("Origin", "null"),
                ("Origin", "http://["),
                ("If-Modified-Since", "Thu, 99 Foo 9999 99:99:99 GMT"),
            ]
        ),
    )
    return st.tuples(
        st.lists(st.one_of(right, right, wrong), max_size=2), st.lists(single, max_size=4)
    ).map(lambda both: [("Authorization", value) for value in both[0] if value] + both[1])


METHODS = st.sampled_from(
    [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "CONNECT",
        "FOO",
        "get",
        "G" * 500,
    ]
)


def requests(
    pattern: str,
    methods: Sequence[str],
    known: Mapping[str, Sequence[Any]],
    shown: Sequence[str],
) -> st.SearchStrategy[Request]:
    """Make requests for a route."""
    own = st.sampled_from(list(methods))
    return st.builds(
        Request,
        method=st.one_of(own, own, own, METHODS),
        path=paths(pattern, known),
        query=QUERIES,
        headers=headers_for(shown),
        body=BODIES,
        length=LENGTHS,
    )
