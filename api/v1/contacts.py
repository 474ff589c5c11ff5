"""Erasure of a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.context import Context
from api.v1.reading import Administrator, App, RequestId, caller_of
from api.v1.views import ErasureView
from auditor.jobs.erasing import Cache, erase
from auditor.settings import default_llm_store

router = APIRouter(prefix="/v1", tags=["contacts"])


@router.delete("/contacts/{key}", name="erase")
def erase_contact(
    context: App,
    who: Administrator,
    request_id: RequestId,
    key: Annotated[
        str,
        Path(
            min_length=2,
            max_length=320,
            description="E-mail address, or name as the CRM spells it; case is ignored.",
            examples=["lee@example.com"],
        ),
    ],
) -> ErasureView:
    """Erase a person: their words, their name, and what was derived from them, for good.

    Activities that they took part in lose their text; elsewhere their name and address are struck
    out. Verdicts, corrections, embeddings and caches that rest on it go, and imports leave them out
    from then on. Sent again it erases what has come in since.
    """
    caller = caller_of(who, request_id)
    done = erase(context.database, key, caller, caches=_caches(context))
    context.wake()
    return ErasureView(erased=done.counts, first_erased_at=done.first_erased_at)


def _caches(context: Context) -> list[tuple[str, Cache]]:
    """What this process and its machine keep of records that were judged."""
    caches: list[tuple[str, Cache]] = [("cached_answers", lambda: _forget_answers(context))]
    forget = getattr(context.classifier, "forget", None)
    if forget is not None:
        caches.append(("remembered_records", forget))
    return caches


def _forget_answers(context: Context) -> int:
    """Drops the language model's answers that are kept on this machine."""
    from auditor.classify.llm.store import CallStore

    file = context.settings.llm_store or default_llm_store()
    return CallStore(file).forget_answers() if file.exists() else 0
