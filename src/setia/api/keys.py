"""API keys: made, looked up by the digest of the secret, listed, revoked. The secret is shown once and never kept."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

from setia.api.scopes import SCOPES, Audience, Scope
from setia.plumbing.db import AsyncConnection
from setia.values.faults import Invalid, NotFound, Problem
from setia.values.ids import public_id, uuid7

_KEY: Final[LiteralString] = (
    "k.id, k.audience, k.name, k.scopes, k.programme, k.member_id, k.created_at, k.created_by, k.expires_at,"
    " k.revoked_at, k.last_used_at, k.partner"
)
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_SECRET: Final = re.compile(r"setia_(till|member|admin)_[0-9a-z]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. ``programme`` is None for admin keys only, ``member_id`` set for member keys only.

    ``partner`` is set for a till that belongs to a partner and speaks for that one alone.
    """

    id: UUID
    audience: Audience
    name: str
    scopes: frozenset[Scope]
    programme: str | None
    member_id: UUID | None
    created_at: dt.datetime
    created_by: str
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_at: dt.datetime | None
    partner: str | None = None

    @property
    def public_id(self) -> str:
        """``key_…``: fit for logs, unlike the secret."""
        return public_id("key", self.id)

    def is_good(self, now: dt.datetime) -> bool:
        """Whether the key opens anything at ``now``."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def looks_like_secret(text: str) -> bool:
    """Whether ``text`` has the form of a secret; anything else need not be looked for."""
    return _SECRET.fullmatch(text) is not None


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


async def create_key(
    conn: AsyncConnection,
    audience: Audience,
    name: str,
    *,
    at: dt.datetime,
    programme: str | None = None,
    member_id: UUID | None = None,
    scopes: Iterable[Scope] = (),
    expires_at: dt.datetime | None = None,
    by: str = "",
    partner: str | None = None,
) -> tuple[Key, str]:
    """A new key and its secret, which cannot be had again. ``scopes`` empty: all of the audience.

    Raises ``Invalid`` for a combination that makes no sense.
    """
    chosen = tuple(scopes) or SCOPES[audience]
    problems = [
        Problem("/scopes", f"'{scope}' is not a scope of {audience} keys; they are {', '.join(SCOPES[audience])}")
        for scope in chosen
        if scope.audience is not audience
    ]
    if (audience is Audience.ADMIN) != (programme is None):
        wanted = "is bound to no programme" if audience is Audience.ADMIN else "needs the programme it is for"
        problems.append(Problem("/programme", f"a key for {audience} {wanted}"))
    if (audience is Audience.MEMBER) != (member_id is not None):
        wanted = "needs the member it is for" if audience is Audience.MEMBER else "is bound to no member"
        problems.append(Problem("/member", f"a key for {audience} {wanted}"))
    if partner is not None and audience is not Audience.TILL:
        problems.append(Problem("/partner", f"a key for {audience} speaks for no partner; only a till's can"))
    if expires_at is not None and expires_at <= at:
        problems.append(Problem("/expires_at", "the key would be over before it begins"))
    if problems:
        raise Invalid(problems)
    secret = f"setia_{audience}_" + "".join(secrets.choice(_ALPHABET) for _ in range(32))
    key = Key(
        uuid7(int(at.timestamp() * 1000), os.urandom(10)), audience, name, frozenset(chosen), programme, member_id, at,
        by, expires_at, None, None, partner,
    )  # fmt: skip
    await conn.execute(
        """INSERT INTO api_keys (id, audience, name, digest, scopes, programme, member_id, created_at, created_by,
                                 expires_at, partner)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            key.id, audience.value, name, digest(secret), [scope.value for scope in chosen], programme, member_id, at,
            by, expires_at, partner,
        ],
    )  # fmt: skip
    return key, secret


async def find_key(conn: AsyncConnection, secret: str) -> Key | None:
    """The key with this secret, whatever its state."""
    cursor = await conn.execute(f"SELECT {_KEY} FROM api_keys k WHERE k.digest = %s", [digest(secret)])
    row = await cursor.fetchone()
    return _key(row) if row else None


async def list_keys(conn: AsyncConnection, *, after: UUID | None = None, limit: int = 50) -> list[Key]:
    """A page of keys, oldest first, revoked ones too."""
    cursor = await conn.execute(
        f"SELECT {_KEY} FROM api_keys k WHERE %s::uuid IS NULL OR k.id > %s ORDER BY k.id LIMIT %s",
        [after, after, limit],
    )
    return [_key(row) for row in await cursor.fetchall()]


async def revoke_key(conn: AsyncConnection, key_id: UUID, *, at: dt.datetime) -> Key:
    """Make a key worthless, for good; revoking it twice changes nothing. Raises ``NotFound``."""
    cursor = await conn.execute(
        f"""UPDATE api_keys k SET revoked_at = coalesce(revoked_at, %s) WHERE id = %s RETURNING {_KEY}""", [at, key_id]
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("key", public_id("key", key_id))
    return _key(row)


async def note_uses(conn: AsyncConnection, uses: dict[UUID, dt.datetime]) -> None:
    """Write down when keys were last used."""
    for key_id, at in sorted(uses.items()):
        await conn.execute("UPDATE api_keys SET last_used_at = greatest(last_used_at, %s) WHERE id = %s", [at, key_id])


def _key(row: tuple[object, ...]) -> Key:
    id_, audience, name, scopes, *rest = row
    assert isinstance(scopes, list)
    known = frozenset(Scope(scope) for scope in scopes if scope in set(Scope))
    return Key(id_, Audience(str(audience)), name, known, *rest)  # type: ignore[arg-type]
