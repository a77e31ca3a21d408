"""The commands of docs/protocols/oci.md, so that tests run what people are told to type."""

import re
import shlex
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/protocols/oci.md"


def block(client: str) -> str:
    """Give the commands of one client, as they stand there, without the prompts."""
    section = (
        PAGE.read_text(encoding="utf-8").partition(f"\n### {client}\n")[2].partition("\n##")[0]
    )
    found = re.findall(
        r"^```(?:console|bash|python)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1, f"{len(found)} blocks below {client}"
    return re.sub(r"^\$ ", "", found[0], flags=re.MULTILINE)


def spelled(text: str, host: str, container: str = "") -> str:
    """Give commands for a registry of the tests, maybe for another container than the page's."""
    text = text.replace("https://registry.example.org", f"http://{host}")
    text = text.replace("registry.example.org", host)
    return text.replace("ada/lab/blast", container) if container else text


def commands(client: str, host: str) -> list[list[str]]:
    """Give the words of each command of a client; `< token` is one of them, as the last."""
    lines = spelled(block(client), host).splitlines()
    return [
        [*shlex.split(line.removesuffix(" < token")), *(["< token"] if "< token" in line else [])]
        for line in lines
    ]
