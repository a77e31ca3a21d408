"""Which builds make an image that nobody has named, and that is let go after a while."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    with op.batch_alter_table("build", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("unnamed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
