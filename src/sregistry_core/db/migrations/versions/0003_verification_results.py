"""verification results."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.add_column("image", sa.Column("verdict_since", Instant(), nullable=True))
    op.execute(
        "UPDATE image SET verdict_since = coalesce("
        "(SELECT max(checked_at) FROM image_signature WHERE image_id = image.id), "
        "inspected_at, pushed_at) WHERE verification IS NOT NULL"
    )
    with op.batch_alter_table("manifest", schema=None) as batch_op:
        batch_op.add_column(sa.Column("result_of", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_manifest_result_of"), ["result_of"], unique=True)
        batch_op.create_foreign_key(
            batch_op.f("fk_manifest_result_of_manifest"),
            "manifest",
            ["result_of"],
            ["id"],
            ondelete="CASCADE",
        )
