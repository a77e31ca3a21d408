"""What a page says when something has been done: the sentence for the `done` of its address."""

from pyramid.request import Request

from .fields import query_field

NOTICES = {
    "revoked": "The token is revoked: it does not work any more.",
    # Collections and containers
    "collection-created": "The collection is made. Push the first image to it.",
    "collection-changed": "The settings are saved.",
    "collection-frozen": "The collection is frozen: nothing in it can be changed.",
    "collection-thawed": "The collection is thawed: it can be pushed to again.",
    "collection-renamed": "The collection has its new name. The old one leads to it.",
    "collection-transferred": "The collection has its new owner. The old name leads to it.",
    "collection-deleted": "The collection is deleted, with everything that was in it.",
    "name-forgotten": "The former name leads nowhere any more.",
    "container-changed": "The container is described.",
    "container-frozen": "The container is frozen: nothing in it can be changed.",
    "container-thawed": "The container is thawed: it can be pushed to again.",
    "container-deleted": "The container is deleted, with everything that was in it.",
    # Access
    "granted": "The role is given.",
    "grant-removed": "The role is taken away.",
    "share-revoked": "The link is revoked: it does not work any more.",
    # Tags and images
    "tag-set": "The tag is set.",
    "tag-frozen": "The tag is frozen: it does not move any more.",
    "tag-thawed": "The tag is thawed: it can be moved again.",
    "tag-deleted": "The tag is deleted. What it pointed at stays.",
    "cleaned-up": "What you chose is deleted.",
    # Teams
    "team-created": "The team is made, and you own it.",
    "team-changed": "The team is changed.",
    "team-deleted": "The team is deleted.",
    "member-changed": "The member has their role.",
    "member-removed": "The member is taken out of the team.",
    "joined": "You are in the team.",
    "left": "You have left the team.",
    "invitation-revoked": "The invitation is revoked: it does not work any more.",
    # Robots
    "robot-changed": "The robot is changed.",
    "robot-revoked": "Every token of the robot is revoked.",
    "robot-removed": "The robot is removed, with its tokens.",
    "publisher-added": "Jobs that fit are trusted from now on.",
    "publisher-removed": "These jobs are trusted no more, and their tokens have ended.",
    # The account
    "profile-changed": "Your profile is saved.",
    "password-changed": "Your password is changed, and every other session has ended.",
    "session-ended": "The session has ended.",
    "sessions-ended": "Every other session has ended.",
    "account-deleted": "Your account is deleted.",
    "news-seen": "Everything is marked as seen.",
}
"""By key; a key that is not here says nothing."""


def notice_of(request: Request) -> str | None:
    """Give the sentence that the address of a request asks for; None for an unknown key."""
    return NOTICES.get(query_field(request, "done"))
