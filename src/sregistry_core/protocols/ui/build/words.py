"""How builds are put into words: their states, how long they took, where they come from."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

from pyramid.config import Configurator
from pyramid.i18n import TranslationString

from sregistry_core.models import Build, BuildState
from sregistry_core.services.build_statement_text import without_secrets

from ..texts import _

STATES: Mapping[BuildState, TranslationString] = {
    BuildState.QUEUED: _("Waiting"),
    BuildState.RUNNING: _("Running"),
    BuildState.SUCCEEDED: _("Succeeded"),
    BuildState.FAILED: _("Failed"),
    BuildState.CANCELLED: _("Cancelled"),
    BuildState.LOST: _("Lost"),
}
SENTENCES: Mapping[BuildState, TranslationString] = {
    BuildState.QUEUED: _("The build waits for a worker."),
    BuildState.RUNNING: _("The build is running."),
    BuildState.SUCCEEDED: _("The build has succeeded: the image is here."),
    BuildState.FAILED: _("The build has failed: there is no image."),
    BuildState.CANCELLED: _("The build was cancelled."),
    BuildState.LOST: _("The build is lost: its worker was killed."),
}
_AFTER_THE_ENVIRONMENT = 999
_FILES = {
    "github.com": "{repository}/blob/{commit}/{path}",
    "gitlab.com": "{repository}/-/blob/{commit}/{path}",
    "codeberg.org": "{repository}/src/commit/{commit}/{path}",
    "bitbucket.org": "{repository}/src/{commit}/{path}",
}
"""Where the pages of a site show one file."""


def includeme(config: Configurator) -> None:
    """Let templates write them."""
    config.action(None, lambda: _set_up(config), order=_AFTER_THE_ENVIRONMENT)


def in_duration(seconds: float) -> str:
    """Give a time as `1 h 5 min`: its two largest units."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def took(build: Build) -> float | None:
    """Give how long a build has run, in seconds; None unless it has begun and ended."""
    begun, ended = build.started_at, build.ended_at
    return (ended - begun).total_seconds() if begun is not None and ended is not None else None


def source_links(source: Mapping[str, str]) -> Mapping[str, str]:
    """Give where a browser finds the repository and the recipe of a build, as far as known."""
    repository = without_secrets(source.get("repository", "")).removesuffix(".git").rstrip("/")
    if urlsplit(repository).scheme not in ("http", "https"):
        return {}
    links = {"repository": repository}
    commit, path = source.get("commit"), source.get("path")
    pattern = _FILES.get(urlsplit(repository).hostname or "")
    if pattern and commit and path:
        spelled = {"commit": quote(commit, safe=""), "path": quote(path)}
        links["path"] = pattern.format(repository=repository, **spelled)
    return links


def moment_of(build: Build) -> datetime:
    """Give when a build came to the state that it is in."""
    return build.ended_at or build.started_at or build.ordered_at


def _set_up(config: Configurator) -> None:
    filters = config.get_jinja2_environment().filters
    filters["in_duration"] = in_duration
    filters["took"] = took
