"""Reading ``rewards:``."""

from __future__ import annotations

from typing import Literal

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.gives import read_gives
from setia.language.model import Limit, Reward
from setia.language.rules import read_schedule
from setia.language.sections import Section, mapping_of, number_of, scalar_of
from setia.language.units import read_window_of
from setia.values.money import LARGEST
from setia.values.secret_codes import canonical

MONEY = "money"
"""Stands among ``costs:`` for what is paid with money."""


def read_rewards(top: Section, draft: Draft) -> None:
    """Read all rewards into the draft."""
    for position, (name, section) in enumerate(top.named("rewards", "reward", "reward", is_word=False)):
        section.close()
        limit = section.section("limit", "reward_limit", "'limit'")
        costs, money = _read_costs(section, draft)
        draft.rewards[name] = Reward(
            name=name,
            title=section.titled("title", name),
            gives=read_gives(section, draft),
            costs=costs,
            per=section.integer("per", 1, 10**6) or 1,
            stock=section.integer("stock", 1, LARGEST),
            valid=section.span("valid"),
            when=section.condition("when", draft.vocabulary.common_scope()),
            limit=None if limit is None else _read_limit(limit),
            partner=_read_partner(section, draft),
            money=money,
            pending=section.span("pending"),
            schedule=read_schedule(section, draft),
            group=_read_group(section, draft),
            code=_read_code(section, draft),
            codes=_read_codes(section),
            position=position,
        )


def _read_partner(section: Section, draft: Draft) -> str | None:
    name = section.text("partner")
    return name if name is not None and draft.check_partner(name, section.value_at("partner")) else None


def _read_costs(section: Section, draft: Draft) -> tuple[dict[str, int], int]:
    node = section.find("costs")
    costs: dict[str, int] = {}
    money = 0
    if node is None:
        return costs, money
    for name, entry in mapping_of(node, draft.findings, "'costs'").items():
        is_money = name == MONEY and MONEY not in draft.units
        known = is_money or draft.check_unit(name, entry.key.place)
        scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
        if not known or scalar is None:
            continue
        decimals = draft.currency_decimals if is_money else draft.units[name].decimals
        number = number_of(scalar, f"'{name}'", 1, LARGEST, decimals, draft.findings) or 1
        if is_money:
            money = number
        else:
            costs[name] = number
    if money and not costs:
        message = "'money' stands beside units, but the reward costs none"
        draft.findings.error(
            DiagnosticCode.MONEY_WITHOUT_UNITS, message, section.at("costs"), "write costs: {points: 300, money: 5.00}"
        )
    return costs, money


def _read_limit(section: Section) -> Limit | None:
    section.close()
    example = "limit: {times: 1, per: month}"
    section.find("times", example)
    times = section.integer("times", 1, 10**9)
    window = read_window_of(section, "per", example)
    return None if times is None or window is None else Limit(None, times, window, "reject")


def _read_group(section: Section, draft: Draft) -> str | None:
    group = section.text("group")
    if group is not None:
        hint = "" if draft.groups else f"declare it: groups: {{{group}: {{pick: best}}}}"
        draft.check_known(group, draft.groups, "group", DiagnosticCode.UNKNOWN_GROUP, section.value_at("group"), hint)
    return group


def _read_code(section: Section, draft: Draft) -> str | None:
    text = section.text("code", longest=60)
    if text is None:
        return None
    code = canonical(text)
    if len(code) < 3 or not code.isascii():
        message = f"'{text[:60]}' has fewer than three letters and digits"
        hint = "write capitals and digits that people can type: SUMMER10"
        section.error(DiagnosticCode.BAD_CODE, message, "code", hint)
    owner = draft.public_codes.setdefault(code, section.what)
    if owner != section.what:
        message = f"the code '{text}' leads to {owner} already"
        section.error(DiagnosticCode.SAID_TWICE, message, "code", "give each reward a code of its own")
    return code


def _read_codes(section: Section) -> Literal["pool", "bearer"] | None:
    word = section.word("codes", ("pool", "bearer"))
    if word is None:
        return None
    section.refuse_with("codes", ("code",))
    if word == "pool":
        if section.has("stock"):
            message = "'stock' means nothing beside 'codes: pool': there are as many as codes were imported"
            section.error(DiagnosticCode.CONFLICTING_KEYS, message, "stock", "take it out")
        return "pool"
    section.refuse_with("codes", ("costs", "stock", "valid", "pending"))
    return "bearer"
