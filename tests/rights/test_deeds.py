"""The same deed takes the same right, whichever protocol it is done by; the page says which."""

from pathlib import Path

import pytest

from .asking import TO_SIGN_IN, Question
from .callers import (
    ADMINISTRATOR,
    ADMINISTRATOR_PULLS,
    ANONYMOUS,
    CALLERS,
    DISABLED,
    EXPIRED,
    MEMBER,
    OWNER,
    OWNER_PULLS,
    OWNER_PUSHES,
    READER,
    STRANGER,
    TEAM_OWNER,
    TEAM_OWNER_PULLS,
    WRITER,
    Way,
)
from .lines import LINES, USUAL_WAYS, WAYS
from .samples import Deed
from .tables import require_same
from .worlds import PRIVATE, PUBLIC

PAGE = Path(__file__).parents[2] / "docs/admin/rights.md"
BEGIN, END = "<!-- written by tests/rights -->\n", "<!-- end -->\n"
ALIVE = [one for one in CALLERS if one not in (EXPIRED, DISABLED)]
NOT_BY_A_LOGIN = (Deed.PUBLIC, Deed.ADDRESS, Deed.OTHER)
COLUMNS = {
    "nobody": ANONYMOUS,
    "any user": STRANGER,
    "reader": READER,
    "writer": WRITER,
    "team member": MEMBER,
    "owner": OWNER,
    "team owner": TEAM_OWNER,
    "administrator": ADMINISTRATOR,
}


def questions(deed, caller, world=PRIVATE):
    """Every line of a deed, as one caller asks it."""
    for protocol, samples in LINES.items():
        usual = WAYS.get(protocol, USUAL_WAYS)[0]
        # Pages take no token.
        if usual is Way.COOKIE and caller.only in ("pull", "push"):
            continue
        for sample in (one for one in samples if one.deed is deed):
            yield protocol, Question(sample, caller, world, sample.only_way or usual)


def is_let_through(answer):
    """True also for what only the state of things is against."""
    return answer.status == 409 or (answer.status < 400 and answer.code != TO_SIGN_IN)


@pytest.fixture(scope="module")
def may(answers_of):
    """Tells whether a caller may do a deed; every line must agree."""

    def tell(deed, caller, world=PRIVATE):
        told = {
            question.sample.title: is_let_through(answers_of(protocol)[question])
            for protocol, question in questions(deed, caller, world)
        }
        assert len(set(told.values())) == 1, (caller.column, told)
        return next(iter(told.values()))

    return tell


@pytest.mark.parametrize("deed", [one for one in Deed if one is not Deed.OTHER], ids=str)
def test_every_way_of_doing_it_takes_the_same_right(deed, may):
    # Where no right is needed, some routes look at no token, and others refuse a bad one.
    for caller in ALIVE if deed in (Deed.PUBLIC, Deed.ADDRESS) else CALLERS:
        may(deed, caller)


@pytest.mark.parametrize("deed", [one for one in Deed if one not in NOT_BY_A_LOGIN], ids=str)
def test_nothing_is_done_by_a_token_that_expired_or_an_account_that_is_disabled(deed, may):
    assert not may(deed, EXPIRED)
    assert not may(deed, DISABLED)


def test_everybody_sees_what_is_public_and_nobody_does_more_there(may):
    for caller in ALIVE:
        assert may(Deed.LOOK, caller, PUBLIC)
        for deed in (Deed.PUSH, Deed.REMOVE, Deed.MANAGE, Deed.CREATE):
            assert may(deed, caller, PUBLIC) == may(deed, caller)


def test_the_page_for_administrators_says_who_may_do_what(may):
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)

    require_same(PAGE, f"{before}{BEGIN}{''.join(table(may))}{END}{after}")


def table(may):
    yield f"| | {' | '.join(COLUMNS)} | token for |\n"
    yield f"|---|{'---|' * (len(COLUMNS) + 1)}\n"
    for deed in (one for one in Deed if one is not Deed.OTHER):
        cells = ["yes" if may(deed, caller) else "" for caller in COLUMNS.values()]
        yield f"| {deed} | {' | '.join(cells)} | {scope(deed, may, cells)} |\n"


def scope(deed, may, cells):
    """What a token must be for: the least one that lets through who has the right."""
    if cells[0]:
        return "none is needed"
    if any(may(deed, one) for one in (OWNER_PULLS, TEAM_OWNER_PULLS, ADMINISTRATOR_PULLS)):
        return "pull"
    return "push" if may(deed, OWNER_PUSHES) else "admin"
