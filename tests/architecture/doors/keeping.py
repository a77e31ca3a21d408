"""Doors of services that keep bytes: uploads, blobs, manifests, signatures, garbage."""

import io
from functools import partial

from sregistry_core.models import Container
from sregistry_core.services.manifest_reference import Reference
from sregistry_core.storage.blob_store import Place

from .kinds import (
    AFTER_ANOTHER,
    AFTER_BEGIN,
    BLAST,
    FUTURE,
    KEY,
    NAME,
    Refuses,
    RefusesAllButTheSystem,
    ShowsNothing,
    Unguarded,
)

DOORS = {
    "uploads.announce": Refuses(lambda s, t: s.uploads.announce(t.blast, t.digest)),
    "uploads.begin": Refuses(lambda s, t: s.uploads.begin(t.image.id, size=1)),
    "uploads.begin_parts": Refuses(lambda s, t: s.uploads.begin_parts(t.image.id, size=1)),
    "uploads.part_address": Refuses(
        lambda s, t: s.uploads.part_address(t.image.id, t.upload.id, 1)
    ),
    "uploads.receive": Unguarded("its address is signed, and was given out by a guarded door"),
    "uploads.finish": Refuses(lambda s, t: s.uploads.finish(t.image.id)),
    "uploads.finish_parts": Refuses(
        lambda s, t: s.uploads.finish_parts(t.image.id, t.upload.id, [])
    ),
    "uploads.abort": Refuses(lambda s, t: s.uploads.abort(t.image.id, t.upload.id)),
    "uploads.receive_unannounced": Refuses(
        lambda s, t: s.uploads.receive_unannounced(
            partial(s.db.get, Container, t.blast.id), io.BytesIO(t.content), size=None
        )
    ),
    "uploads.receive_whole": Refuses(
        lambda s, t: s.uploads.receive_whole(t.image.id, io.BytesIO(t.content), size=None)
    ),
    "downloads.open": Refuses(lambda s, t: s.downloads.open(t.image)),
    "downloads.address": Refuses(lambda s, t: s.downloads.address(t.image)),
    "downloads.address_of_share": Unguarded("the token of the link is the permission"),
    "downloads.open_share": Unguarded("the token of the link is the permission"),
    "downloads.redeem": Unguarded("its address is signed; for whom it was, is asked again"),
    "downloads.read": AFTER_ANOTHER,
    "downloads.count": AFTER_ANOTHER,
    "upload_pieces.begin": Refuses(lambda s, t: s.upload_pieces.begin(NAME, size=1)),
    "upload_pieces.find": AFTER_BEGIN,
    "upload_pieces.append": AFTER_BEGIN,
    "upload_pieces.finish": AFTER_BEGIN,
    "upload_pieces.cancel": AFTER_BEGIN,
    "summaries.container": RefusesAllButTheSystem(
        lambda s, t: s.summaries.container(container=t.blast.id, collection=t.lab.id)
    ),
    "summaries.collection": RefusesAllButTheSystem(
        lambda s, t: s.summaries.collection(collection=t.lab.id)
    ),
    "summaries.some_containers": RefusesAllButTheSystem(
        lambda s, t: s.summaries.some_containers(after="", limit=1)
    ),
    "summaries.some_collections": RefusesAllButTheSystem(
        lambda s, t: s.summaries.some_collections(after="", limit=1)
    ),
    "summaries.add_pulls": RefusesAllButTheSystem(lambda s, t: s.summaries.add_pulls({})),
    "inspecting.run": RefusesAllButTheSystem(lambda s, t: s.inspecting.run(image=t.image.id)),
    "inspecting.run_several": RefusesAllButTheSystem(
        lambda s, t: s.inspecting.run_several([t.image.id])
    ),
    "claims.run": RefusesAllButTheSystem(
        lambda s, t: s.claims.run(upload=t.upload.id, blob=t.blob.id)
    ),
    "keys.add": Refuses(lambda s, t: s.keys.add(KEY.public.encode())),
    "keys.find": Unguarded("keys are for everybody, unless the whole registry is private"),
    "keys.names_of": Unguarded("keys are for everybody, unless the whole registry is private"),
    "keys.remove": Refuses(lambda s, t: s.keys.remove(KEY.fingerprint)),
    "verification.of": Refuses(lambda s, t: s.verification.of(t.image)),
    "verification.signers_of": ShowsNothing(lambda s, t: s.verification.signers_of([t.image])),
    "verification.run": RefusesAllButTheSystem(lambda s, t: s.verification.run(image=t.image.id)),
    "verification.inspected": RefusesAllButTheSystem(
        lambda s, t: s.verification.inspected(image=t.image.id)
    ),
    "verification.key_changed": RefusesAllButTheSystem(
        lambda s, t: s.verification.key_changed(fingerprint="A" * 40)
    ),
    "verification.time_passed": RefusesAllButTheSystem(lambda s, t: s.verification.time_passed()),
    "verification.verdict": AFTER_ANOTHER,
    "verification.keep": AFTER_ANOTHER,
    "verification.copy": AFTER_ANOTHER,
    "signers.of": Refuses(lambda s, t: s.signers.of(t.lab)),
    "signers.of_several": ShowsNothing(lambda s, t: s.signers.of_several([t.empty])),
    "signers.change": Refuses(lambda s, t: s.signers.change(t.lab, require_signed=True)),
    "signers.require": Refuses(lambda s, t: s.signers.require(t.lab)),
    "signers.demand_nothing": Refuses(lambda s, t: s.signers.demand_nothing(t.lab)),
    "repositories.find": Refuses(lambda s, t: s.repositories.find(BLAST)),
    "repositories.for_push": Refuses(lambda s, t: s.repositories.for_push(BLAST)),
    "repositories.readable": ShowsNothing(lambda s, t: s.repositories.readable(BLAST)),
    "repositories.tags": Refuses(lambda s, t: s.repositories.tags(t.blast, limit=1)),
    "repositories.names": ShowsNothing(lambda s, t: s.repositories.names(limit=1)),
    "blobs.open": Refuses(lambda s, t: s.blobs.open(t.blast, t.content_digest)),
    "blobs.glimpse": ShowsNothing(lambda s, t: s.blobs.glimpse(BLAST, t.content_digest)),
    "blobs.mount": Refuses(lambda s, t: s.blobs.mount(t.blast, t.content_digest, None)),
    "blobs.delete": Refuses(lambda s, t: s.blobs.delete(t.blast, t.content_digest)),
    "blob_uploads.begin": Refuses(lambda s, t: s.blob_uploads.begin(t.blast)),
    "blob_uploads.find": Refuses(lambda s, t: s.blob_uploads.find(t.blast, t.blob_upload.id)),
    "blob_uploads.append": Refuses(
        lambda s, t: s.blob_uploads.append(
            t.blast, t.blob_upload.id, io.BytesIO(t.content), chunk=None
        )
    ),
    "blob_uploads.finish": Refuses(
        lambda s, t: s.blob_uploads.finish(
            t.blast, t.blob_upload.id, t.content_digest, io.BytesIO(t.content), chunk=None
        )
    ),
    "blob_uploads.receive": Refuses(
        lambda s, t: s.blob_uploads.receive(
            lambda: s.db.get(Container, t.blast.id), t.content_digest, io.BytesIO(t.content)
        )
    ),
    "blob_uploads.cancel": Refuses(lambda s, t: s.blob_uploads.cancel(t.blast, t.blob_upload.id)),
    "manifests.find": Refuses(lambda s, t: s.manifests.find(t.blast, Reference("1"))),
    "manifest_glimpses.find": ShowsNothing(
        lambda s, t: s.manifest_glimpses.find(BLAST, Reference.parse(t.manifest.digest))
    ),
    "manifests.put": Refuses(
        lambda s, t: s.manifests.put(t.blast, Reference("1"), bytes(t.manifest.body))
    ),
    "manifests.delete": Refuses(lambda s, t: s.manifests.delete(t.blast, Reference("1"))),
    "manifests.referrers": Refuses(
        lambda s, t: s.manifests.referrers(t.blast, t.content_digest, limit=1)
    ),
    "manifest_glimpses.count": AFTER_ANOTHER,
    "contents.collections_of": ShowsNothing(lambda s, t: s.contents.collections_of(t.entity)),
    "contents.topics_of": ShowsNothing(lambda s, t: s.contents.topics_of([t.lab])),
    "contents.summary_of": Refuses(lambda s, t: s.contents.summary_of(t.lab)),
    "contents.summary_of_container": Refuses(lambda s, t: s.contents.summary_of_container(t.blast)),
    "contents.containers_of": Refuses(lambda s, t: s.contents.containers_of(t.lab)),
    "contents.tags_of": Refuses(lambda s, t: s.contents.tags_of(t.blast)),
    "contents.architectures_of": Refuses(lambda s, t: s.contents.architectures_of(t.blast, "1")),
    "provenance.pusher_of": Refuses(lambda s, t: s.provenance.pusher_of(t.image, t.blast)),
    "provenance.tag_count": Refuses(lambda s, t: s.provenance.tag_count(t.image)),
    "provenance.tags_of": Refuses(lambda s, t: s.provenance.tags_of(t.image)),
    "provenance.elsewhere": Refuses(lambda s, t: s.provenance.elsewhere(t.image)),
    "provenance.pulls_of": Refuses(lambda s, t: s.provenance.pulls_of(t.blast, FUTURE.date())),
    "provenance.pull_count": Refuses(lambda s, t: s.provenance.pull_count(t.blast)),
    "artifacts.of_tag": Refuses(lambda s, t: s.artifacts.of_tag(t.blast, "1")),
    "artifacts.of_digest": Refuses(lambda s, t: s.artifacts.of_digest(t.blast, t.manifest.digest)),
    "artifacts.of_image": Refuses(lambda s, t: s.artifacts.of_image(t.image)),
    "artifacts.digests_of": Refuses(lambda s, t: s.artifacts.digests_of(t.image)),
    "artifacts.referrers": Refuses(lambda s, t: s.artifacts.referrers(t.blast, [])),
    "artifacts.text_of": Refuses(lambda s, t: s.artifacts.text_of(t.blast, "sha256:none")),
    "artifacts.sizes_of": Refuses(lambda s, t: s.artifacts.sizes_of(t.blast, [])),
    "software.of": Refuses(lambda s, t: s.software.of(t.image)),
    "garbage.release": AFTER_ANOTHER,
    "garbage.unlink": AFTER_ANOTHER,
    "garbage.blobs_of": AFTER_ANOTHER,
    "garbage.forget_loose_blobs": RefusesAllButTheSystem(
        lambda s, t: s.garbage.forget_loose_blobs(FUTURE)
    ),
    "garbage.expire_uploads": RefusesAllButTheSystem(lambda s, t: s.garbage.expire_uploads()),
    "garbage.unowned_blobs": RefusesAllButTheSystem(lambda s, t: s.garbage.unowned_blobs(FUTURE)),
    "garbage.strike": RefusesAllButTheSystem(lambda s, t: s.garbage.strike(t.blob.id, FUTURE)),
    "garbage.without_row": RefusesAllButTheSystem(
        lambda s, t: s.garbage.without_row([Place("filesystem", "sha256/none")])
    ),
    "garbage.without_upload": RefusesAllButTheSystem(lambda s, t: s.garbage.without_upload(["x"])),
    "garbage.alive_uploads": RefusesAllButTheSystem(lambda s, t: s.garbage.alive_uploads(["x"])),
}
