"""The schemas of the OpenAPI document: what is sent and what is answered."""

from __future__ import annotations

from typing import Any, Final

from setia.api.kinds import KINDS
from setia.api.scopes import Audience, Scope
from setia.partners.settle import LineKind
from setia.values.codes import EventName

Json = dict[str, Any]


def _object(required: str = "", *, closed: bool = False, about: str = "", **properties: Any) -> Json:
    found: Json = {"type": "object", "properties": properties}
    if required:
        found["required"] = required.split()
    if closed:
        found["additionalProperties"] = False
    if about:
        found["description"] = about
    return found


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(item: Json, most: int | None = None) -> Json:
    return {"type": "array", "items": item} | ({"maxItems": most} if most else {})


def _maybe(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


_TEXT: Final[Json] = {"type": "string", "minLength": 1, "maxLength": 200}
_STRING: Final[Json] = {"type": "string"}
_WHOLE: Final[Json] = {"type": "integer"}
_FLAG: Final[Json] = {"type": "boolean"}
_ALLOWED: Final[Json] = {"type": "string", "enum": ["allowed", "refused"]}
_GOES_ON: Final[Json] = {"type": "string", "enum": ["continues", "pauses"]}
_INSTANT: Final[Json] = {"type": "string", "format": "date-time", "description": "RFC 3339 with offset."}
_NUMBER: Final[Json] = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,6})?$"}]}
_POSITIVE: Final[Json] = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 10**12},
        {"type": "string", "pattern": r"^\d{1,12}(\.\d{1,6})?$"},
    ]
}
_ANYTHING: Final[Json] = {}
_MAP: Final[Json] = {"type": "object", "additionalProperties": True}
_AMOUNTS: Final[Json] = {"type": "object", "additionalProperties": _ref("Amount"), "description": "By unit."}


def _id(prefix: str) -> Json:
    return {"type": "string", "pattern": f"^{prefix}_[0-9a-z]{{26}}$"}


_WITH: dict[str, Any] = {"with": _id("mem")}


_ENVELOPE: Final[Json] = {
    "member": _ref("MemberReference"),
    "source": {**_TEXT, "maxLength": 100, "description": "Where it comes from: a till, a shop. Not `clock`."},
    "external_id": {**_TEXT, "description": "Its number there; with `source` it makes the activity count once."},
    "occurred_at": _maybe(_INSTANT),
    "revision": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
}
_PARTNER: Final[Json] = {**_TEXT, "description": "With which partner; left out: with the operator itself."}
_LINE: Final[Json] = _object(
    "amount",
    about="What the line costs for its whole quantity. Fields that the programme declares stand beside these.",
    id=_TEXT, sku=_STRING, category=_STRING, kind=_STRING, quantity=_ref("Quantity"), amount=_ref("MoneyIn"),
    discount=_ref("MoneyIn"), gift_cards=_list(_TEXT, 20),
)  # fmt: skip
_OF: Final[Json] = _object("source external_id", closed=True, source=_TEXT, external_id=_TEXT)
_PRINTS: Final[Json] = _object(
    closed=True, about="What the member could be known by; kept as hashes. Send tokens, never a card number.",
    device=_TEXT, payment=_TEXT, email=_TEXT, phone=_TEXT, address=_TEXT,
)  # fmt: skip
_SALE: Final[Json] = {
    "lines": _list(_ref("Line"), 10_000),
    "amount": _ref("MoneyIn"),
    "discounts": _list(_object("amount", amount=_ref("MoneyIn"), code=_STRING), 100),
    "tenders": _list(_object("type amount", type=_TEXT, amount=_ref("MoneyIn")), 100),
    "codes": _list(_TEXT, 100),
    "channel": _STRING,
    "place": _STRING,
    "partner": _PARTNER,
    "claims": _list(_object("reward", reward=_TEXT, quantity={"type": "integer", "minimum": 1}, choose=_TEXT), 100),
    "vouchers": _list(_ref("VoucherUse"), 50),
    "session": {**_TEXT, "description": "The cart, whose reservations are used up."},
    "expect_total": {"description": "The total that the buyer saw; another one is declined.", **_ref("MoneyIn")},
    "prints": _PRINTS,
    "spend": {"type": "object", "additionalProperties": {"anyOf": [_POSITIVE, {"const": "max"}]}},
    "gift_cards": _list(
        {
            "anyOf": [_TEXT, _object("code", closed=True, code=_TEXT, amount=_ref("MoneyIn"))],
            "description": "The code of a card that pays, or how much of it.",
        },
        20,
    ),
    "delivery": _object(
        closed=True, about="It is delivered; `fee`: what that costs without any benefit.", fee=_ref("MoneyIn")
    ),
}
_ABOUT_MEMBER: Final[Json] = {
    "name": _maybe(_TEXT),
    "email": _maybe({"type": "string", "format": "email", "maxLength": 254}),
    "phone": _maybe({"type": "string", "maxLength": 40}),
    "birthday": _maybe({"type": "string", "format": "date"}),
    "attributes": {"type": "object", "description": "Fields that the programme declares under `members:`."},
}

_START: Final[Json] = {"plan": _TEXT, "every": _TEXT, "pay_with": {"const": "units"}}
_CHANGE: Final[Json] = {"plan": _TEXT, "every": _TEXT}
_CANCEL: Final[Json] = {"reason": _TEXT, "by": _TEXT}
_PAY: Final[Json] = {
    "invoice": _id("inv"),
    "amount": _ref("MoneyIn"),
    "reference": _TEXT,
    "by": _TEXT,
    "receipt": _object("source external_id", closed=True, source=_TEXT, external_id=_TEXT, line=_TEXT),
}
_ENTRY: Final[Json] = {
    "entry": _id("act"),
    "entered_at": _INSTANT,
    "fields": {"type": "object", "additionalProperties": _STRING},
}
_FROM: Final[Any] = {"from": _maybe(_INSTANT)}
PLANS: Final[dict[str, Json]] = {
    "PlanStart": _object("plan", closed=True, **_START),
    "PlanChange": _object(closed=True, **_CHANGE),
    "PlanCancel": _object(closed=True, **_CANCEL),
    "PlanPay": _object(closed=True, **_PAY),
    "PlanRefund": _object(closed=True, invoice=_id("inv"), amount=_ref("MoneyIn"), is_done=_FLAG, reason=_TEXT,
                          by=_TEXT, reference=_TEXT),
    "TillPlanStart": _object("member plan", closed=True, **_ENVELOPE, **_START),
    "TillPlanChange": _object("member", closed=True, **_ENVELOPE, **_CHANGE),
    "TillPlanCancel": _object("member", closed=True, **_ENVELOPE, **_CANCEL),
    "TillPlanPay": _object("member", closed=True, **_ENVELOPE, **_PAY),
    "Checkout": _object("success_url cancel_url", closed=True, success_url=_TEXT, cancel_url=_TEXT),
    "CheckoutPage": _object("url", url=_STRING),
    "PaymentDone": _object(closed=True, by=_TEXT),
    "PlanStanding": _object(
        "name is_active", about="How the member's plan stands. `kind`: trial, paid, units, given or grace.",
        name=_STRING, is_active=_FLAG, kind=_STRING, every=_STRING, starts_at=_INSTANT, ends_at=_INSTANT,
        until=_INSTANT, used=_ref("Money"), credit=_ref("Money"), renews=_MAP, invoice=_MAP, refund=_MAP,
    ),
    "Plans": _object("plan plans", plan=_maybe(_ref("PlanStanding")), plans=_list(_object(
        "name prices can_start", name=_STRING, title=_STRING, costs=_AMOUNTS, lasts=_maybe(_STRING),
        trial=_maybe(_STRING), grace=_maybe(_STRING), can_start=_FLAG, cancel=_MAP,
        prices=_list(_object("every fee", every=_STRING, fee=_ref("Money"))),
    ))),
    "Invoice": _object(
        "id plan state fee amount", id=_id("inv"), plan=_STRING, every=_STRING, kind=_STRING, fee=_ref("Money"),
        state={"type": "string", "enum": ["open", "paid", "void"]}, credit=_ref("Money"), amount=_ref("Money"),
        tax=_ref("Money"), opened_at=_INSTANT, due_at=_INSTANT, lapses_at=_INSTANT, settled_at=_maybe(_INSTANT),
        period=_maybe(_MAP), payment=_maybe(_MAP),
    ),
    "Invoices": _object("invoices", invoices=_list(_ref("Invoice"))),
    "PaymentOrder": _object(
        "id kind member invoice amount state", id=_WHOLE, kind={"type": "string", "enum": ["charge", "refund"]},
        member=_id("mem"), invoice=_id("inv"), amount=_ref("Money"), state=_STRING, provider=_STRING,
        reference=_STRING, reason=_STRING, created_at=_INSTANT,
    ),
    "PaymentOrders": _object("orders", orders=_list(_ref("PaymentOrder"))),
}  # fmt: skip
SCHEMAS: Final[dict[str, Json]] = {
    # Parts.
    "Money": _object("amount currency", amount={"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
                     currency={"type": "string", "pattern": "^[A-Z]{3}$"}),
    "MoneyIn": {
        "description": "An amount in the programme's currency, as decimal text or number, or with the currency.",
        "anyOf": [_NUMBER, {"type": "number"}, _ref("Money")],
    },
    "Quantity": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,3})?$"}]},
    "Amount": {"description": "A whole number, or decimal text for a unit with decimals.", **_NUMBER},
    "MemberReference": {
        "description": "A member id, or exactly one of the things that lead to a member.",
        "anyOf": [
            _id("mem"),
            *({"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}
              for name, schema in (("id", _id("mem")), ("card", _TEXT), ("phone", _TEXT), ("email", _TEXT),
                                   ("external_id", _TEXT), ("gift_card", _TEXT))),
        ],
    },
    "Line": _LINE,
    "VoucherUse": {
        "description": "The code of a voucher or a campaign; `choose`: what is picked where the reward is a choice.",
        "anyOf": [
            _TEXT,
            _object("code", closed=True, code=_TEXT, choose=_TEXT,
                    quantity={"type": "integer", "minimum": 1, "maximum": 1_000_000}),
        ],
    },
    "Problem": _object(
        "type title status code detail", about="RFC 9457.",
        type=_STRING, title=_STRING, status=_WHOLE, code={"type": "string", "enum": sorted(KINDS)}, detail=_STRING,
        data=_MAP, decision=_ref("Decision"),
        errors=_list(_object("pointer code message", pointer=_STRING, code=_STRING, message=_STRING)),
    ),
    # Sent to the till.
    "Quote": _object(**_ENVELOPE, **_SALE),
    "Promise": _object("member", **_ENVELOPE, **_SALE, lapses_after={
        "type": "integer", "minimum": 1, "maximum": 525_600, "description": "Minutes.",
    }),
    "Purchase": _object("source external_id", **_ENVELOPE, **_SALE),
    "Return": _object(
        "source external_id of", closed=True, **_ENVELOPE, of=_OF, reason=_STRING, partner=_PARTNER,
        lines=_list(_object(closed=True, id=_TEXT, sku=_TEXT, quantity=_ref("Quantity")), 10_000),
    ),
    "Cancellation": _object(closed=True, **_ENVELOPE, of=_OF, reason=_STRING, partner=_PARTNER,
                            voucher={"type": "string", "pattern": "^vch_[0-9]{1,9}$"}),
    "Hold": _object("member unit amount", closed=True, **_ENVELOPE, unit=_TEXT, amount=_POSITIVE, partner=_PARTNER,
                    lapses_after={"type": "integer", "minimum": 1, "maximum": 525_600, "description": "Minutes."}),
    "Commit": _object("member", closed=True, **_ENVELOPE, amount=_POSITIVE, unit=_TEXT, partner=_PARTNER),
    "Release": _object("member", closed=True, **_ENVELOPE, partner=_PARTNER),
    "Reservation": _object("member codes session", closed=True, **_ENVELOPE, codes=_list(_ref("VoucherUse"), 50),
                           session=_TEXT, lapses_after={"type": "integer", "minimum": 1, "maximum": 525_600,
                                                        "description": "Minutes."}),
    "Unreservation": _object("member codes session", closed=True, **_ENVELOPE, codes=_list(_ref("VoucherUse"), 50),
                             session=_TEXT),
    "VouchersUsed": _object("member vouchers", closed=True, **_ENVELOPE, vouchers=_list(_ref("VoucherUse"), 50),
                            session=_TEXT),
    "Revocation": _object("reason", closed=True, reason={"type": "string", "minLength": 1, "maxLength": 2_000}),
    "CodesIn": _object("reward codes", closed=True, reward=_TEXT, codes=_list(_TEXT, 10_000)),
    "CodesImported": _object("imported known", imported=_WHOLE, known=_list(_STRING)),
    "CodesRevoked": _object("revoked", revoked=_WHOLE),
    "CodesToRevoke": _object("codes", closed=True, codes=_list(_TEXT, 10_000)),
    "CodesCounted": _object("codes", codes=_list(_object("reward free out revoked", reward=_STRING, free=_WHOLE,
                                                         out=_WHOLE, revoked=_WHOLE))),
    "CodeFound": _object("code kind reward usable", code=_STRING, reward=_STRING, title=_STRING, usable=_FLAG,
                         kind={"type": "string", "enum": ["voucher", "public", "imported"]},
                         why_not=_maybe(_MAP), gives=_MAP, member=_maybe(_id("mem")), state=_STRING,
                         activates_at=_maybe(_INSTANT), valid_until=_maybe(_INSTANT),
                         left={"anyOf": [_WHOLE, _ref("Money"), {"type": "null"}]}),
    "Redemption": _object("member reward", closed=True, **_ENVELOPE, reward=_TEXT, choose=_TEXT, partner=_PARTNER,
                          quantity={"type": "integer", "minimum": 1, "maximum": 1_000_000}),
    "Leaderboards": _object("leaderboards", leaderboards=_list(_object(
        "leaderboard title is_shown best around rank", leaderboard=_STRING, title=_STRING, is_shown=_FLAG,
        since=_maybe(_STRING), until=_maybe(_STRING), best=_list(_ref("Place")), around=_list(_ref("Place")),
        rank=_maybe(_WHOLE),
    ))),
    "Avatar": _object("avatar title picture", avatar=_STRING, title=_STRING, picture=_STRING, badge=_maybe(_STRING),
                      can_choose=_FLAG, is_worn=_FLAG),
    "Avatars": _object("avatars", avatars=_list(_ref("Avatar"))),
    "AvatarChoice": _object(closed=True, avatar=_TEXT),
    "Place": _object("rank score is_me", rank=_WHOLE, nickname=_maybe(_STRING), avatar=_maybe(_ref("Avatar")),
                     score=_MAP, is_me=_FLAG),
    "ChallengeJoin": _object("challenge", closed=True, challenge=_TEXT),
    "Challenges": _object(
        "challenges badges",
        challenges=_list(_object(
            "challenge title state goals done", challenge=_STRING, title=_STRING,
            state={"type": "string", "enum": ["to_join", "upcoming", "open", "done", "over"]},
            goals=_list(_object("title at target is_reached", step=_maybe(_STRING), title=_STRING, at=_MAP, target=_MAP,
                                is_reached=_FLAG)),
            done=_WHOLE, can_repeat=_FLAG, joined_at=_maybe(_INSTANT), until=_maybe(_INSTANT),
        )),
        badges=_list(_object("badge title is_held", badge=_STRING, title=_STRING, is_held=_FLAG,
                             since=_maybe(_INSTANT))),
    ),
    "MemberRedemption": _object("reward", closed=True, reward=_TEXT, choose=_TEXT,
                                quantity={"type": "integer", "minimum": 1, "maximum": 1_000_000}),
    "Exchange": _object("exchange amount", closed=True, exchange=_TEXT, amount=_POSITIVE),
    "Claim": _object("member", closed=True, member=_ref("MemberReference"), of=_OF),
    "NewMember": _object(closed=True, **_ABOUT_MEMBER, card=_TEXT, cards=_list(_TEXT, 20), external_id=_TEXT,
                         joined_at=_maybe(_INSTANT), referred_by=_TEXT, prints=_PRINTS),
    "ReferralIn": _object("member code", closed=True, **_ENVELOPE, code=_TEXT, prints=_PRINTS),
    "MemberReferralIn": _object("code", closed=True, code=_TEXT, prints=_PRINTS),
    "CodesWanted": _object(closed=True, count={"type": "integer", "minimum": 1, "maximum": 100}),
    "CardCode": _object("code", closed=True, code=_TEXT),
    "OpenCard": _object("card code", closed=True, card=_id("crd"), code=_TEXT),
    "CardNamed": _object(closed=True, about="By its `code`, or by the `card` id of an answer.", code=_TEXT,
                         card=_id("crd")),
    "CardChange": _object("reason", closed=True, code=_TEXT, card=_id("crd"), reason=_TEXT),
    "ReplaceCard": _object("by_code", closed=True, code=_TEXT, card=_id("crd"), by_code=_TEXT, reason=_TEXT),
    "IssueCard": _object("code amount reason", closed=True, code=_TEXT, amount=_ref("MoneyIn"), reason=_TEXT, by=_TEXT),
    "Item": _object("type", closed=True, type=_TEXT, data=_MAP, **_ENVELOPE),
    "Batch": _object("activities", closed=True,
                     activities={"type": "array", "items": _ref("Item"), "minItems": 1, "maxItems": 1_000}),
    **PLANS,
    # Answered.
    "Award": _object("unit amount rule", unit=_STRING, amount=_ref("Amount"), rule=_STRING, title=_STRING,
                     activates_at=_maybe(_INSTANT), expires_at=_maybe(_INSTANT)),
    "Voucher": _object("id reward quantity state", id=_maybe(_STRING), reward=_STRING, title=_STRING, quantity=_WHOLE,
                       state={"type": "string", "enum": ["issued", "used", "cancelled", "lapsed", "revoked"]},
                       code=_maybe(_STRING), activates_at=_maybe(_INSTANT), gift_card=_maybe(_id("crd")),
                       left={"description": "Pieces, or money of one that keeps its rest.",
                             "anyOf": [_WHOLE, _ref("Money")]},
                       issued_at=_maybe(_INSTANT), valid_until=_maybe(_INSTANT), gives=_maybe(_MAP), cost=_AMOUNTS),
    "Decision": _object(
        "status", about="What an activity came to.",
        status={"type": "string", "enum": ["accepted", "declined", "duplicate", "parked", "failed"]},
        activity=_maybe(_id("act")), type=_STRING, member=_maybe(_id("mem")), source=_STRING, external_id=_STRING,
        occurred_at=_INSTANT, recorded_at=_INSTANT, version=_maybe(_WHOLE), earned=_list(_ref("Award")),
        stands=_list(_ref("Award")), spent=_list(_MAP), rewards=_list(_ref("Voucher")),
        totals={"type": "object", "additionalProperties": _ref("Money")}, discounts=_list(_MAP), changes=_MAP,
        tier=_MAP, delivery=_MAP, hold=_MAP, exchanged=_MAP, declined=_MAP, problem=_ref("Problem"), index=_WHOLE,
        gift_cards=_list(_MAP), sold_cards=_list(_MAP), refund=_list(_MAP), sold_short=_ref("Money"),
        shortfall=_AMOUNTS, restored=_AMOUNTS, kept=_list(_STRING), claimable_until=_INSTANT, set_off=_list(_MAP),
        vouchers=_list(_MAP), reserved=_MAP, released=_list(_STRING),
        gift=_MAP, void=_MAP, giving=_MAP, merged=_MAP, parted=_MAP,
        promise=_object("session until reserved", session=_STRING, until=_INSTANT,
                        reserved=_list(_object("account steps", account=_STRING, steps=_WHOLE))),
        play=_MAP, entry=_MAP, played=_list(_MAP), taken_back=_list(_MAP), care=_MAP,
        referral=_MAP, contest=_MAP, plan=_ref("PlanStanding"), plans=_list(_STRING),
    ),
    "Codes": _object("codes", codes=_list(_TEXT)),
    "GiftCard": _object("card last state left held expires_at", card=_id("crd"), last=_STRING,
                        state={"type": "string", "enum": ["live", "blocked", "withdrawn"]}, left=_ref("Money"),
                        held=_ref("Money"), expires_at=_maybe(_INSTANT)),
    "GiftCards": _object("gift_cards", gift_cards=_list(_ref("GiftCard"))),
    "BatchAnswer": _object("counts answers", counts=_MAP, answers=_list(_ref("Decision"))),
    "Balance": _object(
        "unit spendable available pending held debt", unit=_STRING, title=_STRING, spendable=_ref("Amount"),
        available=_ref("Amount"), pending=_ref("Amount"), held=_ref("Amount"), debt=_ref("Amount"),
        worth=_maybe(_ref("Money")), activating=_list(_ref("Dated")), expiring=_list(_ref("Dated")),
    ),
    "Dated": _object("amount at", amount=_ref("Amount"), at=_INSTANT),
    "Balances": _object("as_of balances holds", as_of=_INSTANT, balances=_list(_ref("Balance")), holds=_list(_MAP)),
    "BalanceAsOf": _object("as_of known_at balances", as_of=_INSTANT, known_at=_INSTANT,
                           balances=_list(_ref("Balance"))),
    "Tier": _object("level title", level=_STRING, title=_STRING, since=_maybe(_INSTANT), until=_maybe(_INSTANT),
                    counts=_maybe(_STRING), value=_MAP, missing_to_keep=_maybe(_MAP), benefits=_MAP,
                    next=_maybe(_MAP)),
    "Tiers": _object("tier levels", tier=_maybe(_ref("Tier")), levels=_list(_MAP)),
    "Reward": _object("reward title costs can_claim", reward=_STRING, title=_STRING, gives=_MAP, costs=_AMOUNTS,
                      per=_WHOLE, can_claim=_FLAG, why_not=_maybe(_MAP), missing=_AMOUNTS, stock=_maybe(_WHOLE),
                      valid_for=_maybe(_STRING)),
    "Rewards": _object("rewards", rewards=_list(_ref("Reward"))),
    "Page": _object(
        "page language version effective_at title markdown html",
        page={"type": "string", "enum": ["terms", "faq", "how"]},
        language={"type": "string", "enum": ["en", "id", "ms"]}, version=_WHOLE, effective_at=_INSTANT, title=_STRING,
        markdown=_STRING, html=_STRING,
    ),
    "Drop": _object("drop reward state opens_at commitment", drop=_STRING, title=_STRING, reward=_STRING,
                    state={"type": "string", "enum": ["announced", "lobby", "open", "gone"]}, arrive_from=_INSTANT,
                    opens_at=_INSTANT, pieces_left=_WHOLE, admit=_WHOLE, every=_STRING,
                    pass_for=_STRING, hold_for=_STRING, commitment=_STRING, seed=_maybe(_STRING)),
    "Drops": _object("drops", drops=_list(_ref("Drop"))),
    "PlaceInLine": _object("drop state", drop=_STRING, state=_STRING, number=_maybe(_WHOLE), ahead=_maybe(_WHOLE),
                     until=_maybe(_INSTANT), arrived_at=_INSTANT, pieces_left=_WHOLE,
                     drawn=_maybe(_object("lot seed commitment", lot=_STRING, seed=_STRING, commitment=_STRING))),
    "Vouchers": _object("vouchers", vouchers=_list(_ref("Voucher"))),
    "Entry": _object(
        "id kind unit amount reason at", id=_STRING, kind=_STRING, unit=_STRING, title=_STRING, amount=_ref("Amount"),
        moved=_ref("Amount"), reason=_STRING, rule=_maybe(_STRING), at=_INSTANT, recorded_at=_INSTANT,
        activates_at=_maybe(_INSTANT), expires_at=_maybe(_INSTANT), ends_at=_maybe(_INSTANT), lot=_maybe(_STRING),
        activity=_maybe(_MAP),
    ),
    "History": _object("entries next", entries=_list(_ref("Entry")), next=_maybe(_STRING)),
    "Explanation": _object("text version rules differs", text=_list(_STRING), version=_WHOLE, rules=_list(_MAP),
                           differs=_list(_STRING)),
    "EntryExplained": _object("entry explanation", entry=_ref("Entry"), explanation=_ref("Explanation")),
    "ActivityExplained": _object("activity explanation", activity=_STRING, explanation=_ref("Explanation")),
    "MemberProfile": _object(
        "id joined_at is_blocked", id=_id("mem"), name=_maybe(_STRING), email=_maybe(_STRING), phone=_maybe(_STRING),
        birthday=_maybe({"type": "string", "format": "date"}), attributes=_MAP, is_blocked=_FLAG, joined_at=_INSTANT,
        identifiers=_list(_object(kind=_STRING, value=_STRING)), revision=_WHOLE,
    ),
    "Export": _object("member", member=_MAP, about="Beside `member` a list for each table that has rows of theirs."),
    "Erased": _object("member rows marks", member=_id("mem"), rows=_WHOLE, marks=_WHOLE,
                      about="`rows`: in how many rows the person stood; `marks`: how many marks are kept of them."),
    "MergeIn": _object("with reason", closed=True, **_WITH, reason=_STRING, by=_STRING,
                       duplicates={"type": "string", "enum": ["flag", "reverse"], "default": "flag"}),
    "UnmergeIn": _object("with reason", closed=True, **_WITH, reason=_STRING, by=_STRING),
    "ErasureIn": _object("confirm", closed=True, confirm=_id("mem"),
                         points={"type": "string", "enum": ["keep", "forfeit"], "default": "keep"}, by=_STRING),
    "OwnErasureIn": _object("confirm", closed=True, confirm=_id("mem")),
    "CodeChecked": _object("code valid", code=_STRING, valid=_FLAG),
    "Friend": _object("state since until", state=_STRING, since=_INSTANT, until=_maybe(_INSTANT)),
    "OwnReferral": _object("code link counts friends came", code=_STRING, link=_maybe(_STRING), counts=_MAP,
                           friends=_list(_ref("Friend")), came=_maybe(_ref("Friend"))),
    "Identified": _object("member balances rewards", member=_MAP, tier=_maybe(_ref("Tier")),
                          balances=_list(_ref("Balance")), holds=_list(_MAP), rewards=_list(_ref("Reward")),
                          vouchers=_list(_ref("Voucher")), claimable=_list(_MAP)),
    "Joined": _object("member", member=_ref("MemberProfile"), welcome=_ref("Decision"), claimable=_list(_MAP)),
    # Admin.
    "DraftIn": _object("source", closed=True, about="`source`: the programme file, YAML.",
                       source={"type": "string", "minLength": 1, "maxLength": 900_000}, by=_TEXT),
    "Draft": _object("name source revision", name=_STRING, source=_STRING, revision=_WHOLE, updated_at=_INSTANT,
                     updated_by=_STRING, diagnostics=_list(_ref("Diagnostic"))),
    "Diagnostic": _object("code severity message line column", code=_STRING,
                          severity={"type": "string", "enum": ["error", "warning"]}, message=_STRING, line=_WHOLE,
                          column=_WHOLE, hint=_STRING),
    "Source": _object("source", closed=True, source={"type": "string", "maxLength": 900_000}),
    "Checked": _object("ok diagnostics", ok=_FLAG, diagnostics=_list(_ref("Diagnostic"))),
    "Publish": _object(closed=True, about="Without `source`: the draft. Without `effective_at`: now.",
                       source={"type": "string", "maxLength": 900_000}, effective_at=_maybe(_INSTANT), by=_TEXT,
                       note={"type": "string", "maxLength": 200}),
    "PreviewIn": _object(closed=True, about="Without `source`: the draft. Without `effective_at`: now.",
                         source={"type": "string", "maxLength": 900_000}, effective_at=_maybe(_INSTANT)),
    "Preview": _object(
        "at members up down removed moves", at=_INSTANT, members=_WHOLE, up=_WHOLE, down=_WHOLE, removed=_WHOLE,
        moves=_list(_object("before after way members", before=_maybe(_STRING), after=_STRING, members=_WHOLE,
                            way={"type": "string", "enum": ["up", "down", "removed"]})),
    ),
    "RollBack": _object("version", closed=True, version={"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
                        by=_TEXT),
    "Version": _object("number effective_at", number=_WHOLE, digest=_STRING, effective_at=_INSTANT,
                       published_at=_INSTANT, published_by=_STRING, note=_STRING,
                       state={"type": "string", "enum": ["scheduled", "in_force", "past"]}, source=_STRING),
    "Versions": _object("versions", versions=_list(_ref("Version"))),
    "Programme": _object("name latest is_paused", name=_STRING, latest=_WHOLE, is_paused=_FLAG,
                         created_at=_maybe(_INSTANT), has_draft=_FLAG,
                         pause=_maybe(_object("since spending expiry", since=_INSTANT, spending=_ALLOWED,
                                              expiry=_GOES_ON))),
    "Programmes": _object("programmes", programmes=_list(_ref("Programme"))),
    "AdminNewMember": _object(closed=True, **_ABOUT_MEMBER, card=_TEXT, cards=_list(_TEXT, 20), external_id=_TEXT,
                              joined_at=_maybe(_INSTANT), programme=_TEXT, referred_by=_TEXT, prints=_PRINTS),
    "ReferralReview": _object("action reason by", closed=True, action={"type": "string", "enum": ["release", "refuse"]},
                              reason={"type": "string", "minLength": 1, "maxLength": 2_000}, by=_TEXT),
    "Referral": _object("member referrer state why", member=_id("mem"), referrer=_id("mem"), state=_STRING,
                        why=_list(_STRING), claimed_at=_INSTANT, due_at=_maybe(_INSTANT), settled_at=_maybe(_INSTANT)),
    "Referrals": _object("referrals next", referrals=_list(_ref("Referral")), next=_maybe(_STRING)),
    "MemberReferrals": _object("came friends", came=_maybe(_ref("Referral")), friends=_list(_ref("Referral"))),
    "MemberChange": _object(closed=True, **_ABOUT_MEMBER, is_blocked=_FLAG, programme=_TEXT),
    "Members": _object("members next", members=_list(_ref("MemberProfile")), next=_maybe(_STRING)),
    "IdentifierIn": _object("kind value", closed=True,
                            kind={"type": "string", "enum": ["card", "phone", "email", "external_id"]}, value=_TEXT),
    "Adjustment": _object("member unit amount reason by", closed=True, **_ENVELOPE, unit=_TEXT,
                          amount={**_NUMBER, "description": "Above zero gives, below zero takes."},
                          reason={"type": "string", "minLength": 1, "maxLength": 2_000}, by=_TEXT, by_member=_TEXT,
                          approved_by=_TEXT, partner=_PARTNER),
    "RewardsOffered": _object("rewards", rewards=_list(_MAP)),
    "Event": _object("id type", id=_id("evt"), type={"type": "string", "enum": [name.value for name in EventName]},
                     programme=_STRING, member=_STRING, occurred_at=_INSTANT, sequence=_WHOLE, data=_MAP),
    "Events": _object("events next", events=_list(_ref("Event")), next=_maybe(_STRING)),
    "Activity": _object("decision body", decision=_ref("Decision"), body=_MAP),
    "Activities": _object("activities next", activities=_list(_ref("Decision")), next=_maybe(_STRING)),
    "NewKey": _object(
        "audience name", closed=True, audience={"type": "string", "enum": [audience.value for audience in Audience]},
        name=_TEXT, scopes=_list({"type": "string", "enum": [scope.value for scope in Scope]}, 50),
        programme=_TEXT, partner=_TEXT, member=_id("mem"), expires_at=_maybe(_INSTANT), by=_TEXT,
    ),
    "Key": _object("id audience name scopes", id=_id("key"), audience=_STRING, name=_STRING, scopes=_list(_STRING),
                   programme=_maybe(_STRING), partner=_maybe(_STRING), member=_maybe(_STRING),
                   created_at=_INSTANT, created_by=_STRING,
                   expires_at=_maybe(_INSTANT), revoked_at=_maybe(_INSTANT), last_used_at=_maybe(_INSTANT),
                   secret={"type": "string", "description": "Shown once, when the key is made."}),
    "Keys": _object("keys next", keys=_list(_ref("Key")), next=_maybe(_STRING)),
    "Settlements": _object("settlements", settlements=_list(_ref("Settlement"))),
    "Settlement": _object(
        "month partners margin", month=_STRING, state={"type": "string", "enum": ["open", "closed"]},
        closed_at=_maybe(_INSTANT), closed_by=_STRING, margin=_ref("Money"), liability=_list(_MAP),
        partners=_list(_object(partner=_STRING, title=_STRING, owes=_ref("Money"))), lines=_list(_object(
            "line partner kind month unit quantity money", line=_WHOLE, partner=_STRING, month=_STRING, unit=_STRING,
            kind={"type": "string", "enum": [kind.value for kind in LineKind]}, quantity=_ref("Amount"),
            other=_maybe(_STRING), price=_maybe(_STRING), owed=_maybe(_STRING), dispute=_maybe(_WHOLE),
            money=_ref("Money"),
        )),
    ),
    "Closings": _object("closings", closings=_list(_object(
        "month known_at", month=_STRING, known_at=_INSTANT, closed_by=_STRING,
    ))),
    "MonthClosed": _object(
        "month state units", month=_STRING, state={"type": "string", "enum": ["open", "closed"]},
        known_at=_maybe(_INSTANT), closed_by=_STRING, units=_list(_object(
            "unit opening closing outstanding breakage liability journal", unit=_STRING, opening=_ref("Amount"),
            closing=_ref("Amount"), outstanding=_ref("Money"), breakage=_ref("Money"), liability=_ref("Money"),
            journal=_list(_object(
                "movement is_prior amount money debit credit", movement=_STRING, is_prior=_FLAG, amount=_ref("Amount"),
                money=_ref("Money"), debit=_STRING, credit=_STRING,
            )),
        )),
    ),
    "SentUnits": _object(
        "exchange partner unit total sent", exchange=_STRING, partner=_STRING, unit=_STRING, total=_WHOLE,
        sent=_list(_object("member activity amount", member=_id("mem"), activity=_id("act"), source=_STRING,
                           external_id=_STRING, occurred_at=_INSTANT, amount=_WHOLE)),
    ),
    "Closing": _object(closed=True, by=_TEXT),
    "NewDispute": _object("line reason", closed=True, line={"type": "integer", "minimum": 1, "maximum": 10**6},
                          reason={"type": "string", "minLength": 1, "maxLength": 200}, amount=_maybe(_NUMBER),
                          by=_TEXT),
    "DisputeAnswer": _object("accepted answer", closed=True, accepted=_FLAG,
                             answer={"type": "string", "minLength": 1, "maxLength": 200}, by=_TEXT),
    "Dispute": _object(
        "number month line partner money state reason", number=_WHOLE, month=_STRING, line=_WHOLE, partner=_STRING,
        money=_ref("Money"), state={"type": "string", "enum": ["open", "answered", "accepted"]}, reason=_STRING,
        answer=_STRING, opened_at=_INSTANT, opened_by=_STRING, answered_at=_maybe(_INSTANT), answered_by=_STRING,
    ),
    "Disputes": _object("disputes", disputes=_list(_ref("Dispute"))),
    # Games and draws.
    "Play": _object("game", closed=True, game=_TEXT,
                    client_seed={"type": "string", "pattern": "^[A-Za-z0-9._-]{0,64}$"},
                    answers={"type": "object", "additionalProperties": _TEXT}),
    "PlayLimit": _object(
        closed=True, until={"type": "string", "format": "date"},
        limit=_maybe(_object("times per", closed=True, times={"type": "integer", "minimum": 1},
                             per={"type": "string", "enum": ["day", "week", "month"]})),
    ),
    "Share": _object("prize exact percent", prize=_maybe(_STRING), title=_maybe(_STRING), exact=_STRING,
                     percent=_STRING),
    "Game": _object("game title kind can_play", game=_STRING, title=_STRING, kind=_STRING, is_chance=_FLAG,
                    costs=_AMOUNTS, free_left=_maybe(_WHOLE), can_play=_FLAG, why_not=_maybe(_MAP),
                    odds=_maybe(_list(_ref("Share"))), prizes=_list(_MAP), questions=_list(_MAP),
                    symbols=_list(_STRING), streak=_WHOLE),
    "Games": _object("games care", games=_list(_ref("Game")), care=_MAP),
    "Proof": _object("algorithm period what who nonce client_seed below numbers", algorithm=_STRING, period=_STRING,
                     commitment=_maybe(_STRING), seed=_maybe(_STRING), what=_STRING, who=_STRING, nonce=_STRING,
                     client_seed=_STRING, below=_list(_WHOLE), numbers=_list(_WHOLE)),
    "Played": _object("activity at game prize", activity=_id("act"), at=_INSTANT, game=_STRING, prize=_maybe(_STRING),
                      shown=_MAP, free=_FLAG, gone=_list(_STRING), proof=_maybe(_ref("Proof"))),
    "Plays": _object("plays", plays=_list(_ref("Played"))),
    "DrawEntry": _object("draw", closed=True, draw=_TEXT,
                         tickets={"type": "integer", "minimum": 1, "maximum": 1_000_000}),
    "Offer": _object("draw", closed=True, draw=_TEXT),
    "Offered": _object("draw place reward", draw=_STRING, place=_WHOLE, reward=_STRING),
    "Draws": _object("draws", draws=_list(_MAP)),
    "VisitorPlay": _object("visitor address game", closed=True, visitor={**_TEXT, "minLength": 16}, address=_TEXT,
                           game=_TEXT, client_seed={"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}),
    "VisitorClaim": _object("visitor member", closed=True, visitor=_TEXT, member=_ref("MemberReference")),
    "DrawRecord": _object("algorithm draw root commitment entries places", algorithm=_STRING, programme=_STRING,
                          draw=_STRING, version=_WHOLE, closes_at=_INSTANT, closed_at=_INSTANT,
                          settled_at=_maybe(_INSTANT), commitment=_STRING, committed_at=_INSTANT,
                          seed=_maybe(_STRING), beacon_named=_maybe(_STRING), beacon=_maybe(_STRING), root=_STRING,
                          prizes=_list(_MAP), alternates=_WHOLE, entries=_list(_MAP), places=_list(_MAP)),
    "DrawRecords": _object("draws open", draws=_list(_ref("DrawRecord")), open=_list(_STRING)),
    "Settle": _object("draw", closed=True, draw=_TEXT, beacon=_maybe(_TEXT)),
    "Verdict": _object("clean findings", clean=_FLAG,
                       findings=_list(_object(code=_STRING, message=_STRING, data=_MAP))),
}  # fmt: skip
