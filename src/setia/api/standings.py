"""How a member's plan stands, as answers write it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from setia.language.model import Programme
from setia.values.ids import public_id
from setia.values.money import format_scaled

Json = dict[str, Any]


def plan_json(programme: Programme, told: Json) -> Json:
    """How a plan stands, from ``standing_json``: money with its currency, ids with their prefix."""
    out: Json = dict(told)
    for name in ("starts_at", "ends_at", "until"):
        if name in out:
            out[name] = _z(out[name])
    for name in ("used", "credit"):
        if name in out:
            out[name] = money(programme, out[name])
    if "invoice" in out:
        invoice = dict(out["invoice"])
        invoice["id"] = invoice_id(UUID(hex=invoice["id"]))
        for name in ("fee", "credit", "amount"):
            invoice[name] = money(programme, invoice[name])
        for name in ("due_at", "lapses_at"):
            invoice[name] = _z(invoice[name])
        out["invoice"] = invoice
    if "refund" in out:
        refund = dict(out["refund"])
        for name in ("amount", "fee", "used"):
            refund[name] = money(programme, refund[name])
        out["refund"] = refund
    return out


def invoice_id(value: UUID) -> str:
    """``inv_…``."""
    return public_id("inv", value)


def money(programme: Programme, minor: int) -> Json:
    """Minor units as an amount with its currency."""
    return {"amount": format_scaled(minor, programme.currency_decimals), "currency": programme.currency}


def _z(at: str) -> str:
    return at.replace("+00:00", "Z")
