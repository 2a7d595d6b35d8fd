"""Runs note whether their lists were ordered by the model at all."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "runs", sa.Column("collapsed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
