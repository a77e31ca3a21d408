"""Texts for people: marked with `_`, and shown in the language that the browser asks for.

Texts stand in the code in English. A catalogue is a file `LANGUAGE/LC_MESSAGES/sregistry.po`, ours
in the folder `locale`, a site's own in a folder that its ini file names; it is read at the start,
and nothing has to be compiled.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from pyramid.config import Configurator
from pyramid.i18n import Localizer, Translations, TranslationString, TranslationStringFactory
from pyramid.interfaces import ILocalizer
from pyramid.request import Request
from pyramid.threadlocal import get_current_request

from sregistry_core.errors import ConfigurationError

DOMAIN = "sregistry"
ENGLISH = "en"
_: Callable[..., str] = TranslationStringFactory(DOMAIN)
"""Marks a text in Python: `_("${size} are free", mapping={"size": "3 GiB"})`."""
_FILE = f"LC_MESSAGES/{DOMAIN}.po"
_AFTER_THE_ENVIRONMENT = 999


@dataclass(frozen=True, slots=True)
class Language:
    """A language that pages can be shown in.

    name       as Python and gettext write it: `pt_BR`
    tag        as HTML and HTTP write it: `pt-BR`
    direction  `ltr` or `rtl`
    """

    name: str
    tag: str
    direction: str


def includeme(config: Configurator) -> None:
    """Read the catalogues, and let templates and requests know the languages."""
    settings = config.registry["facilities"].settings
    catalogues = read_catalogues(settings.locale_directory)
    languages = {ENGLISH: language_called(ENGLISH)}
    for name, found in catalogues.items():
        languages[name] = language_called(name)
        config.registry.registerUtility(Localizer(name, _merged(found)), ILocalizer, name=name)
    usual = language_called(settings.language)
    if usual.name not in languages:
        known = ", ".join(sorted(languages))
        raise ConfigurationError(
            f"sregistry.language = {settings.language} has no catalogue (there are: {known})"
        )
    config.registry["ui_languages"] = {"usual": usual, "by_tag": _by_tag(languages.values())}
    config.set_locale_negotiator(lambda request: language_of(request).name)
    config.add_request_method(_language, "language", reify=True)
    config.add_settings({"jinja2.i18n.domain": DOMAIN, "jinja2.finalize": in_words})
    config.action(None, lambda: _set_up_templates(config), order=_AFTER_THE_ENVIRONMENT)


def in_words(value: Any) -> Any:
    """Give a text of Python in the language of the request; anything else as it is."""
    if not isinstance(value, TranslationString):
        return value
    request = get_current_request()
    return value.interpolate() if request is None else request.localizer.translate(value)


def in_day(moment: date) -> str:
    """Give the day of a moment, in UTC, as the language of the request writes it."""
    request = get_current_request()
    name = ENGLISH if request is None else language_of(request).name
    return _day_in(moment.date() if isinstance(moment, datetime) else moment, name)


@lru_cache(maxsize=10_000)
def _day_in(day: date, language: str) -> str:
    return str(format_date(day, "d MMM y" if language == ENGLISH else "medium", locale=language))


def language_of(request: Request) -> Language:
    """Give the language of a request's pages."""
    language: Language = request.language
    return language


def language_called(name: str) -> Language:
    """Give a language by its name or its tag. Raises ConfigurationError when there is none."""
    try:
        locale = Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise ConfigurationError(f"{name} is no language such as de or pt_BR") from error
    return Language(str(locale), str(locale).replace("_", "-"), locale.text_direction)


def read_catalogues(of_site: Path | None) -> dict[str, list[Catalog]]:
    """Give the catalogues of every language there is, ours before the site's.

    Raises ConfigurationError with one line for a catalogue that cannot be used.
    """
    found: dict[str, list[Catalog]] = {}
    for name, catalogue in (*_shipped(), *(_catalogues_in(of_site) if of_site else ())):
        found.setdefault(name, []).append(catalogue)
    return found


@cache
def _shipped() -> tuple[tuple[str, Catalog], ...]:
    return tuple(_catalogues_in(files("sregistry_core.protocols.ui") / "locale"))


def _catalogues_in(folder: Traversable) -> Iterator[tuple[str, Catalog]]:
    for place in _languages_in(folder):
        yield language_called(place.name).name, _read(place / _FILE)


def _languages_in(folder: Traversable) -> list[Traversable]:
    try:
        return sorted(
            (one for one in folder.iterdir() if (one / _FILE).is_file()), key=lambda one: one.name
        )
    except OSError as error:
        raise ConfigurationError(
            f"sregistry.locale_directory = {folder} cannot be read: {error.strerror}"
        ) from error


def _read(path: Traversable) -> Catalog:
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, domain=DOMAIN, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError, OSError) as error:
        raise ConfigurationError(f"the catalogue {path} cannot be read: {error}") from error
    for message, problems in catalogue.check():
        # A page would fail where `%(name)s` has become another name.
        raise ConfigurationError(f"the catalogue {path}: {message.id!r}: {problems[0]}")
    return catalogue


def _merged(catalogues: Iterable[Catalog]) -> Translations:
    merged: Translations | None = None
    for catalogue in catalogues:
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        one = Translations(compiled, DOMAIN)
        merged = one if merged is None else merged.merge(one)
    return merged


def _by_tag(languages: Iterable[Language]) -> Mapping[str, Language]:
    return {language.tag: language for language in languages}


def _language(request: Request) -> Language:
    languages = request.registry["ui_languages"]
    by_tag, usual = languages["by_tag"], languages["usual"]
    found: Language = by_tag[request.accept_language.lookup([*by_tag], default_tag=usual.tag)]
    return found


def _set_up_templates(config: Configurator) -> None:
    environment = config.get_jinja2_environment()
    # As the catalogues are made: a sentence may stand on several lines of a template.
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters["in_day"] = in_day
