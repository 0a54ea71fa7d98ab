"""Events as receivers read them: how a row of the outbox becomes the body of a webhook. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

import orjson

from setia.flow.events import EVENTS, Field, Kind
from setia.language.model import Programme
from setia.plumbing.outbox import StoredEvent, numbered_id
from setia.programmes.model import Edition
from setia.values.codes import EventName
from setia.values.ids import public_id
from setia.values.money import format_scaled
from setia.values.stakes import PRICE_DECIMALS

_PREFIXES: Final = {Kind.MEMBER: "mem", Kind.HOLD: "hld", Kind.INVOICE: "inv", Kind.ENTRY: "act"}


def event_id(event: StoredEvent) -> str:
    """The public id of an event (``evt_…``): the same however often and to whomever it is delivered."""
    return numbered_id("evt", event.id, event.created_at)


def payload(event: StoredEvent, edition: Edition) -> dict[str, Any]:
    """What receivers get. Amounts are written as their unit says, by the version in force when it happened."""
    programme = _in_force(edition, event.occurred_at)
    known = EVENTS[EventName(event.name)].fields if event.name in set(EventName) else {}
    return {
        "id": event_id(event),
        "type": event.name,
        "programme": edition.name,
        "member": public_id("mem", event.member_id),
        "sequence": event.seq,
        "occurred_at": event.occurred_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            key: _written(value, known[key].kind if key in known else Kind.PLAIN, event.data, programme)
            for key, value in event.data.items()
        },
    }


def body(event: StoredEvent, edition: Edition) -> str:
    """``payload`` as the text that is signed and sent."""
    return orjson.dumps(payload(event, edition)).decode()


def is_known_to(event: StoredEvent, edition: Edition) -> bool:
    """Whether the edition has the units that the event speaks of; else a newer version was published meanwhile."""
    programme = _in_force(edition, event.occurred_at)
    return all(unit in programme.units for unit in _units(event.data))


def _units(data: dict[str, Any]) -> list[str]:
    units = data.get("units")
    return [data["unit"]] if "unit" in data else list(units) if isinstance(units, dict) else []


def _written(value: Any, kind: Kind, data: dict[str, Any], programme: Programme) -> Any:
    if value is None or kind is Kind.PLAIN:
        return value
    if kind in _PREFIXES:
        return public_id(_PREFIXES[kind], UUID(value))
    if kind is Kind.MONEY:
        return {"amount": format_scaled(value, programme.currency_decimals), "currency": programme.currency}
    if kind is Kind.AMOUNTS:
        return {unit: _in_unit(steps, unit, programme) for unit, steps in value.items()}
    if kind is Kind.AMOUNT:
        return _in_unit(value, data.get("unit", ""), programme)
    if kind is Kind.BUDGET:
        return _of_budget(value, data.get("rule", ""), programme)
    return _of_metric(value, programme)


def _in_unit(steps: int, unit: str, programme: Programme) -> int | str:
    known = programme.units.get(unit)
    return steps if known is None or not known.decimals else format_scaled(steps, known.decimals)


def _of_budget(left: int, name: str, programme: Programme) -> int | str:
    budgets = [*programme.budgets.values(), *(rule.budget for rule in programme.rules.values() if rule.budget)]
    budget = next((budget for budget in budgets if budget.name == name), None)
    if budget is None:
        return left
    return format_scaled(left, PRICE_DECIMALS) if budget.unit is None else _in_unit(left, budget.unit, programme)


def _of_metric(steps: Any, programme: Programme) -> Any:
    """What is missing of the measure of the ladder; of several metrics a list of ways, each with what it misses."""
    tiers = programme.tiers
    if isinstance(steps, list):
        return [{name: _in_metric(left, name, programme) for name, left in way.items() if left} for way in steps]
    if tiers is None:
        return steps
    if tiers.unit is not None:
        return _in_unit(steps, tiers.unit, programme)
    return _in_metric(steps, tiers.metrics[0], programme)


def _in_metric(steps: int, name: str, programme: Programme) -> int | str:
    known = programme.metrics.get(name)
    return steps if known is None or not known.decimals else format_scaled(steps, known.decimals)


def _in_force(edition: Edition, at: dt.datetime) -> Programme:
    found = edition.versions[0]
    for version in edition.versions:
        if version.effective_at <= at:
            found = version
    return found.programme


# The reference page ---------------------------------------------------------------------------------------------------


def _example(data: Field) -> Any:
    if data.kind in _PREFIXES:
        return public_id(_PREFIXES[data.kind], UUID(data.example))
    return {"amount": "39.99", "currency": "USD"} if data.kind is Kind.MONEY else data.example


def reference() -> str:
    """The page docs/reference/events.md, written from ``EVENTS``."""
    lines = [
        "# Events",
        "",
        "What the outbox announces, and what webhooks deliver (how: [webhooks](../guides/webhooks.md)). The body of",
        "every delivery has the same keys:",
        "",
        "| key | meaning |",
        "|---|---|",
        "| `id` | The id of the event, `evt_…`. The header `webhook-id` has it too; it is the same at every attempt. |",
        "| `type` | The name of the event, as below. |",
        "| `programme` | The programme. |",
        "| `member` | The member, `mem_…`. |",
        "| `sequence` | Counts the events of this member in this programme: 1, 2, 3, … |",
        "| `occurred_at` | When it happened. |",
        "| `data` | What the event says: the keys below. |",
        "",
        'Amounts are whole numbers where the unit has no decimals, else decimal texts (`"12.50"`).',
    ]
    for name, announced in EVENTS.items():
        lines += ["", f"## {name.value}", announced.when]
        if announced.fields:
            lines += ["", "| key | example | meaning |", "|---|---|---|"]
        for key, data in announced.fields.items():
            lines.append(f"| `{key}` | `{orjson.dumps(_example(data)).decode()}` | {data.meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(reference(), end="")
