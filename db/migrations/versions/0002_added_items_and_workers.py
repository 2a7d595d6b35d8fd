"""Items uploaded one by one; workers and their heartbeats."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("devices", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_workers"),
    )
    op.create_table(
        "added_items",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("dataset_id", sa.String(length=8), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("price", sa.Double(), nullable=True),
        sa.Column("image", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name="fk_added_items_dataset_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_added_items"),
        sa.UniqueConstraint("dataset_id", "item_id", name="uq_added_items_dataset_id_item_id"),
    )
    op.create_index("ix_added_items_dataset_id", "added_items", ["dataset_id"], unique=False)
