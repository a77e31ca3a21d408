"""direct uploads."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("storage", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("key", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("store_upload", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("blob_id", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_upload_blob_id"), ["blob_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_upload_blob_id_blob"), "blob", ["blob_id"], ["id"], ondelete="RESTRICT"
        )
