"""Groups of directories lead to teams and rights, and end them."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("full_name", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("admin_through", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("left_at", Instant(), nullable=True))
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lost_at", Instant(), nullable=True))
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.add_column(sa.Column("through", sa.String(length=40), nullable=True))
