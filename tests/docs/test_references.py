"""The docs name every command, option, route and setting, and each kind of user has a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from auditor.webhook_settings import WebhookSettings
from auditor.write_back_settings import WriteBackSettings
from tests.docs.reference import COMMANDS, DOCS, ROUTES, commands_page, routes_page

ROOT = DOCS.parent
INDEX = DOCS / "README.md"
PAGES = ("supervisor.md", "crm-admin.md", "evaluation.md", "operator.md", "developer.md")
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def test_the_reference_of_commands_is_the_program_s() -> None:
    assert COMMANDS.read_text(encoding="utf-8") == commands_page(), "python -m tests.docs.reference"


def test_the_reference_of_routes_is_the_service_s() -> None:
    assert ROUTES.read_text(encoding="utf-8") == routes_page(), "python -m tests.docs.reference"


@pytest.mark.parametrize(
    ("settings", "page"),
    [(WebhookSettings, "webhooks.md"), (WriteBackSettings, "write-back.md")],
)
def test_settings_in_tables_of_their_own_are_told(settings: type[BaseModel], page: str) -> None:
    told = (DOCS / page).read_text(encoding="utf-8")
    missing = [
        f"{sender}.{name}"
        for sender, field in settings.model_fields.items()
        for name in _inner(field.annotation)
        if not re.search(rf"\b{re.escape(name)}\b", told)
    ]
    assert missing == []


def _inner(annotation: object) -> list[str]:
    kinds = getattr(annotation, "__args__", (annotation,))
    return [
        name
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name in kind.model_fields
    ]


def test_each_kind_of_user_has_a_page_in_the_index() -> None:
    told = INDEX.read_text(encoding="utf-8")
    for page in PAGES:
        assert (DOCS / page).exists(), page
        assert f"({page})" in told, page


def test_the_index_names_every_page() -> None:
    told = INDEX.read_text(encoding="utf-8")
    missing = [p.name for p in DOCS.glob("*.md") if p != INDEX and f"({p.name})" not in told]
    assert missing == []


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for page in [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for link, _ in _LINK.findall(page.read_text(encoding="utf-8")):
            if "://" not in link and not link.startswith("mailto:"):
                target = (page.parent / link).resolve()
                if not target.exists():
                    broken.append(f"{page.name}: {link}")
    assert broken == []


@pytest.mark.parametrize("page", [*PAGES, "security.md"])
def test_commands_that_the_pages_name_exist(page: str) -> None:
    known = set(re.findall(r"^## `(auditor[^`]*)`", COMMANDS.read_text(encoding="utf-8"), re.M))
    text = (DOCS / page).read_text(encoding="utf-8")
    for said in re.findall(r"^    (auditor [a-z][a-z -]*)", text, re.MULTILINE):
        words = said.split(" -")[0].split()
        starts = {" ".join(words[:n]) for n in (2, 3, 4)}
        assert starts & known, said


def test_no_page_names_a_path_of_a_machine() -> None:
    for page in DOCS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(?:home|work|root|Users)/", text), page.name
    assert Path(INDEX).exists()
