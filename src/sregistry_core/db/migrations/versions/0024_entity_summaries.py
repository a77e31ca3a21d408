"""What each entity holds is kept, so that a list of quotas need not add up a large one."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "entity_summary",
        sa.Column("entity_id", sa.String(length=32), nullable=False),
        sa.Column("blob_count", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entity.id"],
            name=op.f("fk_entity_summary_entity_id_entity"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_entity_summary")),
    )
    op.execute(
        "INSERT INTO entity_summary (entity_id, blob_count, size)"
        " SELECT held.entity_id, count(*), sum(held.size) FROM ("
        " SELECT collection.entity_id, blob.digest, max(blob.size) AS size FROM collection"
        " JOIN container ON container.collection_id = collection.id"
        " JOIN repository_blob ON repository_blob.container_id = container.id"
        " JOIN blob ON blob.id = repository_blob.blob_id"
        " GROUP BY collection.entity_id, blob.digest) AS held GROUP BY held.entity_id"
    )
