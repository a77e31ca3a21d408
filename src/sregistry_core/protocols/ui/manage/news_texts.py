"""What was done, as a sentence."""

from pyramid.i18n import TranslationString

from sregistry_core.services.news import News

from ..texts import _

_SENTENCES = {
    "image.push": _("${actor} pushed an image to ${target}"),
    "image.delete": _("${actor} deleted an image of ${target}"),
    "manifest.push": _("${actor} pushed to ${target}"),
    "tag.move": _("${actor} moved the tag ${target}"),
    "tag.delete": _("${actor} deleted the tag ${target}"),
    "tag.freeze": _("${actor} froze the tag ${target}"),
    "tag.thaw": _("${actor} thawed the tag ${target}"),
    "container.delete": _("${actor} deleted the container ${target}"),
    "container.describe": _("${actor} described the container ${target}"),
    "container.freeze": _("${actor} froze the container ${target}"),
    "container.thaw": _("${actor} thawed the container ${target}"),
    "container.clean_up": _("${actor} deleted ${tags} tags and ${images} images of ${target}"),
    "collection.create": _("${actor} made the collection ${target}"),
    "collection.describe": _("${actor} described the collection ${target}"),
    "collection.hide": _("${actor} made ${target} private"),
    "collection.show": _("${actor} made ${target} public"),
    "collection.freeze": _("${actor} froze the collection ${target}"),
    "collection.thaw": _("${actor} thawed the collection ${target}"),
    "collection.rename": _("${actor} renamed ${former} to ${target}"),
    "collection.transfer": _("${actor} handed ${former} on as ${target}"),
    "collection.forget_name": _("${actor} let the former name ${former} lead nowhere"),
    "collection.signatures": _("${actor} changed whose signatures ${target} demands"),
    "collection.delete": _("${actor} deleted the collection ${target}"),
    "grant.give": _("${actor} gave a role on ${target}"),
    "grant.take": _("${actor} took a role on ${target} away"),
    "share.create": _("${actor} made a share link to ${target}"),
    "share.revoke": _("${actor} revoked a share link to ${target}"),
    "robot.create": _("${actor} made the robot ${target}"),
    "robot.change": _("${actor} changed the robot ${target}"),
    "robot.renew": _("${actor} gave the robot ${target} a new token"),
    "robot.revoke": _("${actor} revoked the tokens of the robot ${target}"),
    "robot.remove": _("${actor} removed the robot ${target}"),
    "publisher.add": _("${actor} trusts jobs elsewhere as ${target}"),
    "publisher.remove": _("${actor} trusts jobs elsewhere as ${target} no more"),
    "build.order": _("${actor} ordered a build of ${target}"),
    "build.succeeded": _("The build of ${target} has succeeded"),
    "build.failed": _("The build of ${target} has failed"),
    "build.cancelled": _("The build of ${target} was cancelled"),
    "build.lost": _("The build of ${target} is lost: its worker was killed"),
    "rebuild.schedule": _("${actor} has ${target} built anew by itself"),
    "rebuild.change": _("${actor} changed when ${target} is built anew"),
    "rebuild.remove": _("${actor} has ${target} built anew no more"),
    "rebuild.same": _("${target} was built anew, and is the same"),
    "rebuild.changed": _("${target} was built anew, and has changed: ${words}"),
    "rebuild.broken": _("${target} could not be built anew: ${words}"),
    "team.add_member": _("${actor} took you into the team ${target}"),
    "team.set_member": _("${actor} took you into the team ${target}"),
    "team.remove_member": _("${actor} took you out of the team ${target}"),
    "user.disable": _("${actor} disabled your account"),
    "user.enable": _("${actor} enabled your account"),
    "user.make_admin": _("${actor} made you an administrator"),
    "user.unmake_admin": _("${actor} made you an ordinary user"),
    "user.set_password": _("${actor} gave you another password"),
}
_OTHERWISE = _("${actor} did ${action} to ${target}")
_NOBODY = "somebody"


def sentence(news: News) -> TranslationString:
    """Give what was done as a sentence; an act without one is named as the log has it."""
    words = {key: str(value) for key, value in news.facts.items()}
    words |= {"actor": news.actor or _NOBODY, "target": news.target, "action": news.action}
    said: TranslationString = _SENTENCES.get(news.action, _OTHERWISE) % words
    return said
