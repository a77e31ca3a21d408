"""Manifests that tell how an image was built."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.add_column("build", sa.Column("provenance_digest", sa.String(length=71), nullable=True))
    with op.batch_alter_table("manifest", schema=None) as batch_op:
        batch_op.add_column(sa.Column("provenance_of", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_manifest_provenance_of"), ["provenance_of"])
        batch_op.create_foreign_key(
            batch_op.f("fk_manifest_provenance_of_manifest"),
            "manifest",
            ["provenance_of"],
            ["id"],
            ondelete="CASCADE",
        )
