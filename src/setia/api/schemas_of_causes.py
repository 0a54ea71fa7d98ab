"""What causes look like in requests and answers: a part of the schemas of the OpenAPI document."""

from __future__ import annotations

from typing import Final

from setia.api.schemas import (
    _AMOUNTS,
    _ENVELOPE,
    _FLAG,
    _INSTANT,
    _MAP,
    _NUMBER,
    _STRING,
    _TEXT,
    _WHOLE,
    Json,
    _id,
    _list,
    _maybe,
    _object,
    _ref,
)

_GIFT: Final[Json] = {
    "anyOf": [
        {"const": "all"},
        {"type": "integer", "minimum": 1, "maximum": 10**12},
        {"type": "string", "pattern": r"^\d{1,12}(\.\d{1,6})?$"},
    ]
}

CAUSE_SCHEMAS: Final[dict[str, Json]] = {
    "Donation": _object("member cause amount", closed=True, **_ENVELOPE, cause=_TEXT, amount=_GIFT),
    "MemberDonation": _object("cause amount", closed=True, cause=_TEXT, amount=_GIFT),
    "Giving": _object("cause percent", closed=True, cause=_TEXT, percent=_NUMBER),
    "Nothing": _object(closed=True),
    "Causes": _object(
        "causes giving", giving=_maybe(_MAP), causes=_list(_object(
            "cause title unit least step worth worth_of can_give", cause=_STRING, title=_STRING, unit=_STRING,
            least=_ref("Amount"), step=_ref("Amount"), worth=_ref("Money"), worth_of=_WHOLE, can_give=_FLAG,
            why_not=_maybe(_MAP), match=_maybe(_MAP),
        )),
    ),
    "Receipt": _object(
        "receipt cause unit amount money match given_on state", receipt=_STRING, cause=_STRING, title=_STRING,
        unit=_STRING, amount=_ref("Amount"), money=_ref("Money"), match=_ref("Money"), given_on=_STRING,
        state={"type": "string", "enum": ["given", "void", "paid_out"]}, activity=_id("act"), is_share=_FLAG,
        text=_list(_STRING), member=_id("mem"),
    ),
    "Donations": _object("donations", donations=_list(_ref("Receipt"))),
    "Payout": _object(
        "cause batch state count units money match total", cause=_STRING, title=_STRING, batch=_maybe(_WHOLE),
        state={"type": "string", "enum": ["open", "closed"]}, closed_at=_maybe(_INSTANT), closed_by=_STRING,
        count=_WHOLE, units=_AMOUNTS, money=_ref("Money"), match=_ref("Money"), total=_ref("Money"),
        gifts=_list(_ref("Receipt")),
    ),
    "Payouts": _object("payouts", payouts=_list(_ref("Payout"))),
}  # fmt: skip
