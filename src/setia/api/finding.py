"""Looking a code up: a voucher in somebody's hand, the public code of a campaign, an imported one."""

from __future__ import annotations

import datetime as dt

from setia.api.reading import version_at
from setia.api.reads import find_edition
from setia.api.views import gives_json
from setia.api.writing import Json, instant, life_json, text
from setia.app import Services
from setia.flow.stored import voucher as voucher_from
from setia.flow.work import Voucher
from setia.language.model import Programme, Reward
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.rewards.store import ask_codes, ask_vouchers_by_code, voucher_of
from setia.rules.match import is_open
from setia.rules.rulebook import rulebook
from setia.values.codes import DeclineCode
from setia.values.faults import NotFound
from setia.values.ids import public_id
from setia.values.secret_codes import canonical


async def find_code(services: Services, programme: str, said: str, language: str) -> Json:
    """What a code is and whether it can be used now; raises ``NotFound``."""
    code, now = canonical(said), services.clock.now()
    async with services.pool.connection() as conn:
        edition = await find_edition(services, conn, programme)
        running = version_at(edition, now)
        public = rulebook(running).codes.get(code)
        if public is not None:
            reward = running.rewards[public]
            left = await _left(conn, edition.id, f"stock:{public}", now)
            return _campaign(running, reward, code, left, now, language)
        cursor = await ask_vouchers_by_code(conn, edition.id, [code])
        row = await cursor.fetchone() if code else None
        if row is not None:
            return _voucher(edition, public_id("mem", row[0]), voucher_from(voucher_of(row)), now, language)
        cursor = await ask_codes(conn, edition.id, [code])
        imported = await cursor.fetchone()
        if imported is None or imported[1] not in running.rewards or running.rewards[imported[1]].codes != "bearer":
            raise NotFound("code", said)
        left = await _left(conn, edition.id, f"code:{code}", now)
    found = _campaign(running, running.rewards[imported[1]], code, left, now, language)
    if imported[2] == "revoked":
        found |= {"usable": False, "why_not": {"code": DeclineCode.VOUCHER_REVOKED.value}}
    return {**found, "kind": "imported"}


async def _left(conn: AsyncConnection, programme_id: int, account: str, now: dt.datetime) -> int | None:
    """What is left of an account, without what carts have reserved; None: it is without end."""
    cursor = await conn.execute(
        """SELECT h.left_ - coalesce((
               SELECT sum(r.quantity) FROM reservations r
               WHERE r.programme_id = h.programme_id AND r.account = h.account AND r.until_ > %s
           ), 0)::bigint
           FROM house_accounts h WHERE h.programme_id = %s AND h.account = %s""",
        [now, programme_id, account],
    )
    row = await cursor.fetchone()
    return None if row is None else max(int(row[0]), 0)


def _campaign(
    programme: Programme, reward: Reward, code: str, left: int | None, now: dt.datetime, language: str
) -> Json:
    why: DeclineCode | None = None
    schedule = reward.schedule
    if schedule is not None and not is_open(schedule, now, programme.zone):
        is_early = schedule.start is not None and now < schedule.start
        why = DeclineCode.VOUCHER_NOT_ACTIVE if is_early else DeclineCode.VOUCHER_EXPIRED
    elif left == 0:
        why = DeclineCode.QUANTITY_EXCEEDED
    return {
        "code": code,
        "kind": "public",
        "reward": reward.name,
        "title": text(reward.title, language, reward.name),
        "gives": gives_json(programme, reward.gives),
        "usable": why is None,
        "why_not": None if why is None else {"code": why.value},
        "member": None,
        "state": "issued",
        "activates_at": None if schedule is None else instant(schedule.start),
        "valid_until": None if schedule is None else instant(schedule.end),
        "left": left,
    }


def _voucher(edition: Edition, owner: str, voucher: Voucher, now: dt.datetime, language: str) -> Json:
    promised = next((v.programme for v in edition.versions if v.number == voucher.version), version_at(edition, now))
    reward = promised.rewards.get(voucher.reward)
    why: DeclineCode | None = {
        "used": DeclineCode.VOUCHER_USED, "cancelled": DeclineCode.VOUCHER_REVOKED,
        "revoked": DeclineCode.VOUCHER_REVOKED, "lapsed": DeclineCode.VOUCHER_EXPIRED,
    }.get(voucher.state)  # fmt: skip
    if why is None and voucher.valid_until is not None and voucher.valid_until <= now:
        why = DeclineCode.VOUCHER_EXPIRED
    elif why is None and voucher.activates_at is not None and voucher.activates_at > now:
        why = DeclineCode.VOUCHER_NOT_ACTIVE
    return {
        "kind": "voucher",
        "reward": voucher.reward,
        "title": voucher.reward if reward is None else text(reward.title, language, voucher.reward),
        "gives": {} if reward is None else gives_json(promised, reward.gives),
        "usable": why is None and reward is not None,
        "why_not": None if why is None else {"code": why.value},
        "member": owner,
        "state": "lapsed" if why is DeclineCode.VOUCHER_EXPIRED else voucher.state,
        "valid_until": instant(voucher.valid_until),
        **life_json(promised, voucher),
    }
