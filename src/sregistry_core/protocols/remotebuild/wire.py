"""Between our words and the JSON of the build client.

Its decoder is as strict as that of the library client: one wrong type makes the command fail.
"""

import base64
import binascii
import posixpath
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from sregistry_core.digests import Digest
from sregistry_core.errors import Malformed
from sregistry_core.formats.definition_files import CopiedFiles
from sregistry_core.models import Build
from sregistry_core.names import USUAL_ARCHITECTURE, ImageName
from sregistry_core.services.access import name_of
from sregistry_core.services.builds import ENDS
from sregistry_core.web.forms import Form

_SCHEME = "library:"


def build_json(build: Build, public_url: str) -> dict[str, Any]:
    """A build. `imageSize` is 0 while there is no image: that is how a client knows a failure."""
    said: dict[str, Any] = {
        "id": build.id,
        "isComplete": build.state in ENDS,
        "imageSize": build.image_size or 0,
        "libraryRef": f"library://{name_of(build.collection)}/{build.container}:{build.tag}",
        "libraryURL": public_url,
        "submitTime": build.ordered_at.isoformat(),
    }
    if build.image_digest is not None:
        said["imageChecksum"] = Digest.parse(build.image_digest).library
    # Clients before SingularityCE 3.10 read times, and no null.
    if build.started_at is not None:
        said["startTime"] = build.started_at.isoformat()
    if build.ended_at is not None:
        said["completeTime"] = build.ended_at.isoformat()
    return said


def definition_json(files: Iterable[CopiedFiles]) -> dict[str, Any]:
    """A definition, as far as a client asks for it: to know which files it has to send."""
    return {
        "buildData": {
            "files": [
                {
                    "args": section.arguments,
                    "files": [
                        {"source": source, "destination": destination}
                        for source, destination in section.pairs
                    ],
                }
                for section in files
            ]
        }
    }


def read_definition_file(form: Form) -> str:
    """Read the definition of an order. Raises Malformed."""
    if "definitionRaw" not in form and "definition" in form:
        raise Malformed("this client is too old: it sends no definition file")
    try:
        return base64.b64decode(form.text("definitionRaw"), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Malformed("definitionRaw is no base64 of a text in UTF-8") from error


def read_arch(form: Form) -> str:
    """Read the architecture that is asked for; amd64 when the client does not say."""
    required = form.get("builderRequirements")
    if not isinstance(required, dict):
        return USUAL_ARCHITECTURE
    return Form(required).text("arch", "") or USUAL_ARCHITECTURE


def read_working_directory(form: Form) -> str:
    """Read where the client was started; the root when it does not say."""
    said = form.text("workingDir", "") or "/"
    if not posixpath.isabs(said) or len(said) > 4096 or not said.isprintable():
        raise Malformed("workingDir is no absolute path")
    return said


def read_reference(form: Form, *, home: str, public_url: str) -> ImageName | None:
    """Read where the image goes; None when the client leaves it to us.

    Raises Malformed for another registry's name.
    """
    said = form.text("libraryRef", "")
    path = said.removeprefix(_SCHEME)
    if not path:
        return None
    if path.startswith("//"):
        path = path.removeprefix("//")
        host, _, rest = path.partition("/")
        if rest.partition("@")[0].count("/") == 2:
            if host and host.lower() != urlsplit(public_url).netloc.lower():
                raise Malformed(f"{host[:200]} is another registry: nothing is built for it here")
            path = rest
    return ImageName.parse(path.strip("/"), home=home)
