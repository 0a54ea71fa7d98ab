"""The door of the language: the text of a programme file in, a checked programme or everything wrong with it out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from setia.language.activities import read_activities
from setia.language.avatars import read_avatars
from setia.language.causes import read_causes
from setia.language.challenges import read_badges, read_challenges
from setia.language.check import check
from setia.language.contests import read_contests
from setia.language.diagnostics import Diagnostic, DiagnosticCode, Findings, Place
from setia.language.draft import Draft
from setia.language.drops import read_drops
from setia.language.exchanges import read_exchanges
from setia.language.games import read_draws, read_games
from setia.language.gift_cards import read_gift_cards
from setia.language.leaderboards import read_leaderboards
from setia.language.metrics import read_metrics
from setia.language.model import Programme
from setia.language.nodes import Mapping, Node, Places, read_nodes
from setia.language.partners import read_budgets, read_partners
from setia.language.plans import read_plans
from setia.language.policies import (
    read_adjustments,
    read_changes,
    read_eligible,
    read_guests,
    read_holds,
    read_late,
    read_paid_with,
    read_refunds,
    read_stacking,
)
from setia.language.referral import read_referral
from setia.language.rewards import read_rewards
from setia.language.rules import read_groups, read_rules
from setia.language.sections import Section, check_name, wrong_shape
from setia.language.tiers import read_tiers
from setia.language.units import read_units
from setia.language.words import did_you_mean, read_past_day
from setia.values.money import CURRENCIES, currency_decimals


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came out of a file: the programme, unless there is an error among the diagnostics."""

    programme: Programme | None
    diagnostics: tuple[Diagnostic, ...]


def load_programme(text: str, file: str = "programme.yaml") -> Loaded:
    """Read a programme from the ``text`` of a file; ``file`` is the name that diagnostics show.

    Never raises for what the text says: all that is wrong comes back as diagnostics, at once and in the file's order.
    """
    findings = Findings(file)
    return _load(read_nodes(text, findings), text, file, findings)


def load_nodes(root: Mapping, text: str, file: str) -> Loaded:
    """Read a programme from nodes that were read or made before; ``text`` says the same, for the digest."""
    return _load(root, text, file, Findings(file))


def _load(root: Node | None, text: str, file: str, findings: Findings) -> Loaded:
    programme: Programme | None = None
    if isinstance(root, Mapping):
        programme = _read(Section("programme", root, Place(1, 1), findings, "a programme"), text, findings)
        # With a broken part, checks of the whole would report what only follows from it.
        if not findings.has_errors:
            findings.take(check(programme, Places(root, file)))
    elif root is not None:
        wrong_shape(root, findings, "a programme", "a mapping that begins with `programme: <name>`")
    return Loaded(None if findings.has_errors else programme, findings.sorted())


def _read(top: Section, text: str, findings: Findings) -> Programme:
    draft = Draft(findings)
    name = top.text("programme", "programme: my-shop") or "programme"
    if top.has("programme"):
        check_name(name, top.value_at("programme"), "programme", False, findings)
    _read_currency(top, draft)
    _read_zone(top, draft)
    founded = top.read("founded", read_past_day)
    rewards = top.find("rewards")
    draft.reward_names = list(rewards.entries) if isinstance(rewards, Mapping) else []
    read_activities(top, draft)
    read_units(top, draft)
    read_partners(top, draft)
    read_budgets(top, draft)
    read_exchanges(top, draft)
    top.find("units", "units: {points: {name: points}}")
    read_gift_cards(top, draft)
    read_metrics(top, draft)
    read_tiers(top, draft)
    read_plans(top, draft)
    read_groups(top, draft)
    read_badges(top, draft)
    read_avatars(top, draft)
    read_rules(top, draft)
    read_challenges(top, draft)
    read_leaderboards(top, draft)
    read_rewards(top, draft)
    read_drops(top, draft)
    read_games(top, draft)
    read_draws(top, draft)
    read_contests(top, draft)
    read_causes(top, draft)
    programme = Programme(
        name=name,
        title=top.titled("title", name),
        currency=draft.currency,
        currency_decimals=draft.currency_decimals,
        zone=draft.zone,
        digest=hashlib.sha256(text.encode(errors="replace")).hexdigest(),
        units=draft.units,
        activities=draft.activities,
        metrics=draft.metrics,
        tiers=draft.tiers,
        rules=draft.rules,
        groups=draft.groups,
        founded=founded,
        badges=draft.badges,
        avatars=draft.avatars,
        challenges=draft.challenges,
        leaderboards=draft.leaderboards,
        rewards=draft.rewards,
        games=draft.games,
        draws=draft.draws,
        contests=draft.contests,
        member_fields=draft.member_fields,
        refunds=read_refunds(top),
        late=read_late(top),
        eligible=read_eligible(top, draft),
        hold_lapses=read_holds(top),
        guest_claims=read_guests(top),
        adjustments=read_adjustments(top, draft),
        changes=read_changes(top, draft),
        stacking=read_stacking(top),
        plans=draft.plans,
        gift_cards=draft.gift_cards,
        paid_with=read_paid_with(top, draft),
        partners=draft.partners,
        budgets=draft.budgets,
        referral=read_referral(top, draft),
        exchanges=draft.exchanges,
        causes=draft.causes,
        drops=draft.drops,
    )
    top.close()
    return programme


def _read_currency(top: Section, draft: Draft) -> None:
    scalar = top.scalar("currency", "currency: IDR")
    if scalar is None:
        return
    if scalar.text not in CURRENCIES:
        hint = f"{did_you_mean(scalar.text.upper(), CURRENCIES)}write an ISO 4217 code such as IDR, MYR or EUR"
        message = f"'{scalar.text[:60]}' is not a currency"
        draft.findings.error(DiagnosticCode.UNKNOWN_CURRENCY, message, scalar.place, hint)
        return
    draft.currency = scalar.text
    draft.currency_decimals = currency_decimals(scalar.text)


def _read_zone(top: Section, draft: Draft) -> None:
    scalar = top.scalar("timezone", "timezone: Asia/Jakarta")
    if scalar is None:
        return
    try:
        draft.zone = ZoneInfo(scalar.text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"'{scalar.text[:60]}' is not a time zone"
        close = did_you_mean(scalar.text, available_timezones())
        hint = f"{close}write a name of the IANA list: Asia/Jakarta, Europe/Berlin, UTC"
        draft.findings.error(DiagnosticCode.UNKNOWN_TIMEZONE, message, scalar.place, hint)
