"""Images for the tests of signatures, and what the registry makes of them."""

import struct

from sregistry_core.models import Image, ImageSignature
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import GENERIC, SifObject, make_sif
from sregistry_core.testing.signed_sif import sign_sif

KEY, OTHER = Key.make("Ada <ada@example.org>"), Key.make("Eve <eve@example.org>")
UNKNOWN = Key.make("Nobody <nobody@example.org>")
PLAIN = make_sif(labels={"a": "b"})
SIGNED = sign_sif(PLAIN, KEY)
GROUPS = make_sif(extra_objects=[SifObject(GENERIC, b"data", group=2)])


def with_number(image, place, kind, value):
    """Write another number into an image."""
    file = bytearray(image)
    struct.pack_into(kind, file, place, value)
    return bytes(file)


def add_keys(registry, *keys):
    """Let the registry hold some keys."""
    with registry.parts.unit()() as services:
        for key in keys:
            services.keys.add(key.public.encode())


def found(registry):
    """Give what is kept of the only image: its worth, and the state and reason of signatures."""
    with registry.parts.unit()() as services:
        image = services.db.query(Image).one()
        rows = services.db.query(ImageSignature).order_by(ImageSignature.object_id).all()
        return image.verification, [(row.state.value, row.reason) for row in rows]


def worth(registry, ada, image, *keys):
    """Push an image to a registry that holds some keys, and give what it makes of it."""
    add_keys(registry, *keys)
    ada.push("ada/lab/blast:1", image)
    registry.run_jobs()
    return found(registry)
