"""A record that is filled in is the one that checking would have made."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from auditor.domain.records import Opportunity, OpportunityStatus
from auditor.storage.filled import filler

_TOLD = {"id": "a", "status": OpportunityStatus.WON, "closed_on": date(2026, 3, 2)}


def test_a_filled_record_equals_a_checked_one_in_values_and_fields_set() -> None:
    made, checked = filler(Opportunity(id=""))(_TOLD), Opportunity.model_validate(_TOLD)
    assert made == checked
    assert made.model_fields_set == checked.model_fields_set
    assert made.model_dump() == checked.model_dump()
    assert made.model_copy(update={"name": "x"}).name == "x"
    assert hash(made) == hash(checked)
    with pytest.raises(ValidationError, match="frozen"):
        made.name = "other"  # type: ignore[misc]


def test_named_fields_count_as_set_on_every_copy() -> None:
    fill = filler(Opportunity(id="", owner="Dana"), ("stage",))
    made = fill({"stage": "Proposal"})
    assert (made.owner, made.stage) == ("Dana", "Proposal")
    assert made.model_fields_set == {"id", "owner", "stage"}
    assert fill({}).stage == ""
