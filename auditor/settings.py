"""Settings: ``AUDITOR_*`` environment variables, then ``auditor.toml``, then defaults.

Secrets are held so that no log, error or ``repr`` shows them.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime, tzinfo
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from auditor.domain.flow.rules import TeamRules
from auditor.domain.stages import DEFAULT_STAGES, Stage
from auditor.errors import ConfigurationError
from auditor.webhook_settings import WebhookSettings
from auditor.write_back_settings import WriteBackSettings

CONFIG_FILE = "auditor.toml"
"""Looked for in the working folder."""


def data_folder() -> Path:
    """The user's data folder for the auditor, per the platform's custom."""
    return Path(platformdirs.user_data_dir("call-notes-auditor", appauthor=False))


def default_database_url() -> str:
    """SQLite in the user's data folder."""
    return f"sqlite:///{data_folder() / 'auditor.db'}"


def default_llm_store() -> Path:
    """Ledger and cache of language-model calls, in the user's data folder."""
    return data_folder() / "llm.db"


class Settings(BaseSettings):
    """Everything that can be set; each field is ``AUDITOR_<NAME>`` or a key of auditor.toml."""

    model_config = SettingsConfigDict(
        env_prefix="AUDITOR_",
        toml_file=CONFIG_FILE,
        extra="forbid",
        env_ignore_empty=True,
        env_nested_delimiter="__",
        populate_by_name=True,
    )

    database_url: str = Field(default_factory=default_database_url)
    """SQLAlchemy URL; SQLite in the user's data folder by default."""
    classifier: Literal["local", "rules", "llm", "cascade"] = "local"
    """Which classifier judges."""
    review_below: float = Field(default=0.70, ge=0, le=1)
    """A confidence under this becomes needs_review."""
    close_above: float = Field(default=0.85, ge=0, le=1)
    """Closing is recommended only from this confidence on."""
    decisions_shown: int = Field(default=12, ge=1, le=50)
    """Decisions at the top of the docket."""
    day_first: bool | None = None
    """How 03/04 is read: True 3 April, False March 4; None is told by each file or text."""
    time_zone: str | None = None
    """Zone of the supervisor's day, as an IANA name; None is the machine's."""
    threads: int = Field(default=0, ge=0, le=256)
    """Processor threads for the local model; 0 takes all."""
    llm_model: str | None = None
    """Language model to ask, as ``provider:name``; none is asked by default."""
    llm_base_url: str | None = None
    """Address of any OpenAI-compatible server."""
    llm_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("llm_api_key", "AUDITOR_LLM_API_KEY", "OPENAI_API_KEY"),
    )
    """Key of the language model; falls back to OPENAI_API_KEY."""
    llm_daily_budget: float = Field(default=5.0, ge=0)
    """Most US dollars to spend on the language model in a day."""
    llm_daily_tokens: int = Field(default=2_000_000, ge=0)
    """Most tokens to use in a day, also where the model's price is unknown."""
    llm_prices: dict[str, tuple[float, float]] = {}
    """US dollars per million tokens read and written, by model."""
    llm_prompt: str = "classify.v2"
    """Prompt that records are put with; ``classify_short.v2`` suits small models."""
    llm_temperature: float = Field(default=0.0, ge=0, le=2)
    """Of sampling; some models take 1 only."""
    llm_timeout: float = Field(default=60.0, gt=0, le=3_600)
    """Seconds for one attempt, from sending to the last byte."""
    llm_retries: int = Field(default=3, ge=0, le=10)
    """Further attempts after a lost connection, 429 or 5xx; Retry-After is kept to."""
    llm_concurrency: int = Field(default=4, ge=1, le=64)
    """Questions under way at once."""
    llm_max_answer_tokens: int = Field(default=2_000, ge=100)
    """Most tokens of an answer, with hidden reasoning."""
    llm_max_record_chars: int = Field(default=24_000, ge=1_000)
    """Longest text sent; of a longer one the middle is left out."""
    llm_weight: float = Field(default=0.7, ge=0, le=1)
    """Weight of the language model against the local one; 1 leaves the local one out."""
    llm_ask_below: float = Field(default=0.92, ge=0, le=1)
    """A cascade asks about a local confidence under this; see docs/llm.md for what it buys."""
    llm_control_share: float = Field(default=0.02, ge=0, le=1)
    """Share of what the local model decides that a cascade asks about all the same."""
    llm_precedents: int = Field(default=3, ge=0, le=12)
    """Most judged records that a question carries as examples, corrections first; 0 is none."""
    llm_shipped_precedents: int = Field(default=0, ge=0, le=12)
    """Of those, shipped examples at most, where fewer corrections are like the record."""
    llm_redact_names: bool = True
    """Whether participants' names are replaced before a call, as mail and numbers always are."""
    llm_cache_days: int = Field(default=30, ge=0)
    """Days that answers are kept for records that come again; 0 keeps none."""
    llm_store: Path | None = None
    """File of the ledger and cache; ``llm.db`` in the user's data folder where unset."""
    teams: dict[str, TeamRules] = {}
    """Caps, minimums and targets by team: ``[teams.NAME]``; ``[teams.default]`` for the others."""
    stages_file: Path | None = None
    """TOML file of stages with their questions; the built-in stages where unset."""
    transactions_file: Path | None = None
    """CSV file of what accounts bought (account, day, amount, currency, id); won opportunities
    count as transactions where unset."""
    secret_key: SecretStr | None = None
    """Keys the hashes of API keys and sessions; made in the data folder where unset."""
    public_url: str | None = None
    """Address at which people and CRMs reach the service, such as https://auditor.example.com."""
    trusted_proxies: list[str] = []
    """Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed."""
    body_limit_mb: float = Field(default=10.0, gt=0, le=1_000)
    """Largest body of a request."""
    rate_limit: int = Field(default=600, ge=1)
    """Requests that one caller may make in a minute."""
    session_idle_hours: float = Field(default=12.0, gt=0)
    """A session unused for so long ends."""
    session_days: float = Field(default=7.0, gt=0)
    """A session ends after so long in any case."""
    metrics_open: bool = False
    """Whether /metrics is answered without a key."""
    background: bool = True
    """Whether ``auditor serve`` also judges and sends; off where ``auditor work`` does."""
    oidc_issuer: str | None = None
    """Identity provider's issuer URL; people may then sign in with it."""
    oidc_client_id: str | None = None
    """The service's name at the identity provider."""
    oidc_client_secret: SecretStr | None = None
    """Its secret there."""
    oidc_name: str = "single sign-on"
    """What the button on the sign-in page calls it."""
    webhooks: WebhookSettings = WebhookSettings()
    """CRM webhooks; see docs/webhooks.md."""
    write_back: WriteBackSettings = WriteBackSettings()
    """Which CRMs decisions are written to, off by default; see docs/write-back.md."""
    smtp_url: SecretStr | None = None
    """Mail server for digests: ``smtps://``, ``starttls://`` or ``smtp://user:password@host``."""
    mail_from: str | None = None
    """Sender of digests, such as ``Call notes <auditor@example.com>``."""
    mail_reply_to: str | None = None
    """Where answers to a digest go; the sender's address where unset."""
    digest_webhooks: dict[str, SecretStr] = {}
    """Slack-compatible addresses that a team's digest is posted to, by team; ``*`` for all."""
    digest_webhooks_private: bool = False
    """Whether those addresses may lie in a private network."""
    digest_day: int = Field(default=0, ge=0, le=6)
    """Day on which webhooks get the digest, 0 for Monday; people choose their own."""
    digest_hour: int = Field(default=7, ge=0, le=23)
    """Hour of that day, in ``time_zone``."""
    digest_flow: bool = True
    """Whether supervisors' digests say how queues, releases, work and pipeline stand."""
    coaching_days: int = Field(default=0, ge=0, le=14)
    """Days that a rep alone sees own new items before the supervisor's docket shows them."""
    work_concurrency: int = Field(default=1, ge=1, le=32)
    """Jobs that one ``auditor work`` does at once."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(f"{value!r} is no IANA zone such as Europe/London") from None
        return value

    @field_validator("public_url", "oidc_issuer")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(f"{value!r} is no address such as https://auditor.example.com")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            known = parts.scheme in ("smtp", "smtps", "starttls") and parts.port != 0
        except ValueError:
            known = False
        if not known or not parts.hostname:
            raise ValueError(
                "it is no address of a mail server such as smtps://user:password@mail.example.com"
            )
        return value

    @field_validator("mail_from", "mail_reply_to")
    @classmethod
    def _mail_address(cls, value: str | None) -> str | None:
        if value is not None:
            address = parseaddr(value)[1]
            local, _, domain = address.rpartition("@")
            if not local or not domain or any(c in value for c in "\r\n"):
                raise ValueError(f"{value!r} is no address such as Auditor <auditor@example.com>")
        return value

    @field_validator("digest_webhooks")
    @classmethod
    def _webhooks(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for team, secret in value.items():
            parts = urlsplit(secret.get_secret_value())
            if parts.scheme != "https" or not parts.hostname or parts.username is not None:
                raise ValueError(f"the address for {team!r} is no plain https:// address")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for each in value:
            try:
                ip_network(each)
            except ValueError:
                raise ValueError(f"{each!r} is no address or network such as 10.0.0.0/8") from None
        return value

    def stages(self) -> tuple[Stage, ...]:
        """The kinds of stage.

        Raises:
            ConfigurationError: the stages file can't be used.
        """
        if self.stages_file is None:
            return DEFAULT_STAGES
        return read_stages(self.stages_file)

    def zone(self) -> tzinfo | None:
        """Whose calendar days count; None is the machine's."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    def today(self) -> date:
        """The supervisor's present day."""
        return datetime.now().astimezone(self.zone()).date()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before environment before auditor.toml."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def read_stages(path: Path) -> tuple[Stage, ...]:
    """Reads a stages file: ``[[stages]]`` tables, the last stage of the pipeline first.

    Raises:
        ConfigurationError: naming the file, the stage and the mend.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        found = TypeAdapter(tuple[Stage, ...]).validate_python(told.get("stages", ()))
    except OSError as exc:
        raise ConfigurationError(
            f"stages file {path}: can't be read ({exc.strerror}); mend stages_file"
        ) from None
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        place = ".".join(str(p + 1 if isinstance(p, int) else p) for p in first["loc"])
        raise ConfigurationError(
            f"stages file {path}: stage {place}: {first['msg']}; mend the file"
        ) from None
    except ValueError as exc:  # no TOML, or no UTF-8
        raise ConfigurationError(f"stages file {path}: {exc}; mend the file") from None
    if not found:
        raise ConfigurationError(
            f"stages file {path}: holds no [[stages]]; add one, or unset stages_file"
        )
    keys = [stage.key for stage in found]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ConfigurationError(f"stages file {path}: key {twice!r} stands twice; rename one")
    return found


def load_settings(**overrides: object) -> Settings:
    """Reads the settings.

    Args:
        overrides: values from the command line; None means "not given".

    Raises:
        ConfigurationError: naming the setting, the value's problem and the mend; never a secret.
    """
    given = {k: v for k, v in overrides.items() if v is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as exc:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors(include_input=False)
        )
        raise ConfigurationError(
            f"settings: {problems}; mend the AUDITOR_* variable or {CONFIG_FILE}"
        ) from None
    except ValueError as exc:  # a TOML file that does not parse
        raise ConfigurationError(f"{CONFIG_FILE}: {exc}; mend the file") from None
