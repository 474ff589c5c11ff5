"""People and keys, decisions and corrections, events on their way, what failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REFUSAL = "the audit log is only added to, never changed"


def upgrade() -> None:
    """Makes the tables of the service."""
    _users()
    _sessions()
    _login_attempts()
    _api_keys()
    _audit_log()
    _erasures()
    _idempotent_requests()
    _inbound()
    _crm_records()
    _verdicts()
    _corrections()
    _decisions()
    _digests()
    _outbox()
    _failures()
    _note_vectors()
    _guard_audit_log()


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("external_subject", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("digest_on", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("digest_day", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest_hour", sa.Integer(), server_default="7", nullable=False),
        sa.Column("digest_skip_empty", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_key", _KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_key"], ["users.key"], name="fk_sessions_user_key"),
        sa.PrimaryKeyConstraint("key", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)


def _login_attempts() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_login_attempts"),
    )
    op.create_index(
        "ix_login_attempts_subject_at", "login_attempts", ["subject", "at"], unique=False
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_api_keys"),
        sa.UniqueConstraint("public_id", name="uq_api_keys_public_id"),
    )


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_index(
        "ix_audit_log_subject_kind_subject", "audit_log", ["subject_kind", "subject"], unique=False
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("contact_hash", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(), nullable=False),
        sa.Column("erased_by", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_erasures"),
        sa.UniqueConstraint("contact_hash", name="uq_erasures_contact_hash"),
    )


def _idempotent_requests() -> None:
    op.create_table(
        "idempotent_requests",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_idempotent_requests"),
        sa.UniqueConstraint(
            "caller", "idempotency_key", name="uq_idempotent_requests_caller_idempotency_key"
        ),
    )
    op.create_index(
        "ix_idempotent_requests_created_at", "idempotent_requests", ["created_at"], unique=False
    )


def _inbound() -> None:
    op.add_column("inbound", sa.Column("state", sa.Text(), server_default="done", nullable=False))
    op.add_column(
        "inbound", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("inbound", sa.Column("next_at", sa.DateTime(), nullable=True))
    op.add_column("inbound", sa.Column("handled_at", sa.DateTime(), nullable=True))
    op.add_column("inbound", sa.Column("error", sa.Text(), nullable=True))
    waiting = sa.text("state = 'pending'")
    op.create_index(
        "ix_inbound_pending", "inbound", ["key"], sqlite_where=waiting, postgresql_where=waiting
    )


def _crm_records() -> None:
    op.add_column("activities", sa.Column("deleted_at", sa.DateTime(), nullable=True))
    op.create_table(
        "crm_records",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("opportunity_id", sa.Text(), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_crm_records"),
        sa.UniqueConstraint("source", "kind", "id", name="uq_crm_records_source_kind_id"),
    )
    op.create_index(
        "ix_crm_records_source_opportunity_id",
        "crm_records",
        ["source", "opportunity_id"],
        unique=False,
    )


def _verdicts() -> None:
    op.add_column("verdicts", sa.Column("provenance", sa.JSON(), nullable=True))


def _corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("verdict_key", _KEY, nullable=False),
        sa.Column("activity_key", _KEY, nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_key"], ["activities.key"], name="fk_corrections_activity_key"
        ),
        sa.ForeignKeyConstraint(
            ["verdict_key"], ["verdicts.key"], name="fk_corrections_verdict_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_corrections"),
    )
    op.create_index("ix_corrections_activity_key", "corrections", ["activity_key"], unique=False)
    op.create_index("ix_corrections_made_at", "corrections", ["made_at"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("opportunity_key", _KEY, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("event_quote", sa.JSON(), nullable=True),
        sa.Column("event_activity_key", _KEY, nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("verdict_key", _KEY, nullable=True),
        sa.Column("correction_key", _KEY, nullable=True),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["correction_key"], ["corrections.key"], name="fk_decisions_correction_key"
        ),
        sa.ForeignKeyConstraint(
            ["event_activity_key"], ["activities.key"], name="fk_decisions_event_activity_key"
        ),
        sa.ForeignKeyConstraint(
            ["opportunity_key"], ["opportunities.key"], name="fk_decisions_opportunity_key"
        ),
        sa.ForeignKeyConstraint(["verdict_key"], ["verdicts.key"], name="fk_decisions_verdict_key"),
        sa.PrimaryKeyConstraint("key", name="pk_decisions"),
    )
    op.create_index("ix_decisions_made_at", "decisions", ["made_at"], unique=False)
    op.create_index(
        "ix_decisions_opportunity_key_made_at",
        "decisions",
        ["opportunity_key", "made_at"],
        unique=False,
    )


def _digests() -> None:
    op.create_table(
        "digests",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("shown", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_digests"),
        sa.UniqueConstraint(
            "recipient", "week", "channel", name="uq_digests_recipient_week_channel"
        ),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("decision_key", _KEY, nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["decision_key"], ["decisions.key"], name="fk_outbox_decision_key"),
        sa.PrimaryKeyConstraint("key", name="pk_outbox"),
        sa.UniqueConstraint("dedup_key", name="uq_outbox_dedup_key"),
    )
    op.create_index("ix_outbox_state_next_at", "outbox", ["state", "next_at"], unique=False)


def _failures() -> None:
    op.create_table(
        "failures",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_failures"),
        sa.UniqueConstraint("kind", "subject", name="uq_failures_kind_subject"),
    )
    op.create_index("ix_failures_state_next_at", "failures", ["state", "next_at"], unique=False)


def _note_vectors() -> None:
    op.create_table(
        "note_vectors",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("activity_key", _KEY, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_key"], ["activities.key"], name="fk_note_vectors_activity_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_note_vectors"),
        sa.UniqueConstraint("activity_key", name="uq_note_vectors_activity_key"),
    )
    op.create_index("ix_note_vectors_model_key", "note_vectors", ["model", "key"], unique=False)


def _guard_audit_log() -> None:
    """Refuses changes of what was logged."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_log_no_{what.lower()} BEFORE {what} ON audit_log "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log "
        "FOR EACH ROW EXECUTE FUNCTION refuse_log_change()"
    )
