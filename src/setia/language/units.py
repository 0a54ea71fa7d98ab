"""Reading ``units:``."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import ACTIVE, Draft
from setia.language.gift_cards import read_bounds, unit_of_cards
from setia.language.model import (
    ExpiresAfter,
    ExpiresIdle,
    ExpiresOn,
    Expiry,
    Limit,
    NeverExpires,
    Pays,
    Pool,
    RoundAt,
    Rounding,
    RoundingPolicy,
    TopUp,
    TransferPolicy,
    Unit,
)
from setia.language.nodes import Mapping, Node, Scalar
from setia.language.sections import (
    Section,
    read_scalar,
    wrong_shape,
)
from setia.language.unit_model import Quota
from setia.language.words import (
    read_calendar_span,
    read_choice,
    read_fraction,
    read_month_day,
    read_percent,
    read_window,
)
from setia.values.instants import Calendar, Span, Until, Window
from setia.values.money import LARGEST

EXPIRES_EXAMPLE: Final = (
    "never, {after: 12 months, from: earned, until: end_of_month}, {on: [03-31, 09-30]} or {inactive_for: 24 months}"
)
RESERVED_UNITS: Final = ("times", "per", "over", "reward", "voucher", "plan", "money", "from", "owed", "badge")


def read_units(top: Section, draft: Draft) -> None:
    """Read all units into the draft, but not the conditions in them: those need the members' fields."""
    of_cards = unit_of_cards(top)
    for name, section in top.named("units", "unit", "unit", is_word=True):
        if name in RESERVED_UNITS:
            message = f"'{name}' is a setting of rules"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, section.place, "give the unit another name")
        draft.units[name] = _read_unit(name, section, draft, is_of_cards=name == of_cards)
        section.close()


def _read_unit(name: str, section: Section, draft: Draft, *, is_of_cards: bool) -> Unit:
    decimals = section.integer("decimals", 0, 6) or 0
    top_up = _read_top_up(section, draft)
    # What was bought with money is money: it earns when it pays, as cash does.
    is_money = is_of_cards or top_up is not None
    pools = {pool: _read_pool(pool, inner, draft) for pool, inner in section.named("pools", "pool", "pool", False)}
    expires = section.find("expires")
    pending = section.find("pending")
    title, forms = section.counted("name", name)
    return Unit(
        name=name,
        title=title,
        forms=forms,
        decimals=decimals,
        worth=read_money_per_unit(section, "worth", draft) or Fraction(0),
        breakage=section.read("breakage", read_percent) or Fraction(0),
        pays=_read_pays(section, draft, is_money),
        expires=NeverExpires() if expires is None else read_expiry(expires, section, draft),
        pending=None if pending is None else _read_pending(pending, section),
        rounding=_read_rounding(section),
        at_most=section.integer("at_most", 1, LARGEST, decimals),
        limit=_read_limit(section, name, decimals),
        transfer=_read_transfer(section, decimals),
        pools=pools,
        top_up=top_up,
        remind=section.read("remind", read_calendar_span),
    )


def read_money_per_unit(section: Section, key: str, draft: Draft, required: str = "") -> Fraction | None:
    """Read what one unit is worth, in minor units of money."""
    scalar = section.scalar(key, required)
    if scalar is None:
        return None
    value = read_scalar(scalar, read_fraction, draft.findings)
    if value is not None and value <= 0:
        message = f"'{key}' is {scalar.text}"
        hint = "write how much money one unit is worth: 0.01; leave it out if it is worth nothing"
        draft.findings.error(DiagnosticCode.OUT_OF_RANGE, message, scalar.place, hint)
        return None
    return None if value is None else value * 10**draft.currency_decimals


def _read_top_up(section: Section, draft: Draft) -> TopUp | None:
    if isinstance(section.find("top_up"), Scalar):
        section.read("top_up", lambda text: read_choice(text, ["allowed"]))
        return TopUp()
    inner = section.section("top_up", "top_up", "'top_up'")
    if inner is None:
        return None
    inner.close()
    least, most = read_bounds(inner, draft)
    return TopUp(least, most, inner.flag("earns"))


def _read_pays(section: Section, draft: Draft, is_money: bool) -> Pays | None:
    if isinstance(section.find("pays"), Scalar):
        worth = read_money_per_unit(section, "pays", draft)
        return None if worth is None else Pays(worth, is_money)
    inner = section.section("pays", "pays", "'pays'")
    if inner is None:
        return None
    worth = read_money_per_unit(inner, "worth", draft, "pays: {worth: 0.01}")
    pays = Pays(worth or Fraction(1), inner.flag("earn_on_paid", is_money), inner.flag("same_order"))
    inner.close()
    return pays


def read_expiry(node: Node, section: Section, draft: Draft) -> Expiry:
    """Read ``expires:`` of a unit, a pool or a rule."""
    findings = draft.findings
    if isinstance(node, Scalar):
        read_scalar(node, lambda text: read_choice(text, ["never"]), findings)
        return NeverExpires()
    if not isinstance(node, Mapping):
        wrong_shape(node, findings, "'expires'", EXPIRES_EXAMPLE)
        return NeverExpires()
    inner = Section("expires", node, section.at("expires"), findings, "'expires'")
    inner.close()
    form = inner.only_one(("after", "on", "inactive_for"), "expires: {after: 12 months, until: end_of_month}")
    if form == "after":
        inner.refuse_with("after", ("min_life", "activities", "exempt", "after_exemption"))
        after = inner.span("after", least=0)
        source = inner.read("from", lambda text: read_choice(text, ["earned", "activated"]))
        default = Until.END_OF_DAY if after is None or after.is_calendar else Until.INSTANT
        if after is None:
            return NeverExpires()
        return ExpiresAfter(after, source == "activated", _read_until(inner, default))
    if form == "on":
        inner.refuse_with("on", ("from", "until", "activities", "exempt", "after_exemption"))
        days = [read_scalar(day, read_month_day, findings) for day in inner.texts("on")]
        kept = tuple(sorted(day for day in days if day is not None))
        return ExpiresOn(kept, inner.read("min_life", read_calendar_span)) if kept else NeverExpires()
    if form == "inactive_for":
        inner.refuse_with("inactive_for", ("from", "min_life"))
        idle = inner.read("inactive_for", read_calendar_span)
        exempt = inner.condition("exempt", draft.vocabulary.member_scope())
        after_exemption = inner.read("after_exemption", read_calendar_span)
        if after_exemption is not None and not inner.has("exempt"):
            message = "'after_exemption' says how long points live when an exemption ends, but there is none"
            hint = "add `exempt: <condition over member.…>`, or take it out"
            inner.error(DiagnosticCode.EXEMPTION_WITHOUT_CONDITION, message, "after_exemption", hint)
        activities = draft.known_types(inner.texts("activities"), ACTIVE)
        if idle is not None:
            return ExpiresIdle(idle, activities, exempt, after_exemption, _read_until(inner, Until.INSTANT))
    return NeverExpires()


def _read_until(section: Section, default: Until) -> Until:
    text = section.read("until", lambda found: read_choice(found, [until.value for until in Until]))
    return default if text is None else Until(text)


def _read_pending(node: Node, section: Section) -> Span | None:
    if isinstance(node, Scalar):
        return section.span("pending")
    inner = section.section("pending", "pending", "'pending'")
    if inner is None:
        return None
    inner.close()
    return inner.span("for", required="pending: {for: 14 days}")


def _read_rounding(section: Section) -> RoundingPolicy:
    modes = [mode.value for mode in Rounding]
    if isinstance(section.find("rounding"), Scalar):
        mode = section.read("rounding", lambda text: read_choice(text, modes))
        return RoundingPolicy(Rounding(mode or "floor"))
    inner = section.section("rounding", "rounding", "'rounding'")
    if inner is None:
        return RoundingPolicy()
    mode = inner.read("mode", lambda text: read_choice(text, modes))
    at = inner.read("at", lambda text: read_choice(text, [place.value for place in RoundAt]))
    policy = RoundingPolicy(Rounding(mode or "floor"), RoundAt(at or "order"), inner.flag("carry"))
    inner.close()
    return policy


def _read_transfer(section: Section, decimals: int) -> TransferPolicy | None:
    if isinstance(section.find("transfer"), Scalar):
        section.read("transfer", lambda text: read_choice(text, ["allowed"]))
        return TransferPolicy()
    inner = section.section("transfer", "transfer", "'transfer'")
    if inner is None:
        return None
    expiry: Literal["keep", "reset", "lives"] = "keep"
    lives: Span | None = None
    if isinstance(inner.find("expires"), Scalar):
        expiry = (
            "reset" if inner.read("expires", lambda text: read_choice(text, ["keep", "reset"])) == "reset" else "keep"
        )
    else:
        after = inner.section("expires", "transfer_expires", "'expires'")
        if after is not None:
            expiry, lives = "lives", after.read("after", read_calendar_span, "expires: {after: 90 days}")
            after.close()
    policy = TransferPolicy(
        expiry=expiry,
        lives=lives,
        min_life=inner.read("min_life", read_calendar_span),
        send=read_quota(inner, "send", decimals),
        receive=read_quota(inner, "receive", decimals),
    )
    inner.close()
    return policy


def _read_limit(section: Section, name: str, decimals: int) -> Limit | None:
    inner = section.section("limit", "unit_limit", "'limit'")
    if inner is None:
        return None
    example = "limit: {at_most: 1_000, per: month, over: trim}"
    inner.find("at_most", example)
    amount = inner.integer("at_most", 1, LARGEST, decimals)
    window = read_window_of(inner, "per", example)
    over = inner.read("over", lambda text: read_choice(text, ["trim", "reject"]))
    inner.close()
    if amount is None or window is None:
        return None
    return Limit(name, amount, window, "reject" if over == "reject" else "trim")


def read_quota(section: Section, key: str, decimals: int) -> Quota | None:
    """Read how much there may be in a window."""
    inner = section.section(key, "quota", f"'{key}'")
    if inner is None:
        return None
    example = f"{key}: {{at_most: 100_000, per: year}}"
    inner.find("at_most", example)
    amount = inner.integer("at_most", 1, LARGEST, decimals)
    window = read_window_of(inner, "per", example)
    inner.close()
    return None if amount is None or window is None else Quota(amount, window)


def _read_pool(name: str, section: Section, draft: Draft) -> Pool:
    node = section.find("expires", "expires: never")
    expires = NeverExpires() if node is None else read_expiry(node, section, draft)
    pool = Pool(name, expires, section.read("closed", read_calendar_span))
    section.close()
    return pool


def read_window_of(section: Section, key: str, required: str = "") -> Window | None:
    """Read the window of a metric or a limit."""
    node = section.find(key, required)
    if not isinstance(node, Mapping):
        return None if node is None else section.read(key, read_window)
    inner = Section("window", node, section.at(key), section.findings, f"'{key}'")
    inner.close()
    form = inner.only_one(("year_from", "every"), f"{key}: {{year_from: 03-01}}")
    if form == "year_from":
        inner.refuse_with("year_from", ("from",))
        day = inner.read("year_from", read_month_day)
        return None if day is None else Window(Calendar.YEAR, year_from=day)
    if form == "every":
        span = inner.read("every", read_calendar_span)
        inner.read("from", lambda text: read_choice(text, ["joining"]), f"{key}: {{every: 6 months, from: joining}}")
        return None if span is None else Window(Calendar.EVERY, span)
    return None
