"""A build knows whether its orderer has sent the recipe, or somebody else."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    with op.batch_alter_table("build", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("own_recipe", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
