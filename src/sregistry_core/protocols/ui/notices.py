"""What a page says when something has been done: the sentence for the `done` of its address."""

from pyramid.request import Request

from .fields import query_field
from .texts import _

NOTICES = {
    "revoked": _("The token is revoked: it does not work any more."),
    # Collections and containers
    "collection-created": _("The collection is made. Push the first image to it."),
    "collection-changed": _("The settings are saved."),
    "collection-frozen": _("The collection is frozen: nothing in it can be changed."),
    "collection-thawed": _("The collection is thawed: it can be pushed to again."),
    "collection-renamed": _("The collection has its new name. The old one leads to it."),
    "collection-transferred": _("The collection has its new owner. The old name leads to it."),
    "collection-deleted": _("The collection is deleted, with everything that was in it."),
    "name-forgotten": _("The former name leads nowhere any more."),
    "container-changed": _("The container is described."),
    "container-frozen": _("The container is frozen: nothing in it can be changed."),
    "container-thawed": _("The container is thawed: it can be pushed to again."),
    "container-deleted": _("The container is deleted, with everything that was in it."),
    # Access
    "granted": _("The role is given."),
    "grant-removed": _("The role is taken away."),
    "share-revoked": _("The link is revoked: it does not work any more."),
    # Tags and images
    "tag-set": _("The tag is set."),
    "tag-frozen": _("The tag is frozen: it does not move any more."),
    "tag-thawed": _("The tag is thawed: it can be moved again."),
    "tag-deleted": _("The tag is deleted. What it pointed at stays."),
    "cleaned-up": _("What you chose is deleted."),
    # Builds
    "build-ordered": _("The build is ordered."),
    "build-cancelled": _("The build is being ended."),
    "rebuild-set": _("The image will be built anew by itself."),
    "rebuild-now": _("The image is being built anew. Look again in a while."),
    "rebuild-remove": _("The image is not built anew by itself any more. What was built stays."),
    "uploaded": _("The image is uploaded. What it says of itself is shown here in a moment."),
    # Teams
    "team-created": _("The team is made, and you own it."),
    "team-changed": _("The team is changed."),
    "team-deleted": _("The team is deleted."),
    "member-changed": _("The member has their role."),
    "member-removed": _("The member is taken out of the team."),
    "joined": _("You are in the team."),
    "left": _("You have left the team."),
    "invitation-revoked": _("The invitation is revoked: it does not work any more."),
    # Robots
    "robot-changed": _("The robot is changed."),
    "robot-revoked": _("Every token of the robot is revoked."),
    "robot-removed": _("The robot is removed, with its tokens."),
    "publisher-added": _("Jobs that fit are trusted from now on."),
    "publisher-removed": _("These jobs are trusted no more, and their tokens have ended."),
    "repository-changed": _("The connection is saved, and the repository will be looked at."),
    "repository-look": _("The repository will be looked at."),
    "repository-key": _("There is another deploy key: the repository must be told it."),
    "repository-disconnect": _("The repository is disconnected."),
    # The account
    "profile-changed": _("Your profile is saved."),
    "password-changed": _("Your password is changed, and every other session has ended."),
    "session-ended": _("The session has ended."),
    "sessions-ended": _("Every other session has ended."),
    "account-deleted": _("Your account is deleted."),
    "news-seen": _("Everything is marked as seen."),
}
"""By key; a key that is not here says nothing."""


def notice_of(request: Request) -> str | None:
    """Give the sentence that the address of a request asks for; None for an unknown key."""
    return NOTICES.get(query_field(request, "done"))
