"""Who is a person among the callers."""

from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope
from sregistry_core.errors import LoginRequired, NotAllowed
from sregistry_core.models import User

from .access import Access


def person_of(db: Session, access: Access) -> User:
    """Give the caller's account. Raises unless it is a person, with all of their rights."""
    user_id = access.caller.user_id
    user = db.get(User, user_id) if user_id is not None else None
    if user is None:
        raise LoginRequired("you are not logged in")
    if user.robot_id is not None or not access.has(Scope.ADMIN):
        raise NotAllowed("only people join teams, with all of their rights")
    return user
