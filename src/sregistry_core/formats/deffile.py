"""Taking a definition file's text apart for display: where it starts from, and its sections."""

import re
from dataclasses import dataclass, field

MOST_STAGES = 100
MOST_SECTIONS = 1000
MOST_HEADER_KEYS = 100

_SECTION = re.compile(r"%([A-Za-z]+)(.*)")
_HEADER = re.compile(r"\s*([A-Za-z][A-Za-z0-9_-]*)\s*:\s*(.*)")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a definition.

    name        without "%", small letters: "post", "appinstall"
    arguments   what stands behind the name: the app, or options such as "-c /bin/bash"
    text        the lines below, as they are
    """

    name: str
    arguments: str
    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a definition: a header and its sections.

    header   by key in small letters: "bootstrap", "from", "stage", "include"
    """

    header: dict[str, str] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()

    @property
    def bootstrap(self) -> str | None:
        """The kind of source, such as "docker"; None when it is not told."""
        return self.header.get("bootstrap")

    @property
    def origin(self) -> str | None:
        """The image this stage is built from; None when it is not told."""
        return self.header.get("from")


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition, stage by stage in the order of the text; most have one."""

    stages: tuple[Stage, ...]


def read_definition(text: str) -> Definition:
    """Read the headers and sections of a definition.

    Never refuses: what is no header and no section is passed over, for this is only for display.
    A line that starts with "bootstrap:" begins a stage, wherever it stands, as in the clients.
    """
    stages: list[list[str]] = [[]]
    for line in text.splitlines():
        starts_stage = line.lower().startswith("bootstrap:")
        # Header keys may stand before the first "bootstrap:"; they belong to its stage.
        if starts_stage and len(stages) < MOST_STAGES and _has_bootstrap(stages):
            stages.append([])
        stages[-1].append(line)
    return Definition(tuple(_read_stage(lines) for lines in stages if any(lines)))


def _has_bootstrap(stages: list[list[str]]) -> bool:
    return len(stages) > 1 or any(
        line.lower().startswith("bootstrap:") or line.startswith("%") for line in stages[0]
    )


def _read_stage(lines: list[str]) -> Stage:
    header: dict[str, str] = {}
    sections: list[Section] = []
    name: str | None = None
    arguments = ""
    body: list[str] = []
    for line in lines:
        # What is beyond the last section that is kept becomes part of its text.
        found = _SECTION.match(line) if len(sections) < MOST_SECTIONS - 1 else None
        if found:
            if name is not None:
                sections.append(_section(name, arguments, body))
            name, arguments, body = found[1].lower(), found[2].strip(), []
        elif name is not None:
            body.append(line)
        else:
            _read_header_line(line, header)
    if name is not None:
        sections.append(_section(name, arguments, body))
    return Stage(header=header, sections=tuple(sections))


def _section(name: str, arguments: str, body: list[str]) -> Section:
    return Section(name=name, arguments=arguments, text="\n".join(body).rstrip())


def _read_header_line(line: str, header: dict[str, str]) -> None:
    if line.lstrip().startswith("#") or len(header) >= MOST_HEADER_KEYS:
        return
    found = _HEADER.match(line)
    if found:
        value = re.split(r"\s#", found[2], maxsplit=1)[0].strip()
        header.setdefault(found[1].lower(), value)
