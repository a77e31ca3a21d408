"""Bodies that nobody means: bombs of JSON and of forms, and what is neither."""

import json

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [0, -1, 1, 1 << 31, 1 << 63, -(1 << 64), 10**30, 1.5, 1e308, float("inf"), float("nan")]
    ),
    st.sampled_from(["", "\0", "\ud800", "\udfff", "a" * 5000, "ada", "lab", "sha256." + "5" * 64]),
    st.text(max_size=10),
)
MEMBERS = st.sampled_from(
    [
        "name",
        "entity",
        "collection",
        "container",
        "description",
        "hash",
        "filesize",
        "sha256sum",
        "uploadID",
        "partNumber",
        "partSize",
        "completedParts",
        "token",
        "Arch",
        "Tag",
        "ImageID",
        "tag",
        "digest",
        "scope",
        "schemaVersion",
        "config",
        "layers",
        "mediaType",
        "manifests",
        "subject",
        "user",
        "password",
        "role",
        "reference",
        "lifetime_seconds",
        "private",
        "frozen",
        "annotations",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=8,
)
BOMBS = (
    b"[" * 100_000,
    b'{"name":' * 50_000,
    b'{"name":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"filesize":' + b"9" * 5000 + b"}",
    b'{"filesize":1e99999,"partNumber":-1e99999}',
    b'{"name":"a","name":"b","NAME":"c"}',
    b'{"name":NaN,"filesize":Infinity,"private":-Infinity}',
    b'{"name":"\\ud800","collection":"\\udfff\\ud800"}',
    b'{"name":"\\u0000"}',
    b"\xef\xbb\xbf{}",
    '{"name":"x"}'.encode("utf-16"),
    '{"name":"x"}'.encode("utf-32"),
    b"\xff\xfe",
    b'{"name":"\xff"}',
    b"{" + b",".join(b'"%d":0' % n for n in range(20_000)) + b"}",
    b" " * 70_000,
    b"null",
    b"[]",
    b'"text"',
    b"0",
)
FORMS = (
    b"&" * 60_000,
    b"&".join(b"a%d=" % n for n in range(9000)),
    b"keytext=" + b"%" * 5000,
    b"keytext=%ff%fe",
    b"grant_type=password&grant_type=refresh_token&username=%00&password=%00&service=x&scope=",
    b"name=%00&password=%00&csrf_token=%00",
    b"name=%ff&csrf_token=%ff",
    b"=" * 1000,
)
PARTS = (
    b"--x\r\n",
    b"--x--\r\n",
    b"--x\r\n\r\n\r\n--x--\r\n",
    b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="collection"\r\n\r\n\xff\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="datafile"; filename="a"\r\n\r\nb\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="a\xff"\r\n\r\nb\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="tag"; name="b"\r\n' * 30,
    b"--x\r\n" + b"X: " + b"y" * 9000 + b"\r\n\r\n",
    b"--x\r\n" * 5000,
)
BODIES = st.one_of(
    st.just(b""),
    st.dictionaries(MEMBERS, VALUES, max_size=6).map(lambda found: json.dumps(found).encode()),
    st.sampled_from(BOMBS + FORMS + PARTS),
    st.binary(max_size=100),
)
