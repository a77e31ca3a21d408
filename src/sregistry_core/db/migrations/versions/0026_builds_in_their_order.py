"""Lists of builds are read in their order: of all, and of one user."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.drop_index("ix_build_ordered_by", table_name="build")
    op.create_index("ix_build_ordered_by", "build", ["ordered_by", "ordered_at", "id"])
    op.create_index("ix_build_ordered_at", "build", ["ordered_at", "id"])
