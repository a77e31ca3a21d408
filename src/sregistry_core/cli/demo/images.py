"""Makes the image files: real SIF, small, with all that pages show; they cannot be run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sregistry_core.formats.openpgp_keys import SigningKey
from sregistry_core.formats.sif_signer import sign
from sregistry_core.formats.sif_writer import (
    DEFINITION,
    PARTITION,
    PRIMARY,
    SQUASHFS,
    SifObject,
    inspect_metadata_object,
    partition_extra,
    sbom_object,
    write_sif,
)

from .catalogue import Ware

_FIRST_BUILD = datetime(2025, 1, 1, 3, 0, tzinfo=UTC)
"""Builds are dated from here and not from today, so that a seed gives the same bytes for ever."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of the demo, which the registry knows, and one that nobody has."""

    demo: SigningKey
    claimed: SigningKey

    @classmethod
    def make(cls) -> "Keys":
        """Make both. They are new each time: no secret key lies around."""
        return cls(
            SigningKey.make("Demo of the registry <demo@example.org>"),
            SigningKey.make("Somebody else <somebody@example.org>"),
        )


def make_image(ware: Ware, number: int, arch: str, *, seed: int, keys: Keys) -> bytes:
    """Give the bytes of one image of a ware; `number` is that of its version, from 0."""
    random = Random(f"{seed}/{ware.name}/{ware.source}/{number}/{arch}")  # noqa: S311 - no secret
    built = _FIRST_BUILD + timedelta(days=7 * number, minutes=random.randrange(600))
    definition = _definition(ware, number)
    objects = [
        SifObject(DEFINITION, definition.encode()),
        inspect_metadata_object(_attributes(ware, number, arch, built, definition)),
        SifObject(
            PARTITION,
            random.randbytes(random.randint(*ware.sizes) * 1024),
            name="root.fs",
            extra=partition_extra(SQUASHFS, PRIMARY, arch),
        ),
    ]
    if ware.with_sbom:
        objects.append(sbom_object(_sbom(ware, number), "cyclonedx-json"))
    image = write_sif(objects, arch=arch, created=int(built.timestamp()))
    if not ware.signed:
        return image
    key = keys.demo if ware.signed == "demo" else keys.claimed
    return sign(image, key.clear_signed, key.fingerprint)


def _definition(ware: Ware, number: int) -> str:
    version = ware.versions[number]
    packages = " \\\n        ".join(ware.packages)
    return f"""Bootstrap: docker
From: {ware.source}

%labels
    org.opencontainers.image.title {ware.name}
    org.opencontainers.image.version {version}

%environment
    export LC_ALL=C.UTF-8
    export PATH=/opt/{ware.name}/bin:$PATH

%post
    # Everything in one layer, and nothing left behind.
    set -eu
    install_packages \\
        {packages}
    rm -rf /var/cache/*

%runscript
    exec {ware.name} "$@"

%test
    {ware.name} --version | grep {version}

%help
    {ware.name} {version}: {ware.description.split(".")[0] or "no description yet"}.
    Bind your data to /data, and name the input there.
"""


def _attributes(
    ware: Ware, number: int, arch: str, built: datetime, definition: str
) -> Mapping[str, Any]:
    version = ware.versions[number]
    return {
        "labels": {
            "org.label-schema.build-arch": arch,
            "org.label-schema.build-date": f"{built:%A_%-d_%B_%Y_%H:%M:%S_UTC}",
            "org.label-schema.schema-version": "1.0",
            "org.label-schema.usage.apptainer.version": "1.4.0",
            "org.opencontainers.image.title": ware.name,
            "org.opencontainers.image.version": version,
            **dict(ware.labels),
        },
        "environment": {
            "/.singularity.d/env/90-environment.sh": "#!/bin/sh\nexport LC_ALL=C.UTF-8\n"
            f"export PATH=/opt/{ware.name}/bin:$PATH\n"
        },
        "runscript": f'#!/bin/sh\n\nexec {ware.name} "$@"\n',
        "test": f"#!/bin/sh\n\n{ware.name} --version | grep {version}\n",
        "helpfile": f"{ware.name} {version}\n\nBind your data to /data.\n",
        "deffile": definition,
        "apps": {
            app: {
                "runscript": f'#!/bin/sh\n\nexec {app} "$@"\n',
                "labels": {"version": version},
                "helpfile": f"Runs {app} alone.\n",
            }
            for app in ware.apps
        },
    }


def _sbom(ware: Ware, number: int) -> bytes:
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [
            {"type": "library", "name": name, "version": f"{number + 1}.{place}.0"}
            for place, name in enumerate((*ware.packages, "libc6", "zlib1g", "openssl"))
        ],
    }
    return json.dumps(document).encode()
