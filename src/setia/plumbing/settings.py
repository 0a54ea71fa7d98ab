"""Every setting there is, read from the environment once and handed on as one value."""

from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from setia.values.faults import Fault

_PREFIX = "SETIA_"


class SettingsError(Fault):
    """A setting in the environment cannot be used; the message names each variable, what it held and what is wrong."""

    code = "settings_invalid"


class Settings(BaseSettings):
    """How this installation runs; what a *programme* does is never a setting but a line of its definition.

    Read from the environment: the attribute `log_level` is the variable `SETIA_LOG_LEVEL`. Two variables keep the name
    that the rest of the world gives them: `DATABASE_URL` and `PG_BIN`.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: str | None = Field(
        repr=False,
        default=None,
        validation_alias=AliasChoices("database_url", f"{_PREFIX}DATABASE_URL", "DATABASE_URL"),
        description="The PostgreSQL database to use, as a URL or as a libpq connection string. "
        "Without it Setia starts an embedded server of its own.",
    )
    pg_bin: Path | None = Field(
        default=None,
        validation_alias=AliasChoices("pg_bin", f"{_PREFIX}PG_BIN", "PG_BIN"),
        description="The folder with `initdb`, `pg_ctl` and `postgres` for the embedded server. "
        "Without it: the installed wheel's, else Debian's under `/usr/lib/postgresql`.",
    )
    state_dir: Path | None = Field(
        default=None,
        description="Where the embedded server keeps its data. Without it: a folder for this installation under "
        "`$XDG_STATE_HOME/setia` (`~/.local/state/setia`), for root under `/var/lib/setia`.",
    )
    host: str = Field(default="127.0.0.1", description="The address `setia serve` listens on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="The port `setia serve` listens on; 0 takes a free one."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important message that is logged."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto", description="`json` writes one object a line; `auto` is `console` on a terminal, else `json`."
    )
    max_body_bytes: int = Field(
        default=1024 * 1024,
        ge=1024,
        description="The largest body of an ordinary request; a larger one is refused unread.",
    )
    max_batch_body_bytes: int = Field(
        default=8 * 1024 * 1024, ge=1024, description="The largest body of a batch of activities (up to 1,000 of them)."
    )
    idempotency_key_days: int = Field(
        default=7, ge=7, description="How long the answer to an `Idempotency-Key` is kept and given again."
    )
    pool_size: int = Field(default=10, ge=2, le=500, description="The most database connections one process opens.")
    pool_timeout_seconds: float = Field(
        default=5.0, gt=0, description="How long a request waits for a free connection before it gets a 503."
    )
    connect_timeout_seconds: int = Field(
        default=5, ge=2, description="How long opening one connection to the database may take."
    )
    statement_timeout_seconds: float = Field(
        default=30.0, gt=0, description="How long one statement may run before the database ends it."
    )
    lock_timeout_seconds: float = Field(
        default=10.0, gt=0, description="How long one statement may wait for a lock that another transaction holds."
    )
    worker_poll_seconds: float = Field(
        default=1.0, gt=0, description="How often an idle worker looks for clock activities and undelivered events."
    )
    webhook_timeout_seconds: float = Field(
        default=10.0, gt=0, description="How long a receiver of webhooks may take to answer one delivery."
    )
    webhook_retry_hours: float = Field(
        default=24.0,
        gt=0,
        description="How long a failed delivery is tried again, ever more rarely, before it is a dead letter.",
    )
    event_retention_days: int = Field(
        default=90,
        ge=7,
        description="How long events are kept after they were delivered, to be looked at and replayed.",
    )
    chance_keys: str = Field(
        repr=False,
        default="",
        description="Secrets from which the seeds of games and draws are made, besides what lies in the database; "
        "separated by commas, the newest first, and old ones kept until what was drawn with them is told.",
    )
    erasure_pepper: SecretStr | None = Field(
        default=None,
        description="A secret. With it, who is erased leaves a mark of their e-mail address and phone (an HMAC, "
        "nothing that could be read), so that a new account gets no second welcome. Without this very secret marks "
        "mean nothing.",
    )
    webhook_allow_private: bool = Field(
        default=False,
        description="Whether webhooks may go to loopback and private network addresses, and by plain HTTP. For trials.",
    )
    stripe_secret_key: SecretStr | None = Field(
        default=None, description="The secret key (`sk_…`) of the Stripe account that takes payments for plans."
    )
    stripe_webhook_secrets: SecretStr | None = Field(
        default=None,
        description="The signing secrets (`whsec_…`) of the webhook endpoint at Stripe; several, with commas between "
        "them, while one replaces another.",
    )
    stripe_url: str = Field(default="https://api.stripe.com", description="Where the API of Stripe is.")
    payment_timeout_seconds: float = Field(
        default=20.0, gt=0, description="How long a payment provider may take to answer one question."
    )


def load_settings(**overrides: Any) -> Settings:
    """The settings of the environment, some of them given by the caller. Raises `SettingsError`, all faults at once."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            f"{variable(str(fault['loc'][0]))}={fault['input']!r}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
        raise SettingsError("settings cannot be used:\n  " + "\n  ".join(lines)) from None


def variable(attribute: str) -> str:
    """The environment variable of an attribute: `log_level` is `SETIA_LOG_LEVEL`, `pg_bin` is `PG_BIN`."""
    name = attribute.upper()
    return name if name in {"DATABASE_URL", "PG_BIN"} or name.startswith(_PREFIX) else _PREFIX + name


def reference() -> str:
    """The page docs/reference/settings.md, written from the attributes above."""
    lines = [
        "# Settings",
        "",
        "Setia reads its settings from the environment when it starts. A value that cannot be used stops the start",
        "with a message that names the variable. What a programme does is no setting: it is in the programme's file.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        choices = getattr(field.annotation, "__args__", ())
        allowed = f" One of {', '.join(f'`{c}`' for c in choices)}." if all(isinstance(c, str) for c in choices) else ""
        default = "–" if field.default is None else f"`{str(field.default).lower()}`"
        lines.append(f"| `{variable(name)}` | {default} | {field.description}{allowed if choices else ''} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(reference(), end="")
