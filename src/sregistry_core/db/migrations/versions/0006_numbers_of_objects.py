"""Numbers of objects in a SIF have 32 bits without a sign."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    with op.batch_alter_table("image_signature", schema=None) as batch_op:
        batch_op.alter_column(
            "object_id", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False
        )
