"""Labels that people give blind, for labelled sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "labels",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("activity_key", _KEY, nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reasons_ok", sa.JSON(), nullable=True),
        sa.Column("quotes", sa.JSON(), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_key"], ["activities.key"], name="fk_labels_activity_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_labels"),
    )
    op.create_index("ix_labels_activity_key", "labels", ["activity_key"], unique=False)
    op.create_index("ix_labels_made_by_key", "labels", ["made_by", "key"], unique=False)
