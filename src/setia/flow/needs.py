"""What a batch needs to have gathered before it can be decided. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from setia.flow.apply import notice_of
from setia.flow.work import NaturalKey, Version
from setia.language.model import Programme
from setia.rules.contests import account_of
from setia.rules.facts import accounts_of, prize_account
from setia.rules.rulebook import rulebook
from setia.values.activities import Activity
from setia.values.codes import CHALLENGE_COMPLETED, CONSEQUENCES, Built, Tick
from setia.values.instants import DAY, local_date

_AMENDING = (Built.RETURN.value, Built.CANCEL.value, Built.UNEXCHANGE.value, Built.UNDONATE.value)
_UNDOING = (Built.CONTEST_WITHDRAWN.value, Built.CONTEST_REVIEWED.value, Built.UNVOTED.value)
_USING = (Built.PURCHASE.value, Built.USE.value, Built.PROMISED.value)
_AS = {Built.PROMISED.value: Built.PURCHASE.value}
_CARD_NAMED = (Built.CARD_ISSUED.value, Built.CARD_OPENED.value, Built.CARD_ATTACHED.value, Built.CARD_REPLACED.value)
_PLAIN = (Built.PURCHASE.value, Built.JOINED.value, Built.UPDATED.value)


PARTY = {Built.TRANSFER.value: "to", Built.MERGED.value: "with", Built.UNMERGED.value: "with"}
"""Activities of two members, and where the body names the other one."""

_CLOCK = (
    Tick.BIRTHDAY.value,
    Tick.ANNIVERSARY.value,
    Tick.BRAND_ANNIVERSARY.value,
    Tick.PLAN_MONTH.value,
    Tick.PLAN_LAPSED.value,
)


def needs_lots(version: Version, activity: Activity) -> bool:
    """Whether all open lots of the member must be known, even when the clock has nothing to do.

    Only an activity that can do no more than award does without: balances are enough for it.
    """
    book = rulebook(version.programme)
    declared = activity.type in version.programme.activities
    if activity.type not in _PLAIN and not declared:
        return True
    if any(activity.body.get(name) for name in ("claims", "spend", "referred_by")) or activity.revision:
        return True
    plan = book.plan(activity.type)
    if book.reached or (book.in_order and activity.type == Built.PURCHASE):
        return True
    takes = (rule.takes for rule in (*plan.rules, *book.plan(CHALLENGE_COMPLETED).rules))
    return any(takes) or bool(book.plan("tier.changed").rules)


def clock_needs_lots(versions: Iterable[Version]) -> bool:
    """Whether the clock may have to take units or to end what is not dated, so that it must know all open lots."""
    books = [rulebook(version.programme) for version in versions]
    return any(book.has_takes or book.idle_units or book.reminding for book in books)


def referred_key(activity: Activity) -> NaturalKey | None:
    """The natural key of the sale that a return or cancellation speaks of."""
    if activity.type not in _AMENDING:
        return None
    of = activity.body.get("of")
    if of is None:
        return None  # a donation that is taken back with its sale
    return of["source"], of["external_id"]


def referred_hold(activity: Activity) -> UUID | None:
    """The hold that a commit or release speaks of."""
    return UUID(hex=activity.body["hold"]) if activity.type in (Built.COMMIT.value, Built.RELEASE.value) else None


def referred_voucher(activity: Activity) -> int | None:
    """The number of the voucher that is to be cancelled or revoked."""
    return int(activity.body["voucher"]) if activity.type in (Built.UNCLAIM.value, Built.REVOKE.value) else None


def codes_of(activity: Activity) -> list[dict[str, Any]]:
    """The vouchers and codes that the activity brings, as its body has them."""
    name = "codes" if activity.type in (Built.RESERVE.value, Built.UNRESERVE.value) else "vouchers"
    found: list[dict[str, Any]] = activity.body.get(name, []) if name == "codes" or activity.type in _USING else []
    return found


def other_members(activity: Activity) -> set[UUID]:
    """Whom else the activity concerns: the receiver of a transfer, gift cards as far as their wallets are known."""
    if activity.type in PARTY:
        return {UUID(hex=activity.body[PARTY[activity.type]])}
    return cards_in(activity)


def cards_in(activity: Activity) -> set[UUID]:
    """The wallets of the gift cards that an activity names."""
    return {UUID(hex=item["card"]) for item in _card_items(activity) if "card" in item}


def card_codes(activity: Activity) -> set[str]:
    """The digests of the card codes that an activity names."""
    return {item["code"] for item in _card_items(activity) if "code" in item}


def issued_codes(activity: Activity) -> set[str]:
    """Those of them that may become cards by it."""
    is_issued = activity.type == Built.CARD_ISSUED
    items = [activity.body["gift_card"]] if is_issued else list(_sold_cards(activity))
    return {item["code"] for item in items if "code" in item}


def _card_items(activity: Activity) -> Iterator[dict[str, Any]]:
    if activity.type == Built.PURCHASE:
        yield from activity.body.get("gift_cards", ())
    elif activity.type in _CARD_NAMED:
        yield activity.body["gift_card"]
    yield from _sold_cards(activity)


def _sold_cards(activity: Activity) -> Iterator[dict[str, Any]]:
    if activity.type == Built.PURCHASE:
        for line in activity.body.get("lines") or ():
            if "gift_cards" in line:
                yield from line["gift_cards"]


def person(name: str | None) -> str:
    """A name of somebody who corrects balances, as it is compared."""
    return (name or "").strip().casefold()


def goodwill_account(programme: Programme, activity: Activity) -> tuple[str, int | None]:
    """The house account of what one person may still give on the local day of ``activity``, an adjustment, and with
    how much it begins; None: there is no limit."""
    unit = activity.body["unit"]
    per_day = programme.adjustments.per_day.get(unit)
    if per_day is None or activity.body["amount"] <= 0:
        return "", None
    day = local_date(activity.recorded_at, programme.zone)
    return f"goodwill:{unit}:{day.isoformat()}:{person(activity.body.get('by'))}", per_day


def house_on_demand(versions: Iterable[Version], activities: Iterable[Activity]) -> dict[str, int]:
    """House accounts of ``activities`` that nobody opens beforehand, with what they begin with."""
    found: dict[str, int] = {}
    for activity in activities:
        if activity.type == Built.DONATED:
            # It may be recorded a moment later than it looks now, on the other side of New Year.
            for at in (activity.recorded_at, activity.recorded_at + DAY):
                found |= {receipts_account(at, version.programme.zone): 0 for version in versions}
        if activity.type != Built.ADJUST:
            continue
        for version in versions:
            account, initial = goodwill_account(version.programme, activity)
            if initial is not None:
                found.setdefault(account, initial)
    return found


def receipts_account(at: dt.datetime, zone: ZoneInfo) -> str:
    """The house account that counts the receipts of donations in the calendar year of ``at``."""
    return f"receipts:{local_date(at, zone).year}"


def referral_code(activity: Activity) -> str | None:
    """The code of whoever brought the member, where the activity has one."""
    name = {Built.REFERRED.value: "code", Built.JOINED.value: "referred_by"}.get(activity.type)
    return None if name is None else activity.body.get(name)


def house_initials(programme: Programme) -> dict[str, int]:
    """The constrained house accounts of a version, with what they start with.

    ``budget:<name>`` in steps, ``money:<name>`` in millionths of whole money, ``pack:<partner>`` in steps,
    ``overdrawn:<partner>``, ``sent:<exchange>`` and ``given:<cause>`` (money) counting up from zero, ``match:<cause>``
    in money, ``stock:<reward>`` and
    ``prize:<game>/<prize>`` in pieces; ``contest:<contest>`` in entries; ``draw:<draw>``: 1 as long as it is open;
    ``notice:…``: 1 until the end of the budget or of the pack has been announced.
    """
    initials: dict[str, int] = {}
    for rule in programme.rules.values():
        if rule.budget is not None:
            initials[rule.budget.account] = rule.budget.amount
            initials[notice_of(rule.budget.account)] = 1
    for exchange in programme.exchanges.values():
        if exchange.give not in programme.units:
            initials[f"sent:{exchange.name}"] = 0
    for cause in programme.causes.values():
        initials[cause.given] = 0
        if cause.match is not None:
            initials[cause.matched] = cause.match.up_to
    for partner in programme.partners.values():
        if partner.pack is not None:
            account = f"pack:{partner.name}"
            initials[account] = partner.pack.amount
            initials[notice_of(account)] = 1
            if partner.pack.over == "overdraw":
                initials[f"overdrawn:{partner.name}"] = 0
    for reward in programme.rewards.values():
        if reward.stock is not None:
            initials[f"stock:{reward.name}"] = reward.stock
    for game in programme.games.values():
        initials |= {prize_account(game.name, p.name): p.stock for p in game.prizes.values() if p.stock is not None}
    initials |= {f"draw:{raffle}": 1 for raffle in programme.draws}
    initials |= {account_of(c.name): c.slots for c in programme.contests.values() if c.slots is not None}
    return initials


def house_accounts(versions: Iterable[Version], activities: Iterable[Activity]) -> set[str]:
    """The house accounts that deciding ``activities`` may change: to be locked in sorted order after the members."""
    names: set[str] = set()
    # What is promised is what a purchase would draw.
    types = {_AS.get(activity.type, activity.type) for activity in activities}
    amends = bool(types.intersection((*_AMENDING, *_UNDOING, Built.UNCLAIM.value, Built.RERATED.value)))
    amends |= any(activity.revision for activity in activities)
    codes = {item["code"]: item for activity in activities for item in codes_of(activity)}
    names |= {f"code:{code}" for code in codes}
    for version in versions:
        initials = house_initials(version.programme)
        initials |= {f"stock:{r.name}": 0 for r in version.programme.rewards.values() if r.codes == "pool"}
        if not initials:
            continue
        public = rulebook(version.programme).codes
        drawn = {public[code] for code in codes if code in public} | {item.get("choose") for item in codes.values()}
        names |= {f"stock:{reward}" for reward in drawn if f"stock:{reward}" in initials}
        book = rulebook(version.programme)
        reached = {rule.name for rules in book.reached.values() for rule in rules}
        reached |= {rule.name for kind in CONSEQUENCES for rule in book.plan(kind).rules}
        reached |= {rule.name for rule in version.programme.rules.values() if set(rule.on) - types and amends}
        listening = {rule.name for kind in types for rule in book.plan(kind).rules} | reached
        listening |= {rule.name for rule in book.in_order}
        # The clock may be worked off on the way, so what its rules give is locked as well.
        listening |= {
            rule.name for rule in version.programme.rules.values() if any(_is_clock(kind) for kind in rule.on)
        }
        for name in listening:
            rule = version.programme.rules[name]
            if rule.budget is not None:
                names |= {rule.budget.account, notice_of(rule.budget.account)}
            names |= _pack_accounts(rule.issuer or "").intersection(initials)
            names |= {f"stock:{give.reward}" for give in rule.gives if f"stock:{give.reward}" in initials}
        for activity in activities:
            names |= _pack_accounts(activity.body.get("partner", "")).intersection(initials)
            names |= {f"{kind}:{activity.body.get('cause')}" for kind in ("given", "match")}.intersection(initials)
            names |= {f"sent:{activity.body.get('exchange')}"}.intersection(initials)
            claims = activity.body.get("claims", (activity.body,))
            claimed = [claim[name] for claim in claims for name in ("reward", "choose") if name in claim]
            names |= {f"stock:{reward}" for reward in claimed if f"stock:{reward}" in initials}
            names |= {account for account in accounts_played(version.programme, activity) if account in initials}
        if amends:
            names |= set(initials)
    return names


def _pack_accounts(partner: str) -> set[str]:
    return {f"pack:{partner}", f"overdrawn:{partner}", notice_of(f"pack:{partner}")}


def accounts_played(programme: Programme, activity: Activity) -> list[str]:
    """The house accounts that playing a game, or entering a draw or a contest, may change or has to see."""
    if activity.type == Built.CONTEST_ENTERED:
        return [account_of(activity.body["contest"])]
    if activity.type == Built.ENTERED:
        return [f"draw:{activity.body['draw']}"]
    game = programme.games.get(activity.body["game"]) if activity.type == Built.PLAYED else None
    return [] if game is None else accounts_of(game)


def _is_clock(kind: str) -> bool:
    return kind.endswith(".ended") or kind in _CLOCK
