"""A unit of work: the repositories over one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from auditor.storage.activities import ActivityRepository
from auditor.storage.api_keys import ApiKeyRepository
from auditor.storage.audit_log import AuditLogRepository
from auditor.storage.brief_findings import BriefFindings
from auditor.storage.browsing import BrowsingRepository
from auditor.storage.corrections import CorrectionRepository
from auditor.storage.crm_records import CrmRecordRepository
from auditor.storage.decisions import DecisionRepository
from auditor.storage.derived import DerivedRepository
from auditor.storage.digests import DigestRepository
from auditor.storage.erasure import ErasureRepository
from auditor.storage.events import EventRepository
from auditor.storage.failures import FailureRepository
from auditor.storage.filling import TableFiller
from auditor.storage.flow import FlowRepository
from auditor.storage.gauges import GaugeRepository
from auditor.storage.health import HealthRepository
from auditor.storage.health_records import RecordRepository
from auditor.storage.idempotency import IdempotencyRepository
from auditor.storage.imported import ImportedRepository
from auditor.storage.inbound import InboundRepository
from auditor.storage.labels import LabelRepository
from auditor.storage.lean_findings import LeanFindings
from auditor.storage.login_attempts import LoginAttemptRepository
from auditor.storage.note_vectors import NoteVectorRepository
from auditor.storage.notes import NoteRepository
from auditor.storage.opportunities import OpportunityRepository
from auditor.storage.outbox import OutboxRepository
from auditor.storage.sessions import SessionRepository
from auditor.storage.snapshots import SnapshotRepository
from auditor.storage.users import UserRepository
from auditor.storage.verdicts import VerdictRepository


class UnitOfWork:
    """What is done in it is kept as a whole or not at all; ``Database`` commits."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.inbound = InboundRepository(session)
        """Raw rows and events."""
        self.events = EventRepository(session)
        """Events of CRMs on their way."""
        self.crm_records = CrmRecordRepository(session)
        """What was told of each record."""
        self.imported = ImportedRepository(session)
        """What imports told of records without a register."""
        self.derived = DerivedRepository(session)
        """What follows from registers."""
        self.opportunities = OpportunityRepository(session)
        """Opportunities with their histories."""
        self.activities = ActivityRepository(session)
        """Activities, and which of them are due."""
        self.verdicts = VerdictRepository(session)
        """Findings, append-only."""
        self.snapshots = SnapshotRepository(session)
        """The pipeline week by week."""
        self.flow = FlowRepository(session)
        """What reps did, day by day."""
        self.health = HealthRepository(session)
        """Counts for the pipeline's health."""
        self.records = RecordRepository(session)
        """The records behind those counts."""
        self.brief_findings = BriefFindings(session)
        """Findings without their words."""
        self.lean_findings = LeanFindings(session)
        """Findings without their texts."""
        self.filler = TableFiller(session)
        """Rows by the million."""
        self.browsing = BrowsingRepository(session)
        """Pages and single records for readers."""
        self.decisions = DecisionRepository(session)
        """What supervisors decided."""
        self.corrections = CorrectionRepository(session)
        """Labels that supervisors put right."""
        self.labels = LabelRepository(session)
        """Labels given blind, for labelled sets."""
        self.erasure = ErasureRepository(session)
        """What was made of an erased person."""
        self.notes = NoteRepository(session)
        """Notes by their words."""
        self.note_vectors = NoteVectorRepository(session)
        """Embeddings of notes."""
        self.digests = DigestRepository(session)
        """Digests on their way."""
        self.failures = FailureRepository(session)
        """Work that failed."""
        self.outbox = OutboxRepository(session)
        """Requests to CRMs on their way."""
        self.audit_log = AuditLogRepository(session)
        """Who did what."""
        self.users = UserRepository(session)
        """People who sign in."""
        self.sessions = SessionRepository(session)
        """Signed-in browsers."""
        self.login_attempts = LoginAttemptRepository(session)
        """Failed sign-ins."""
        self.api_keys = ApiKeyRepository(session)
        """Keys of machines."""
        self.idempotency = IdempotencyRepository(session)
        """Requests that must not be done twice."""
        self.gauges = GaugeRepository(session)
        """How much there is and how much waits."""

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that may fail without the rest: what it did is undone where it raises."""
        with self._session.begin_nested():
            yield

    def lock_source(self, source: str) -> None:
        """Lets one writer of a source at a time go on; SQLite has one writer anyway."""
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
                {"name": f"auditor source {source}"},
            )
