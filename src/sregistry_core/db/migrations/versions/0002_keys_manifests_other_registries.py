"""keys, manifests, other registries."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "other_registry",
        sa.Column("name", sa.String(length=39), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_other_registry")),
    )
    op.create_table(
        "client_credential",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.String(length=32), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_client_credential_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_client_credential")),
    )
    op.create_table(
        "public_key",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("armored", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Integer(), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("added_by", sa.String(length=32), nullable=True),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by"],
            ["user_account.id"],
            name=op.f("fk_public_key_added_by_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_public_key")),
    )
    with op.batch_alter_table("public_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_public_key_added_by"), ["added_by"], unique=False)

    op.create_table(
        "key_handle",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["public_key.fingerprint"],
            name=op.f("fk_key_handle_certificate_public_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("fingerprint", "certificate", name=op.f("pk_key_handle")),
    )
    with op.batch_alter_table("key_handle", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_key_handle_certificate"), ["certificate"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_key_handle_key_id"), ["key_id"], unique=False)

    op.create_table(
        "key_name",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["public_key.fingerprint"],
            name=op.f("fk_key_name_certificate_public_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_name")),
    )
    with op.batch_alter_table("key_name", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_name_certificate"), ["certificate"], unique=False)
        batch_op.create_index(batch_op.f("ix_key_name_email"), ["email"], unique=False)

    op.create_table(
        "allowed_signer",
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_allowed_signer_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", "fingerprint", name=op.f("pk_allowed_signer")),
    )
    op.create_table(
        "blob_upload",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("container_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=True),
        sa.Column("received_size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"],
            ["container.id"],
            name=op.f("fk_blob_upload_container_id_container"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_blob_upload_user_id_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob_upload")),
    )
    with op.batch_alter_table("blob_upload", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_blob_upload_container_id"), ["container_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_blob_upload_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "repository_blob",
        sa.Column("container_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("blob_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blob_id"],
            ["blob.id"],
            name=op.f("fk_repository_blob_blob_id_blob"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["container_id"],
            ["container.id"],
            name=op.f("fk_repository_blob_container_id_container"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("container_id", "digest", name=op.f("pk_repository_blob")),
    )
    with op.batch_alter_table("repository_blob", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repository_blob_blob_id"), ["blob_id"], unique=False)

    op.create_table(
        "image_signature",
        sa.Column("image_id", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("signer", sa.String(length=500), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "verified",
                "unknown_key",
                "expired_key",
                "revoked_key",
                "bad",
                name="signaturestate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("covers_all", sa.Boolean(), nullable=False),
        sa.Column("checked_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_image_signature_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("image_id", "object_id", name=op.f("pk_image_signature")),
    )
    with op.batch_alter_table("image_signature", schema=None) as batch_op:
        batch_op.create_index("ix_image_signature_fingerprint", ["fingerprint"], unique=False)

    op.create_table(
        "manifest",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("container_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("artifact_type", sa.String(length=255), nullable=True),
        sa.Column("subject_digest", sa.String(length=135), nullable=True),
        sa.Column("annotations", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.String(length=32), nullable=True),
        sa.Column("pushed_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"],
            ["container.id"],
            name=op.f("fk_manifest_container_id_container"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_manifest_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["pushed_by"],
            ["user_account.id"],
            name=op.f("fk_manifest_pushed_by_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
        sa.UniqueConstraint("container_id", "digest", name=op.f("uq_manifest_container_id_digest")),
    )
    with op.batch_alter_table("manifest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_manifest_image_id"), ["image_id"], unique=False)
        batch_op.create_index(
            "ix_manifest_subject", ["container_id", "subject_digest"], unique=False
        )

    op.create_table(
        "manifest_reference",
        sa.Column("manifest_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("is_manifest", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manifest_id"],
            ["manifest.id"],
            name=op.f("fk_manifest_reference_manifest_id_manifest"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("manifest_id", "digest", name=op.f("pk_manifest_reference")),
    )
    with op.batch_alter_table("manifest_reference", schema=None) as batch_op:
        batch_op.create_index("ix_manifest_reference_digest", ["digest"], unique=False)

    op.create_table(
        "manifest_tag",
        sa.Column("container_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("manifest_id", sa.String(length=32), nullable=False),
        sa.Column("frozen_at", Instant(), nullable=True),
        sa.Column("moved_at", Instant(), nullable=False),
        sa.Column("moved_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["container_id"],
            ["container.id"],
            name=op.f("fk_manifest_tag_container_id_container"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["manifest_id"],
            ["manifest.id"],
            name=op.f("fk_manifest_tag_manifest_id_manifest"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["moved_by"],
            ["user_account.id"],
            name=op.f("fk_manifest_tag_moved_by_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("container_id", "name", name=op.f("pk_manifest_tag")),
    )
    with op.batch_alter_table("manifest_tag", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_manifest_tag_manifest_id"), ["manifest_id"], unique=False
        )

    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("require_signed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("image", schema=None) as batch_op:
        batch_op.add_column(sa.Column("verification", sa.String(length=20), nullable=True))
