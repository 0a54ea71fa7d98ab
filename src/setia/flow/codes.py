"""Giving vouchers their codes: made from the programme's secret, or imported ones that are handed out. Pure.

Codes are given after everything is decided, so that no decision depends on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from setia.flow.apply import is_of_pool
from setia.flow.work import Decision, Gathered, Voucher
from setia.values.secret_codes import canonical, make_code


def without_code(decisions: Iterable[Decision]) -> Iterator[tuple[UUID, Voucher]]:
    """The vouchers that were issued just now, each once, with their members; one that is a gift card has no code."""
    seen: set[tuple[UUID, int]] = set()
    for decision in decisions:
        for voucher in decision.vouchers:
            key = decision.activity.member_id, voucher.no
            is_own = voucher.activity_id in (decision.activity.id, decision.of)  # of: a revision gives what it missed
            if not voucher.code and voucher.card is None and is_own and key not in seen:
                seen.add(key)
                yield decision.activity.member_id, voucher


def wanted_of_pools(gathered: Gathered, decisions: Iterable[Decision]) -> dict[str, int]:
    """How many imported codes of each reward are to be handed out."""
    wanted: dict[str, int] = {}
    for _, voucher in without_code(decisions):
        if is_of_pool(gathered, voucher):
            wanted[voucher.reward] = wanted.get(voucher.reward, 0) + 1
    return wanted


def name_vouchers(gathered: Gathered, decisions: list[Decision], secret: bytes, pools: Mapping[str, list[str]]) -> None:
    """Give each new voucher its code: the next of its reward's pool (which is taken out of it), or one of its own."""
    named: dict[tuple[UUID, int], str] = {}
    for member_id, voucher in without_code(decisions):
        if is_of_pool(gathered, voucher):
            voucher.code = canonical(pools[voucher.reward].pop(0))
        else:
            voucher.code = make_code(secret, f"{member_id.hex}/{voucher.no}")
        named[member_id, voucher.no] = voucher.code
    for decision in decisions if named else ():
        for told in decision.answer.get("set_off", ()):
            for item in told["vouchers"]:
                item[4] = named.get((decision.activity.member_id, item[0]), item[4])
