"""Imported codes, and vouchers that are taken back."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from setia.api import examples
from setia.api.admin.members import path_member
from setia.api.door import BULK, Call, Door, reply
from setia.api.keeping import pack, unpack
from setia.api.queries import DRY_RUN
from setia.api.reading import Problems, read_number_id, read_object, version_at
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.plumbing.db import AsyncConnection
from setia.rewards.store import count_codes, insert_codes, revoke_codes
from setia.values.codes import Built
from setia.values.secret_codes import canonical

door = Door("/v1/admin/programmes/{programme}", "Admin")

MOST_CODES: Final = 10_000
_FAILS: Final = ("invalid", "not_found", "programme_not_published")


@door.post(
    "/codes", Scope.ADMIN_PROGRAMMES_PUBLISH, "Import codes of a reward",
    sends="CodesIn", example={"reward": "cinema", "codes": ["KINO-23AB", "KINO-24CD"]}, gives="CodesImported",
    answer={"imported": 2, "known": []}, status=201, fails=(*_FAILS, "idempotency_mismatch"), size=BULK,
)  # fmt: skip
async def import_codes(call: Call) -> Response:
    """Up to 10,000 at a time, for a reward with `codes: pool` or `codes: bearer`. Those that are known stay as is."""
    found = Problems()
    sent = read_object(call.body, ("reward", "codes"), found)
    codes = _read_codes(sent, found)
    name = sent.get("reward")
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
    reward = version_at(edition, call.services.clock.now()).rewards.get(name) if isinstance(name, str) else None
    if reward is None or reward.codes is None:
        found.say("/reward", "no reward of this name has `codes: pool` or `codes: bearer`", "unknown_reward")
    found.raise_any()

    async def work(conn: AsyncConnection) -> bytes:
        assert reward is not None
        known = await insert_codes(
            conn, edition.id, reward.name, codes, is_pool=reward.codes == "pool", at=call.services.clock.now()
        )
        return pack({"imported": len(set(codes)) - len(known), "known": known}, 201)

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


@door.get(
    "/codes", Scope.ADMIN_PROGRAMMES_READ, "How many imported codes are left?", gives="CodesCounted",
    answer={"codes": [{"reward": "cinema", "free": 2, "out": 40, "revoked": 0}]}, fails=_FAILS,
)  # fmt: skip
async def codes_left(call: Call) -> Response:
    """By reward: `free`, handed `out` (of a pool), `revoked`."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        rows = await count_codes(conn, edition.id)
    counted: dict[str, dict[str, int]] = {}
    for reward, state, count in rows:
        counted.setdefault(reward, {"free": 0, "out": 0, "revoked": 0})[state] = count
    return reply({"codes": [{"reward": reward, **states} for reward, states in counted.items()]})


@door.post(
    "/codes/revoke", Scope.ADMIN_PROGRAMMES_PUBLISH, "Revoke imported codes",
    sends="CodesToRevoke", example={"codes": ["KINO-23AB"]}, gives="CodesRevoked", answer={"revoked": 1},
    fails=(*_FAILS, "idempotency_mismatch"), size=BULK,
)  # fmt: skip
async def revoke_imported(call: Call) -> Response:
    """Nobody can use them any more. Those that were handed out are vouchers: revoke the voucher."""
    found = Problems()
    codes = _read_codes(read_object(call.body, ("codes",), found), found)
    found.raise_any()
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)

    async def work(conn: AsyncConnection) -> bytes:
        return pack({"revoked": await revoke_codes(conn, edition.id, codes)})

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


@door.post(
    "/members/{member}/vouchers/{voucher}/revoke", Scope.ADMIN_BALANCES_ADJUST, "Take a voucher back",
    sends="Revocation", example={"reason": "given by mistake"}, gives="Decision",
    answer=examples.decided("voucher.revoked", rewards=[{**examples.VOUCHER, "state": "revoked"}]), queries=(DRY_RUN,),
    fails=(*_FAILS, "voucher_unknown", "voucher_not_cancellable", "idempotency_mismatch", "programme_paused"),
)  # fmt: skip
async def revoke(call: Call) -> Response:
    """For good: it cannot be used any more, and nothing that it cost comes back."""
    found = Problems()
    sent = read_object(call.body, ("reason",), found)
    number = read_number_id("vch", call.path["voucher"], "{voucher}", found)
    found.raise_any()
    data: dict[str, Any] = {**sent, "voucher": number}
    return await submit(call, Built.REVOKE.value, data, member_id=path_member(call), source="admin")


def _read_codes(sent: dict[str, Any], found: Problems) -> list[str]:
    codes = sent.get("codes")
    if not isinstance(codes, list) or not 0 < len(codes) <= MOST_CODES:
        found.say("/codes", f"expected a list of 1 to {MOST_CODES:,} codes", "too_many")
        return []
    keys: list[str] = []
    for index, code in enumerate(codes):
        key = canonical(code) if isinstance(code, str) and len(code) <= 200 else ""
        if len(key) < 3:
            found.say(f"/codes/{index}", "a code has three letters and digits, or more", "bad_code")
        keys.append(key)
    return keys
