"""``auditor demo``: audits the shipped sample of a sales team and prints its docket."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from auditor.classify.registry import make_classifier, make_policy
from auditor.commands.screen import notice, print_docket, progress
from auditor.commands.writing import write_digest, write_verdicts
from auditor.domain.week import Week
from auditor.intake.dossier import assemble
from auditor.intake.sample import load_sample
from auditor.jobs.audit import audit, make_docket
from auditor.jobs.learning import judged_sources
from auditor.settings import Settings


def run_demo(folder: Path, settings: Settings, *, today: date) -> None:
    """Audits the sample as of the Monday of today's week and writes the digest and verdicts."""
    sample = load_sample(today)
    classifier = make_classifier(settings.classifier, settings, judged=judged_sources(None))
    policy = make_policy(classifier, settings)
    dossiers = assemble([*sample.opportunities, *sample.activities])
    with progress("Reading notes and calls", total=len(sample.activities)) as tick:
        audited = list(audit(dossiers, classifier, policy, as_of=sample.as_of, on_judged=tick))
    docket = make_docket(
        audited,
        week=Week.last_before(sample.as_of),
        policy=policy,
        shown=settings.decisions_shown,
    )
    view = write_digest(docket, folder, policy=policy, heading=sample.firm)
    write_verdicts((f.verdict for a in audited for f in a.findings), folder / "verdicts.jsonl")
    print_docket(view)
    notice(f"\nWritten: {folder}/digest.html, digest.txt, digest.json and verdicts.jsonl")
