"""What the ini file says of the groups of a login: teams, administrators, who may come in."""

from dataclasses import dataclass
from datetime import timedelta

from sregistry_core.contracts import ConfigurationError, Login, PluginSettings, Subject
from sregistry_core.errors import Malformed
from sregistry_core.names import parse_new_entity_name

_SHORTEST = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class LoginRules:
    """From groups, as one way to log in spells them, to what their members are here."""

    team_of: tuple[tuple[str, str], ...] = ()
    """Pairs of a group and the team that its members are in."""
    administrators: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()
    """Only members of one of these come in; without any, everybody does."""
    refresh: timedelta | None = None
    """How often everybody is asked for anew; None where the way to log in cannot be asked."""

    @property
    def teams(self) -> frozenset[str]:
        """Every team that follows a group."""
        return frozenset(team for _, team in self.team_of)

    def lets_in(self, subject: Subject) -> bool:
        """True when they may come in at all."""
        return not self.allow or bool(self.allow & subject.groups)

    def teams_for(self, subject: Subject) -> frozenset[str]:
        """The teams that they are in."""
        return frozenset(team for group, team in self.team_of if group in subject.groups)

    def administers(self, subject: Subject) -> bool:
        """True when they are an administrator."""
        return bool(self.administrators & subject.groups)


def read_login_rules(section: PluginSettings, login: Login) -> LoginRules:
    """Read `NAME.teams`, `NAME.administrators`, `NAME.allow` and `NAME.refresh`.

    Raises ConfigurationError naming the line that is wrong.
    """
    return LoginRules(
        team_of=tuple(
            _team_line(section, login, line) for line in section.lines("teams", default="")
        ),
        administrators=_groups(section, login, "administrators"),
        allow=_groups(section, login, "allow"),
        refresh=_refresh(section) if login.can_refresh else None,
    )


def _team_line(section: PluginSettings, login: Login, line: str) -> tuple[str, str]:
    team, colon, group = (part.strip() for part in line.partition(":"))
    if not colon or not group:
        raise ConfigurationError(f"{section.name}.teams: {line} is not TEAM: GROUP")
    try:
        return login.group_named(group), parse_new_entity_name(team)
    except Malformed as error:
        raise ConfigurationError(f"{section.name}.teams: {error}") from error


def _groups(section: PluginSettings, login: Login, key: str) -> frozenset[str]:
    return frozenset(login.group_named(line) for line in section.lines(key, default=""))


def _refresh(section: PluginSettings) -> timedelta:
    refresh = section.duration("refresh", "5m")
    if refresh < _SHORTEST:
        raise ConfigurationError(f"{section.name}.refresh is shorter than 10s")
    return refresh
