"""Reads an ini file: the sections of the application and of the server, inherited ones too."""

import logging.config
import os
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ParserError
from dataclasses import dataclass
from pathlib import Path

from paste.deploy.loadwsgi import APP, SERVER, loadcontext

from sregistry_core.environment import expand
from sregistry_core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class IniFile:
    """What one ini file says; variables in `server` are filled in, those in `app` are not yet."""

    path: Path
    app: Mapping[str, str]
    server: Mapping[str, str]

    @property
    def here(self) -> Path:
        """The directory where relative paths start."""
        return self.path.parent


def read_ini(path: Path, environ: Mapping[str, str] | None = None) -> IniFile:
    """Read `[app:main]` and `[server:main]`. Raises ConfigurationError in one line."""
    found = path.expanduser().absolute()
    if not found.is_file():
        raise ConfigurationError(f"the ini file {path} does not exist")
    try:
        app = loadcontext(APP, f"config:{found}", name="main").config()
        server = loadcontext(SERVER, f"config:{found}", name="main").config()
    except (LookupError, ParserError, OSError, ImportError, ValueError) as error:
        raise ConfigurationError(f"the ini file {path}: {_one_line(error)}") from error
    values = os.environ if environ is None else environ
    return IniFile(
        path=found,
        app=app,
        server={key: expand(server[key], values) for key in _own_keys(found, server)},
    )


def set_up_logging(ini: IniFile) -> None:
    """Log as the ini file says, if it says; else warnings and our own lines to stderr.

    Raises ConfigurationError when what it says cannot work.
    """
    parser = ConfigParser(interpolation=None)
    parser.read(ini.path)
    if parser.has_section("loggers"):
        _configure_logging(ini)
        return
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    logging.getLogger("sregistry_core").setLevel(logging.INFO)


def _configure_logging(ini: IniFile) -> None:
    try:
        logging.config.fileConfig(
            ini.path, defaults={"here": str(ini.here)}, disable_existing_loggers=False
        )
    except Exception as error:
        # It evaluates what the file says as Python, so that any error is possible.
        raise ConfigurationError(
            f"the ini file {ini.path}: its logging sections: {_one_line(error)}"
        ) from error


def _own_keys(path: Path, server: Mapping[str, str]) -> set[str]:
    """The keys of the section itself: those of [DEFAULT] are for all sections."""
    parser = ConfigParser(interpolation=None)
    parser.read(path)
    return set(server) - set(parser.defaults()) - {"here", "__file__"}


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
