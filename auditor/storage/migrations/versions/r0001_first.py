"""The first released schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AMOUNT = sa.Numeric().with_variant(sa.String(64), "sqlite")
_REFUSAL = "verdicts are only added, never changed"


def upgrade() -> None:
    """Makes all tables, and the guard of the verdicts."""
    _inbound()
    _opportunities()
    _policies()
    _activities()
    _due_changes()
    _pipeline_snapshots()
    _stage_changes()
    _verdicts()
    _guard_verdicts()


def _inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_inbound"),
        sa.UniqueConstraint("source", "kind", "dedup_key", name="uq_inbound_source_kind_dedup_key"),
    )


def _opportunities() -> None:
    op.create_table(
        "opportunities",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("value", _AMOUNT, nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("lead_source", sa.Text(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("expected_close_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("lost_reason", sa.Text(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("pending_known", sa.Boolean(), nullable=False),
        sa.Column("pending_kind", sa.Text(), nullable=True),
        sa.Column("pending_subject", sa.Text(), nullable=True),
        sa.Column("pending_due_on", sa.Date(), nullable=True),
        sa.Column("told_dues", sa.JSON(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_opportunities"),
        sa.UniqueConstraint("source", "id", name="uq_opportunities_source_id"),
    )
    op.create_index("ix_opportunities_status_key", "opportunities", ["status", "key"])


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_policies"),
    )


def _activities() -> None:
    op.create_table(
        "activities",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("opportunity_key", _KEY, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.String(40), nullable=False),
        sa.Column("occurred_utc", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("participants", sa.JSON(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("own_next", sa.JSON(), nullable=True),
        sa.Column("left_next", sa.JSON(), nullable=True),
        sa.Column("left_known", sa.Boolean(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_key"], ["opportunities.key"], name="fk_activities_opportunity_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_activities"),
        sa.UniqueConstraint("source", "id", name="uq_activities_source_id"),
    )
    op.create_index(
        "ix_activities_opportunity_key_occurred_utc",
        "activities",
        ["opportunity_key", "occurred_utc"],
    )


def _due_changes() -> None:
    op.create_table(
        "due_changes",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("opportunity_key", _KEY, nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opportunity_key"], ["opportunities.key"], name="fk_due_changes_opportunity_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_due_changes"),
    )
    op.create_index(
        "ix_due_changes_opportunity_key_seen_on", "due_changes", ["opportunity_key", "seen_on"]
    )


def _pipeline_snapshots() -> None:
    op.create_table(
        "pipeline_snapshots",
        sa.Column("opportunity_key", _KEY, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("value", _AMOUNT, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("expected_close_on", sa.Date(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opportunity_key"], ["opportunities.key"], name="fk_pipeline_snapshots_opportunity_key"
        ),
        sa.PrimaryKeyConstraint("opportunity_key", "week", name="pk_pipeline_snapshots"),
    )


def _stage_changes() -> None:
    op.create_table(
        "stage_changes",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("opportunity_key", _KEY, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("observed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_key"], ["opportunities.key"], name="fk_stage_changes_opportunity_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_stage_changes"),
        sa.UniqueConstraint(
            "opportunity_key",
            "stage",
            "entered_on",
            "observed",
            name="uq_stage_changes_opportunity_key_stage_entered_on_observed",
        ),
    )


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("activity_key", _KEY, nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.DateTime(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("commitments", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_key"], ["activities.key"], name="fk_verdicts_activity_key"
        ),
        sa.ForeignKeyConstraint(["policy"], ["policies.fingerprint"], name="fk_verdicts_policy"),
        sa.PrimaryKeyConstraint("key", name="pk_verdicts"),
        sa.UniqueConstraint(
            "activity_key",
            "policy",
            "input_hash",
            name="uq_verdicts_activity_key_policy_input_hash",
        ),
    )


def _guard_verdicts() -> None:
    """Refuses updates of verdicts; they may be deleted, for a person's erasure only."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER verdicts_append_only BEFORE UPDATE ON verdicts "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_verdict_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER verdicts_append_only BEFORE UPDATE ON verdicts "
        "FOR EACH ROW EXECUTE FUNCTION refuse_verdict_change()"
    )
