"""Which blobs are in several collections is kept; pulls of one collection are in one index."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "shared_blob",
        sa.Column("blob_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["blob_id"], ["blob.id"], name=op.f("fk_shared_blob_blob_id_blob"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("blob_id", name=op.f("pk_shared_blob")),
    )
    # What was there before the next measurement is not to be nothing until then.
    op.execute(
        "INSERT INTO shared_blob (blob_id) SELECT image.blob_id FROM image"
        " JOIN container ON container.id = image.container_id WHERE image.blob_id IS NOT NULL"
        " GROUP BY image.blob_id HAVING count(DISTINCT container.collection_id) > 1"
    )
    with op.batch_alter_table("collection_downloads", schema=None) as batch_op:
        batch_op.create_index(
            "ix_collection_downloads_sums",
            ["collection_id", "period", "first_day", "count"],
            unique=False,
        )
