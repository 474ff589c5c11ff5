"""Findings: added, read, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from auditor.domain.corrections import corrected
from auditor.domain.findings import Finding
from auditor.domain.policy import Policy
from auditor.storage.activities import DueActivity
from auditor.storage.corrections import CorrectionRepository
from auditor.storage.finding_cache import FindingKey, findings_of
from auditor.storage.inserting import add_missing, in_parts
from auditor.storage.mapping import activity_of, finding_of, finding_values
from auditor.storage.models import ActivityRow, OpportunityRow, PolicyRow, VerdictRow


class VerdictRepository:
    """Findings on activities, by policy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        judged: Iterable[tuple[DueActivity, Finding]],
        policy: Policy,
        *,
        judged_at: datetime,
    ) -> int:
        """Adds findings with the policy that they were given under.

        One that is there already, for the same policy and input, is left as it is.

        Returns:
            How many were added.
        """
        told = {
            "fingerprint": policy.fingerprint,
            "body": policy.model_dump(mode="json"),
            "first_used_at": judged_at.astimezone(UTC),
        }
        add_missing(self._session, PolicyRow, [told], returning=PolicyRow.fingerprint)
        rows = [
            finding_values(finding)
            | {"activity_key": due.key, "input_hash": due.input_hash, "judged_at": judged_at}
            for due, finding in judged
        ]
        return len(add_missing(self._session, VerdictRow, rows, returning=VerdictRow.key))

    def current(self, opportunities: Sequence[int], policy: str) -> dict[int, list[Finding]]:
        """By opportunity: the findings under a policy on what is now known, oldest first.

        Where a supervisor corrected one, it is given as corrected.
        """
        found: dict[int, list[Finding]] = {}
        activity, verdict = ActivityRow, VerdictRow
        for part in in_parts(opportunities):
            query = (
                select(activity.key, activity.opportunity_key, OpportunityRow.id, activity.origin)
                .add_columns(verdict.key, verdict.judged_at, verdict.input_hash)
                .join(OpportunityRow, OpportunityRow.key == activity.opportunity_key)
                .join(verdict, verdict.activity_key == activity.key)
                .where(verdict.policy == policy, verdict.input_hash == activity.input_hash)
                .where(activity.opportunity_key.in_(part))
                .order_by(activity.occurred_utc, activity.key)
            )
            keys = {
                key: (deal or 0, FindingKey(judged, at, told, name, origin))
                for key, deal, name, origin, judged, at, told in self._session.execute(query)
            }
            findings = self._findings([each for _, each in keys.values()])
            right = CorrectionRepository(self._session).current(list(keys))
            for key, (deal, each) in keys.items():
                finding = findings[each]
                if key in right:
                    finding = corrected(finding, right[key])
                found.setdefault(deal, []).append(finding)
        return found

    def _findings(self, keys: Sequence[FindingKey]) -> dict[FindingKey, Finding]:
        """The findings of verdicts; those not read before are read now."""
        cache = findings_of(self._session)
        found = cache.get(keys)
        missing = {key.verdict: key for key in keys if key not in found}
        read = {}
        for part in in_parts(list(missing)):
            query = (
                select(ActivityRow, VerdictRow)
                .join(VerdictRow, VerdictRow.activity_key == ActivityRow.key)
                .where(VerdictRow.key.in_(part))
            )
            for row, verdict in self._session.execute(query):
                key = missing[verdict.key]
                read[key] = finding_of(verdict, activity_of(row, key.opportunity_id))
        cache.put(read)
        return found | read

    def first_judged(self, opportunities: Sequence[int]) -> dict[int, dict[str, date]]:
        """By opportunity and activity id: the day (UTC) on which it was first judged at all."""
        found: dict[int, dict[str, date]] = {}
        for part in in_parts(opportunities):
            query = (
                select(ActivityRow.opportunity_key, ActivityRow.id, func.min(VerdictRow.judged_at))
                .join(VerdictRow, VerdictRow.activity_key == ActivityRow.key)
                .where(ActivityRow.opportunity_key.in_(part))
                .group_by(ActivityRow.opportunity_key, ActivityRow.id)
            )
            for key, name, at in self._session.execute(query):
                found.setdefault(key or 0, {})[name] = at.date()
        return found

    def count_warned(self, policy: str, words: str, *, since: datetime, before: datetime) -> int:
        """How many given under a policy in a span of time hold words in a warning of theirs."""
        query = (
            select(VerdictRow.verdict)
            .where(
                VerdictRow.policy == policy,
                VerdictRow.judged_at >= since,
                VerdictRow.judged_at < before,
                cast(VerdictRow.verdict, Text).contains(words, autoescape=True),
            )
            .execution_options(yield_per=500)
        )
        told = self._session.scalars(query)
        return sum(any(words in w for w in verdict.get("warnings", ())) for verdict in told)

    def policies(self) -> dict[str, Policy]:
        """All policies that ever judged, by fingerprint."""
        rows = self._session.scalars(select(PolicyRow))
        return {row.fingerprint: Policy.model_validate(row.body) for row in rows}

    def count(self, policy: str | None = None) -> int:
        """How many there are, of all time or under one policy."""
        query = select(func.count()).select_from(VerdictRow)
        if policy is not None:
            query = query.where(VerdictRow.policy == policy)
        return self._session.scalar(query) or 0
