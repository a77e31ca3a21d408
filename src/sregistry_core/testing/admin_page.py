"""A page of docs/admin, whose settings and commands a test takes as they stand there.

    page = AdminPage(ROOT / "docs/admin/ldap.md", {"ldap.example.org": "127.0.0.1:10389"})
    registry = LiveRegistry(directory, settings=page.settings)
    shown = page.run(registry)

Settings stand in blocks marked `ini`; commands in blocks marked `console`, each after `$ `.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from configparser import RawConfigParser
from pathlib import Path

from .live import LiveRegistry

INI = "/etc/sregistry/production.ini"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class AdminPage:
    """One page, spelled for a test: `differing` says what stands for the places of the page."""

    def __init__(self, path: Path, differing: Mapping[str, str]):
        """Read the page. Longer places are replaced before shorter ones."""
        text = path.read_text(encoding="utf-8")
        for place in sorted(differing, key=len, reverse=True):
            assert place in text, f"{path.name} says nothing of {place}"
            text = text.replace(place, differing[place])
        self._blocks = _BLOCK.findall(text)

    @property
    def settings(self) -> dict[str, str]:
        """What the page puts into the ini file."""
        parser = RawConfigParser(delimiters=("=",))
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string("[page]\n" + "\n".join(self._of("ini")))
        return dict(parser["page"])

    @property
    def commands(self) -> list[str]:
        """What the page tells to type, without the prompts."""
        lines = "\n".join(self._of("console")).replace("\\\n", " ").splitlines()
        return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]

    def run(
        self, registry: LiveRegistry, *, environ: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Run every command of the page; what each has printed. None of them may fail."""
        programs = str(Path(sys.executable).parent)
        path = os.pathsep.join([programs, os.environ.get("PATH", os.defpath), "/usr/sbin"])
        shown = {}
        for command in self.commands:
            done = subprocess.run(  # noqa: S602 - commands of our own page
                command.replace(INI, str(registry.ini)),
                shell=True,
                executable="/bin/bash",
                cwd=registry.directory,
                env={**registry.environ, "PATH": path, **(environ or {})},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            said = f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
            assert done.returncode == 0, said
            shown[command] = done.stdout
        assert shown, "the page has no commands"
        return shown

    def _of(self, kind: str) -> list[str]:
        return [text for marked, text in self._blocks if marked == kind]
