"""The written matrix: a table that people read, and that the tests compare with the answers."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .asking import SHOW_OTHERWISE, TO_SIGN_IN, Answer, Question
from .callers import CALLERS, Caller, Way
from .samples import About, Sample
from .worlds import ABSENT, PRIVATE, PUBLIC

EXPECTED = Path(__file__).parent / "expected"
SWITCH = "REWRITE_RIGHTS"
"""Set in the environment, it makes the tests write what they would compare."""
CODES = {TO_SIGN_IN: "s", "MANIFEST_UNKNOWN": "m", "BLOB_UNKNOWN": "b", "BLOB_UPLOAD_UNKNOWN": "u"}
"""Signs behind a status that does not say enough; all other codes follow from the status."""
FOLLOWS = {
    **dict.fromkeys(("UNAUTHORIZED", "login_required"), (401,)),
    **dict.fromkeys(("NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"), (404,)),
    **dict.fromkeys(("BLOB_UPLOAD_UNKNOWN", "not_found"), (404,)),
    "not_allowed": (403,),
    "DENIED": (403, 409),
    "conflict": (409,),
    TO_SIGN_IN: (303,),
}
"""What status a code may come with."""
_HEAD = """\
# Who is answered what by {protocol}. The tests write this table and compare it:
# docs/developer/rights.md says how, and who the callers are.
#
# A cell is a status; "+": the thing is in the answer, "-": it is not{codes}.
# Shown is {way}{signed}.
#
# A line begins with the state of the thing that is asked for; "always" when it makes no difference.
"""
_WIDTH = 12


def require_same(path: Path, text: str) -> None:
    """Fail with the first line that differs; or write the file, when told to."""
    if os.environ.get(SWITCH):
        path.write_text(text, encoding="utf-8")
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    if written == text:
        return
    lines = [*text.splitlines(), ""]
    pairs = enumerate(zip([*written.splitlines(), ""], lines, strict=False))
    number, (wanted, found) = next((one, two) for one, two in pairs if two[0] != two[1])
    title = next((one for one in lines[number::-1] if one[:1].isalpha()), "")
    raise AssertionError(
        f"{path.name} says of {title}\n  {wanted}\nand the answer was\n  {found}\n"
        f"when that is right, run the test with {SWITCH}=1 and look at the difference"
    )


def table_of(
    protocol: str, samples: Sequence[Sample], usual: Way, answers: Mapping[Question, Answer]
) -> str:
    """Write the table of a protocol."""
    codes = {
        "oci": '; of a 404 "m": no manifest, "b": no blob, "u": no upload, else: no name',
        "ui": '; "s": to the page for signing in',
    }
    signed = " where the client signs, else a token as Bearer" if usual is Way.SIGNED else ""
    head = _HEAD.format(
        protocol=protocol, codes=codes.get(protocol, ""), way=usual.value, signed=signed
    )
    names = " ".join(caller.column for caller in CALLERS)
    lines = [head, f"{'':{_WIDTH}}{names}"]
    for sample in samples:
        lines += ["", *_section(sample, sample.only_way or usual, answers)]
    lines += ["", *_other_ways(usual, answers)]
    return "\n".join(lines).rstrip() + "\n"


def _section(sample: Sample, way: Way, answers: Mapping[Question, Answer]) -> Iterator[str]:
    shown = f"  [{way.value}]" if sample.only_way else ""
    yield f"{sample.title}{shown}"
    rows: dict[str, str] = {}
    for state, world, nameless in _states(sample):
        cells = [
            _cell(answers[Question(sample, caller, world, way, nameless)], caller)
            for caller in CALLERS
        ]
        rows[state] = " ".join(cells).rstrip()
    if len(set(rows.values())) == 1:
        rows = {"always": next(iter(rows.values()))}
    for state, row in rows.items():
        yield f"  {state:{_WIDTH - 2}}{row}"


def _states(sample: Sample) -> Sequence[tuple[str, str, bool]]:
    if sample.about is About.NOTHING:
        return [("always", PRIVATE, False)]
    if sample.about is About.ACCOUNT:
        return [("there", PRIVATE, False), ("absent", PRIVATE, True)]
    return [(world, world, False) for world in (PUBLIC, PRIVATE, ABSENT)]


def _cell(answer: Answer, caller: Caller) -> str:
    return f"{_said(answer):{len(caller.column)}}"


def _said(answer: Answer) -> str:
    assert not answer.code or answer.status in FOLLOWS[answer.code], answer
    listed = {None: "", True: "+", False: "-"}[answer.shows if answer.status < 400 else None]
    return f"{answer.status}{CODES.get(answer.code, '')}{listed}"


def _other_ways(usual: Way, answers: Mapping[Question, Answer]) -> Iterator[str]:
    ways = dict.fromkeys(one.way for one in answers if one.way is not usual and not _only(one))
    for way in ways:
        found = [
            f"  {sample.title}: {caller.column} {_said(other)}, and not {_said(first)}"
            for sample in dict.fromkeys(one.sample for one in answers)
            for caller in SHOW_OTHERWISE
            if (other := answers.get(Question(sample, caller, PRIVATE, way)))
            and (first := answers.get(Question(sample, caller, PRIVATE, usual)))
            and _said(first) != _said(other)
        ]
        yield f"With {way.value} it is the same{' but for' if found else ''}"
        yield from found
        yield ""


def _only(question: Question) -> bool:
    return question.sample.only_way is not None
