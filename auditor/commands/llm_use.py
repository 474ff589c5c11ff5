"""What a run asked of a language model, told on the terminal."""

from __future__ import annotations

from auditor.commands.screen import notice
from auditor.digest.view import count


def print_llm_use(classifier: object) -> None:
    """Says how much was asked, what it cost and what failed; nothing where no model is asked."""
    use: dict[str, float] | None = getattr(classifier, "llm_use", None)
    if use is None:
        return
    asked, judged = int(use.get("asked", 0)), _judged(use)
    told = [
        f"asked about {asked:,} of {count(judged, 'record', 'records')}"
        f" ({use.get('asked_per_1000', 0):.0f} per 1,000)",
        count(int(use["calls"]), "call", "calls"),
        f"{int(use['tokens']):,} tokens",
    ]
    if use.get("unpriced_calls"):
        told.append("price unknown (AUDITOR_LLM_PRICES)")
    else:
        told.append(f"${use['cost']:.4f}")
    if use.get("from_cache"):
        told.append(f"{int(use['from_cache']):,} answers kept from before")
    notice(f"Language model: {', '.join(told)}")
    if use.get("fell_back"):
        kinds = sorted(k.removeprefix("failed_") for k in use if k.startswith("failed_"))
        why = f" ({', '.join(kinds)})" if kinds else ""
        notice(f"The local opinion stands for {int(use['fell_back']):,} of them{why}")


def _judged(use: dict[str, float]) -> int:
    """All records, also those that a cascade decided without asking."""
    return int(use.get("records", 0) + use.get("decided_locally", 0))
