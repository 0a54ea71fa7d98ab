"""Reading ``tiers:``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Final, Literal

from setia.language.benefits import Benefits, BenefitValue, Delivery
from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.model import Drop, Keep, Level, Measure, Tiers
from setia.language.nodes import Entry, Mapping, Node, Path, Places, Scalar, Sequence
from setia.language.scope import TIER_NAMES
from setia.language.sections import (
    Section,
    check_name,
    number_of,
    read_scalar,
    scalar_of,
    scalars_of,
    wrong_shape,
)
from setia.language.words import (
    is_number,
    is_percent,
    read_calendar_span,
    read_choice,
    read_fraction,
    read_percent,
)
from setia.values.instants import Span
from setia.values.money import LARGEST

DROPS: Final = ("one_level", "to_balance", "never")


def read_tiers(top: Section, draft: Draft) -> None:
    """Read the ladder into the draft."""
    section = top.section("tiers", "tiers", "'tiers'")
    if section is None:
        return
    section.close()
    metrics, unit, decimals = _read_measures(section, draft)
    section.find("levels", "levels: {bronze: {from: 0}, silver: {from: 1_000}}")
    levels = []
    for rank, (name, inner) in enumerate(section.named("levels", "level", "level", is_word=False)):
        levels.append(_read_level(name, rank, inner, metrics, decimals, draft))
    if not levels:
        return
    check_benefit_kinds(
        [(level.name, ("tiers", "levels", level.name), level.benefits) for level in levels], "level", top, draft
    )
    # So that conditions can be typed though kinds are mixed: what differs from the first is left away.
    first = first_kinds([level.benefits for level in levels])
    levels = [replace(level, benefits=_of_kind(level.benefits, first)) for level in levels]
    refunds = section.read("refunds", lambda text: read_choice(text, ["protect", "follow"]))
    draft.tiers = Tiers(
        levels=tuple(levels),
        metrics=metrics,
        unit=unit,
        keep=_read_keep(section),
        drop=_read_drop(section),
        refunds="follow" if refunds == "follow" else "protect",
    )


def _read_measures(section: Section, draft: Draft) -> tuple[tuple[str, ...], str | None, tuple[int, ...]]:
    """The metrics, or the unit, by which levels are reached, and the decimals of each."""
    scalars = section.texts("by", "by: year_spend")
    if len(scalars) == 1:
        noun, dot, unit = scalars[0].text.partition(".")
        if dot and noun == "balance":
            known = draft.check_unit(unit, scalars[0].place)
            return (), unit if known else None, (draft.units[unit].decimals if known else 0,)
    names = [
        scalar.text
        for scalar in scalars
        if draft.check_known(scalar.text, draft.metrics, "metric", DiagnosticCode.UNKNOWN_METRIC, scalar.place)
    ]
    return tuple(names), None, tuple(draft.metrics[name].decimals for name in names)


def _read_needs(
    name: str, rank: int, section: Section, metrics: tuple[str, ...], decimals: tuple[int, ...], draft: Draft
) -> tuple[Measure, ...]:
    """``from:`` of a level: a number, a least value of each metric, or ``any:`` of several such."""
    example = f"{{from: {1_000 * rank}}}" if len(metrics) < 2 else f"{{from: {{{metrics[0]}: {30 * rank}}}}}"
    node = section.find("from", f"{name}: {example}")
    if len(metrics) < 2:
        return ((section.integer("from", 0, LARGEST, decimals[0] if decimals else 0) or 0,),)
    nothing = tuple(0 for _ in metrics)
    if node is None or (isinstance(node, Scalar) and node.text.strip() == "0"):
        return (nothing,)
    parts: list[Node] = [node]
    if isinstance(node, Mapping) and "any" in node.entries:
        for other in (entry for key, entry in node.entries.items() if key != "any"):
            message = f"'{other.key.text}' and 'any' cannot stand together"
            hint = "write each alternative in the list: {any: [{segments: 30}, {spend: 3_000}]}"
            draft.findings.error(DiagnosticCode.CONFLICTING_KEYS, message, other.key.place, hint)
        inner = node.entries["any"].value
        parts = list(inner.items) if isinstance(inner, Sequence) else [inner]
    found = [_read_need(part, metrics, decimals, draft) for part in parts]
    return tuple(found) or (nothing,)


def _read_need(node: Node, metrics: tuple[str, ...], decimals: tuple[int, ...], draft: Draft) -> Measure:
    wanted = dict.fromkeys(metrics, 0)
    if not isinstance(node, Mapping) or not node.entries:
        wrong_shape(node, draft.findings, "'from'", f"the least value of each metric: {{{metrics[0]}: 30}}")
        return tuple(wanted.values())
    for name, entry in node.entries.items():
        place = entry.key.place
        if draft.check_known(name, metrics, "measure of the ladder", DiagnosticCode.UNKNOWN_METRIC, place):
            scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
            scale = decimals[metrics.index(name)]
            if scalar is not None:
                wanted[name] = number_of(scalar, f"'{name}'", 1, LARGEST, scale, draft.findings) or 0
    return tuple(wanted.values())


def _read_level(
    name: str, rank: int, section: Section, metrics: tuple[str, ...], decimals: tuple[int, ...], draft: Draft
) -> Level:
    needs = _read_needs(name, rank, section, metrics, decimals, draft)
    if len(metrics) > 1 and section.has("to"):
        message = "'to' means nothing where levels are reached by several metrics"
        section.error(DiagnosticCode.CONFLICTING_KEYS, message, "to", "take it out")
    benefits: dict[str, BenefitValue] = {}
    for key, entry in section.others():
        if key in TIER_NAMES:
            message = f"'{key}' is what tier.{key} reads already"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, entry.key.place, "give it another name")
        elif check_name(key, entry.key.place, "benefit", True, draft.findings):
            value = read_benefit(entry, draft)
            if value is not None:
                benefits[key] = value
    return Level(
        name=name,
        title=section.titled("title", name),
        needs=needs,
        rank=rank,
        discount=section.read("discount", read_percent) or Fraction(0),
        delivery=_read_delivery(section, draft),
        benefits=benefits,
        up_to=section.integer("to", 0, LARGEST, decimals[0] if decimals else 0) if len(metrics) < 2 else None,
    )


def read_benefit(entry: Entry, draft: Draft) -> BenefitValue | None:
    """Read a benefit of one's own: a number, a percentage, a text, true, false or a list of texts."""
    node: Node = entry.value
    if isinstance(node, Sequence):
        return tuple(scalar.text for scalar in scalars_of(node, draft.findings, f"'{entry.key.text}'"))
    if not isinstance(node, Scalar) or (node.is_plain and not node.text):
        wrong_shape(
            node, draft.findings, f"'{entry.key.text}'", "a number, a percentage, a text, true, false or a list"
        )
        return None
    text = node.text.strip()
    if not node.is_plain:
        return text
    if text in ("true", "false"):
        return text == "true"
    if is_percent(text):
        return read_scalar(node, read_percent, draft.findings)
    if is_number(text):
        return read_scalar(node, read_fraction, draft.findings)
    return text


def _read_delivery(section: Section, draft: Draft) -> Delivery | None:
    if isinstance(section.find("delivery"), Scalar):
        found = section.read("delivery", lambda text: read_choice(text, ["free"]))
        return Delivery(free_from=0) if found else None
    inner = section.section("delivery", "delivery", "'delivery'")
    if inner is None:
        return None
    inner.close()
    if not inner.node.entries:
        wrong_shape(inner.node, draft.findings, "'delivery'", "free, or {free_from: 50, speed: fast}")
    speed = inner.text("speed") or "standard"
    return Delivery(inner.integer("free_from", 0, LARGEST, draft.currency_decimals), speed)


def check_benefit_kinds(named: Iterable[tuple[str, Path, Benefits]], noun: str, top: Section, draft: Draft) -> None:
    """Report benefits that are a number in one level (or plan) and something else in another."""
    places = Places(top.node)
    first: dict[str, tuple[str, BenefitValue]] = {}
    for owner, path, benefits in named:
        for name, value in benefits.items():
            earlier, other = first.setdefault(name, (owner, value))
            if type(other) is not type(value):
                message = f"'{name}' is {_words(value)} here and {_words(other)} in {noun} '{earlier}'"
                hint = f"write the same kind of value in every {noun}; put texts in quotes if they look like numbers"
                draft.findings.error(DiagnosticCode.MIXED_BENEFIT, message, places.at(*path, name), hint)


def first_kinds(owners: Iterable[Benefits]) -> dict[str, type]:
    """Benefit → the type of its first value."""
    kinds: dict[str, type] = {}
    for benefits in owners:
        for name, value in benefits.items():
            kinds.setdefault(name, type(value))
    return kinds


def _of_kind(benefits: Benefits, kinds: dict[str, type]) -> dict[str, BenefitValue]:
    return {name: value for name, value in benefits.items() if type(value) is kinds[name]}


def _words(value: BenefitValue) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Fraction):
        return "a number"
    return "a text" if isinstance(value, str) else "a list"


def _read_keep(section: Section) -> Keep:
    if not section.has("keep"):
        return Keep("while_reached")
    if isinstance(section.find("keep"), Scalar):
        scalar = section.scalar("keep")
        if scalar is not None and scalar.text == "while_reached":
            return Keep("while_reached")
        return Keep("span", section.read("keep", read_calendar_span))
    inner = section.section("keep", "keep", "'keep'")
    if inner is None:
        return Keep("while_reached")
    inner.close()
    form = inner.only_one(("for", "through"), "keep: {through: next_window, plus: 1 month}")
    if form == "for":
        inner.refuse_with("for", ("plus",))
        return Keep("span", inner.read("for", read_calendar_span))
    inner.read("through", lambda text: read_choice(text, ["next_window"]))
    return Keep("next_window", plus=inner.read("plus", read_calendar_span))


def _read_drop(section: Section) -> Drop:
    if isinstance(section.find("drop"), Scalar):
        return Drop(_drop_by(section.read("drop", lambda text: read_choice(text, DROPS))))
    inner = section.section("drop", "drop", "'drop'")
    if inner is None:
        return Drop()
    inner.close()
    by = _drop_by(inner.read("by", lambda text: read_choice(text, DROPS)))
    grace: Span | None = inner.read("grace", read_calendar_span)
    return Drop(by, grace, inner.read("notice", read_calendar_span))


def _drop_by(text: str | None) -> Literal["one_level", "to_balance", "never"]:
    if text == "to_balance" or text == "never":
        return "to_balance" if text == "to_balance" else "never"
    return "one_level"
