"""Causes, donations and payouts as the API writes them."""

from __future__ import annotations

import re
from typing import Final

from setia.api import examples
from setia.api.declines import message
from setia.api.reads import Picture
from setia.api.writing import Json, activity_id, instant, money, text, units
from setia.causes.store import Donation, Payout
from setia.flow.payouts import find_cause
from setia.language.contracts import Cause
from setia.language.model import Programme
from setia.programmes.model import Edition
from setia.values.codes import DeclineCode
from setia.values.faults import NotFound
from setia.values.ids import public_id
from setia.values.money import format_scaled

_RECEIPT: Final = re.compile(r"([0-9]{4})-([0-9]{6,9})")
_LANGUAGES: Final = ("en", "id", "ms")
_MONEY: Final = {"amount": "5.00", "currency": "USD"}
CAUSE: Final = {
    "cause": "school", "title": "Village School", "unit": "points", "least": 100, "step": 1, "worth": _MONEY,
    "worth_of": 1_000, "can_give": True, "why_not": None,
    "match": {"by": "Our Roaster", "percent": "100.00", "left": _MONEY},
}  # fmt: skip
RECEIPT: Final = {
    "receipt": "2026-000017", "cause": "school", "title": "Village School", "unit": "points", "amount": 500,
    "money": _MONEY, "match": _MONEY, "given_on": "2026-03-01", "state": "given", "activity": examples.ACTIVITY,
    "is_share": False,
}  # fmt: skip
PAYOUT: Final = {
    "cause": "school", "title": "Village School", "batch": 1, "state": "closed", "closed_at": examples.Z,
    "closed_by": "dewi", "count": 1, "units": {"points": 500}, "money": _MONEY, "match": _MONEY, "total": _MONEY,
}  # fmt: skip
_MANY: Final = 1_000
_SAYS: Final = {
    "number": ("Receipt {receipt} of {day}", "Tanda terima {receipt} tanggal {day}", "Resit {receipt} bertarikh {day}"),
    "gave": ("{units} {unit} for {cause}", "{units} {unit} untuk {cause}", "{units} {unit} untuk {cause}"),
    "money": (
        "The cause gets {money} for them, and {match} are added.",
        "Untuk itu disalurkan {money}, ditambah {match}.",
        "Untuk itu disalurkan {money}, ditambah {match}.",
    ),
    "void": (
        "This receipt is void: the gift was taken back.",
        "Tanda terima ini batal: donasi ditarik kembali.",
        "Resit ini terbatal: derma ditarik balik.",
    ),
}


def read_receipt(said: str) -> tuple[int, int]:
    """Year and number of a receipt; raises ``NotFound`` for what is none."""
    found = _RECEIPT.fullmatch(said)
    if found is None:
        raise NotFound("receipt", said[:40])
    return int(found[1]), int(found[2])


def causes_json(picture: Picture, language: str) -> Json:
    """The causes that are for the member, and the share that the member always gives."""
    programme, giving = picture.programme, picture.progress.giving
    rows: list[Json] = []
    for cause in programme.causes.values():
        declined = picture.why_not_give(cause)
        if declined is not None and declined.code is DeclineCode.CAUSE_NOT_ELIGIBLE:
            continue
        why = None
        if declined is not None:
            why = {"code": declined.code.value, "message": message(programme, declined.code, declined.facts)}
        rows.append(_cause(picture, cause, language) | {"can_give": declined is None, "why_not": why})
    share = None if giving is None else {"cause": giving[0], "percent": format_scaled(giving[1], 2)}
    return {"causes": rows, "giving": share}


def _cause(picture: Picture, cause: Cause, language: str) -> Json:
    programme = picture.programme
    decimals = programme.units[cause.unit].decimals
    match = None
    if cause.match is not None:
        match = {
            "by": text(cause.match.by, language),
            "percent": format_scaled(int(cause.match.share * 10_000), 2),
            "left": money(programme, picture.house.get(cause.matched, cause.match.up_to)),
        }
    return {
        "cause": cause.name,
        "title": text(cause.title, language, cause.name),
        "unit": cause.unit,
        "least": units(programme, cause.unit, cause.least),
        "step": units(programme, cause.unit, cause.step),
        "worth": money(programme, cause.money(_MANY * 10**decimals, decimals)),
        "worth_of": _MANY,
        "match": match,
    }


def donation_json(edition: Edition, gift: Donation, language: str) -> Json:
    """A gift with the number of its receipt."""
    programme = edition.versions[-1].programme
    state = "void" if gift.voided_at is not None else "given" if gift.payout is None else "paid_out"
    return {
        "receipt": gift.receipt,
        "cause": gift.cause,
        "title": _title(edition, gift.cause, language),
        "unit": gift.unit,
        "amount": units(programme, gift.unit, gift.amount),
        "money": money(programme, gift.money),
        "match": money(programme, gift.match),
        "given_on": gift.given_on.isoformat(),
        "state": state,
        "activity": activity_id(gift.activity_id),
        "is_share": gift.sale_id is not None,
    }


def receipt_json(edition: Edition, gift: Donation, language: str) -> Json:
    """A gift with the text of its receipt."""
    programme = edition.versions[-1].programme
    chosen = _LANGUAGES.index(language) if language in _LANGUAGES else 0
    found = donation_json(edition, gift, language)
    unit = programme.units.get(gift.unit)
    gaps = {
        "receipt": gift.receipt, "day": gift.given_on.isoformat(), "cause": found["title"],
        "units": str(found["amount"]), "unit": gift.unit if unit is None else text(unit.title, language, gift.unit),
        "money": _said(programme, gift.money), "match": _said(programme, gift.match),
    }  # fmt: skip
    keys = ["number", "gave", "money", *(["void"] if gift.voided_at is not None else [])]
    return found | {"text": [_SAYS[key][chosen].format(**gaps) for key in keys]}


def _said(programme: Programme, minor: int) -> str:
    return f"{format_scaled(minor, programme.currency_decimals)} {programme.currency}"


def _title(edition: Edition, cause: str, language: str) -> str:
    return text(find_cause(edition, cause).title, language, cause)


def payout_json(edition: Edition, payout: Payout, language: str, *, with_gifts: bool = False) -> Json:
    """The statement of a cause: a batch, or what is open."""
    programme = edition.versions[-1].programme
    found: Json = {
        "cause": payout.cause,
        "title": _title(edition, payout.cause, language),
        "batch": payout.no,
        "state": "open" if payout.no is None else "closed",
        "closed_at": instant(payout.closed_at),
        "closed_by": payout.closed_by,
        "count": len(payout.gifts),
        "units": {unit: units(programme, unit, amount) for unit, amount in payout.units.items()},
        "money": money(programme, payout.money),
        "match": money(programme, payout.match),
        "total": money(programme, payout.money + payout.match),
    }
    if with_gifts:
        found["gifts"] = [
            {**donation_json(edition, gift, language), "member": public_id("mem", gift.member_id)}
            for gift in payout.gifts
        ]
    return found
