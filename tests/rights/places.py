"""What a request is about: the words that fill the samples, for a caller and a name."""

from collections.abc import Mapping
from typing import Any

from sregistry_core.services import client_containers, downloads
from sregistry_core.testing.oci import digest_of

from .callers import Caller
from .worlds import COMING, HOME, IMAGE, KEY_TEXT, LAYER, NOBODYS, Worlds, sha256_of

NOT_AN_ID = "0123456789abcdef" * 2
"""An identifier that nothing has."""
NOT_A_TOKEN = "nobody0has0such0a0link"

Place = Mapping[str, str]


def place_of(worlds: Worlds, caller: Caller, *, at_home: bool = False) -> Place:
    """Give the names and identifiers of the thing that a caller asks for."""
    entity = HOME if at_home else "crew" if caller.is_of_team else "ada"
    things = worlds.things[entity]
    uploads = things.uploads[caller.user or "ada"]
    others = things.uploads["will" if caller.user == "ada" else "ada"]
    sign = worlds.registry.parts.facilities.signer.sign
    lifetime = worlds.registry.parts.settings.transfer_lifetime
    image = {"image": things.image_id}
    user = worlds.user_ids[caller.user] if caller.user else None
    return {
        **_same_for_all(worlds, caller),
        "entity": entity,
        "collection": "lab",
        "path": f"{entity}/lab/blast",
        "empty": "bay",
        "entity_id": things.entity_id,
        "collection_id": things.collection_id,
        "container_id": things.container_id,
        "image_id": things.image_id,
        "coming_id": things.coming_id,
        "manifest": things.manifest,
        "referrer": things.referrer,
        "share_number": things.share_number,
        "share_token": things.share_token,
        "hook_id": things.hook_id,
        "parts_id": uploads.parts_id,
        "blob_upload": uploads.blob_upload,
        "build_id": things.build_id,
        "ended_build_id": things.ended_build_id,
        "bring": uploads.bring,
        "cid": uploads.cid,
        "others_parts_id": others.parts_id,
        "others_blob_upload": others.blob_upload,
        "others_cid": others.cid,
        "take": sign(downloads.PURPOSE, {**image, "user": user}, lifetime),
        "take_shared": sign(
            downloads.PURPOSE, {**image, "share": int(things.share_number)}, lifetime
        ),
        "user": "ada",
        "user_token": worlds.spare_token,
        "team": "crew",
        "member": "tom",
    }


def place_of_nobody(worlds: Worlds, caller: Caller, *, at_home: bool = False) -> Place:
    """Give names and identifiers that nothing has, of the same kind and length."""
    there = place_of(worlds, caller, at_home=at_home)
    entity = NOBODYS[there["entity"]]
    collection = "gap" if at_home else "lab"
    sign = worlds.registry.parts.facilities.signer.sign
    lifetime = worlds.registry.parts.settings.transfer_lifetime
    user = worlds.user_ids[caller.user] if caller.user else None

    def begun(answer: str) -> str:
        """Give what would have been the answer to a push of such a name."""
        claims = worlds.registry.parts.facilities.signer.read(client_containers.PURPOSE, answer)
        spelled = {"container": NOT_AN_ID, "as_collection": f"{entity}/{collection}"}
        return str(sign(client_containers.PURPOSE, {**claims, **spelled}, lifetime))

    return {
        **there,
        "entity": entity,
        "collection": collection,
        "path": f"{entity}/{collection}/blast",
        **{key: NOT_AN_ID for key in there if key.endswith("_id")},
        "own_id": there["own_id"],
        "blob_upload": NOT_AN_ID,
        "others_blob_upload": NOT_AN_ID,
        "share_number": "9",
        "share_token": NOT_A_TOKEN,
        "hook_id": NOT_AN_ID,
        "cid": begun(there["cid"]),
        "others_cid": begun(there["others_cid"]),
        "take": sign(downloads.PURPOSE, {"image": NOT_AN_ID, "user": user}, lifetime),
        "take_shared": sign(downloads.PURPOSE, {"image": NOT_AN_ID, "share": 9}, lifetime),
        "user": "eve",
        "user_token": NOT_AN_ID,
        "team": "gang",
        "member": "eva",
    }


def filled(template: Any, place: Place) -> Any:
    """Fill the words in braces of a text, or of every text in a JSON value."""
    if isinstance(template, str):
        return template.format_map(place) if "{" in template else template
    if isinstance(template, Mapping):
        return {key: filled(value, place) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, place) for value in template]
    return template


def _same_for_all(worlds: Worlds, caller: Caller) -> Place:
    name = caller.user or "ada"
    return {
        "container": "blast",
        "digest": f"sha256:{sha256_of(IMAGE)}",
        "hash": f"sha256.{sha256_of(IMAGE)}",
        "coming_hash": f"sha256.{sha256_of(COMING)}",
        "coming_sha256": sha256_of(COMING),
        "context_address": worlds.context_address,
        "layer": digest_of(LAYER),
        "new_blob": digest_of(b"a new blob"),
        "own": f"{name}/box/mine",
        "own_id": worlds.own_containers[name],
        "me": name,
        "my_token": worlds.credentials.tokens.get(caller.credentials_of, "none"),
        "home": HOME,
        "key": KEY_TEXT,
        "label": "tells-of-itself",
    }
