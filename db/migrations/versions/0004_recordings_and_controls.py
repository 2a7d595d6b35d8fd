"""Added items with recordings; runs whose features were made meaningless on purpose."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for name in ("audio", "video"):
        op.add_column(
            "added_items",
            sa.Column(name, sa.String(length=64), nullable=False, server_default=sa.text("''")),
        )
    op.add_column(
        "runs", sa.Column("controls", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
