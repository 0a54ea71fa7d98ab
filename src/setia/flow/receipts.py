"""Receipts: what of a sale is meant by a return, whether it may go back, and what is left of the sale. Pure."""

from __future__ import annotations

from typing import Any

from setia.flow.work import Gathered, Standing, Version, owner_of
from setia.language.model import Gives, Programme
from setia.rules.gives.product import matches
from setia.rules.order import whole_line_env
from setia.values.activities import Activity, Body
from setia.values.codes import DeclineCode
from setia.values.instants import Until, deadline
from setia.values.outcomes import Declined


def decline_return(gathered: Gathered, standing: Standing, activity: Activity, version: Version) -> Declined | None:
    """Why a return of the standing sale is refused, if it is."""
    if owner_of(gathered, gathered.members[activity.member_id], standing.activity.member_id) is None:
        return Declined(DeclineCode.RECEIPT_OF_OTHER_MEMBER, {"receipt": standing.activity.external_id})
    if standing.is_void:
        return Declined(DeclineCode.ALREADY_RETURNED, {"receipt": standing.activity.external_id})
    partner = standing.activity.body.get("partner", "")
    if activity.body.get("partner", partner) != partner:
        facts = {"receipt": standing.activity.external_id, "partner": partner}
        return Declined(DeclineCode.RECEIPT_OF_OTHER_PARTNER, facts)
    within = version.programme.refunds.within
    if within is not None:
        end = deadline(standing.activity.occurred_at, within, Until.END_OF_DAY, version.programme.zone)
        if activity.occurred_at >= end:
            facts = {"receipt": standing.activity.external_id, "until": end.isoformat()}
            return Declined(DeclineCode.REFUND_WINDOW_CLOSED, facts)
    return _unknown_lines(standing, activity)


def returned_quantities(standing: Standing, activity: Activity) -> dict[str, int]:
    """Line id → quantity × 1000 that is returned after this return, in all."""
    returned = dict(standing.returned)
    wanted = activity.body.get("lines")
    if wanted is None:
        return {line["id"]: line["quantity"] for line in standing.first_body["lines"]}
    for item in wanted:
        for line, quantity in _lines_meant(standing, item, returned):
            returned[line["id"]] = returned.get(line["id"], 0) + quantity
    return returned


def reduced_body(programme: Programme, body: Body, returned: dict[str, int]) -> tuple[Body, bool]:
    """What is left of a purchase; True when nothing is.

    Amounts of what went back are the floor of the running share, so that the parts add up to the whole. A free piece
    that went back is not claimed any more.
    """
    lines: list[dict[str, Any]] = []
    gross = gone = 0
    for line in body["lines"]:
        back = min(returned.get(line["id"], 0), line["quantity"])
        gross += line["amount"]
        if not back:
            lines.append(line)
            continue
        off = line["amount"] * back // line["quantity"]
        gone += off
        if back == line["quantity"]:
            continue
        left = {**line, "quantity": line["quantity"] - back, "amount": line["amount"] - off}
        if "gift_cards" in line:
            left["gift_cards"] = line["gift_cards"][: left["quantity"] // 1000]
        if line.get("discount"):
            left["discount"] = line["discount"] - line["discount"] * back // line["quantity"]
        lines.append(left)
    reduced: Body = {**body, "lines": lines}
    if gone and gross > 0 and body.get("discounts"):
        reduced["discounts"] = [
            {**item, "amount": item["amount"] - item["amount"] * gone // gross} for item in body["discounts"]
        ]
    if gone and body.get("claims"):
        reduced["claims"] = _claims_left(programme, body, lines)
    return reduced, not lines


def _claims_left(programme: Programme, body: Body, left: list[dict[str, Any]]) -> list[dict[str, Any]]:
    claims: list[dict[str, Any]] = []
    for claim in body["claims"]:
        reward = programme.rewards.get(claim["reward"])
        quantity = claim["quantity"]
        if reward is not None and reward.gives.kind == "product":
            there = [_pieces_of(reward.gives, lines) for lines in (body["lines"], left)]
            quantity -= min(quantity, there[0]) - min(quantity, there[1])
        if quantity:
            claims.append({**claim, "quantity": quantity})
    return claims


def _pieces_of(gives: Gives, lines: list[dict[str, Any]]) -> int:
    """Whole pieces that may be the free product."""
    return sum(line["quantity"] // 1000 for line in lines if matches(whole_line_env(line), gives))


def _lines_meant(
    standing: Standing, item: dict[str, Any], returned: dict[str, int]
) -> list[tuple[dict[str, Any], int]]:
    """The lines that an item of a return means, by id or by SKU, with the quantity of each."""
    lines = [
        line
        for line in standing.first_body["lines"]
        if (line["id"] == item["id"] if "id" in item else line.get("sku") == item["sku"])
    ]
    wanted = item.get("quantity")
    found: list[tuple[dict[str, Any], int]] = []
    for line in lines:
        left = line["quantity"] - returned.get(line["id"], 0)
        part = left if wanted is None else min(left, wanted)
        if part > 0:
            found.append((line, part))
            if wanted is not None:
                wanted -= part
    if wanted:
        return []
    return found


def _unknown_lines(standing: Standing, activity: Activity) -> Declined | None:
    returned = dict(standing.returned)
    for item in activity.body.get("lines", ()) or ():
        meant = _lines_meant(standing, item, returned)
        if not meant:
            left = sum(
                max(line["quantity"] - returned.get(line["id"], 0), 0)  # a revision may have fewer than went back
                for line in standing.first_body["lines"]
                if (line["id"] == item["id"] if "id" in item else line.get("sku") == item["sku"])
            )
            name = item.get("id", item.get("sku"))
            wanted = item.get("quantity", 0)
            if not left and any(name in (line["id"], line.get("sku")) for line in standing.first_body["lines"]):
                return Declined(DeclineCode.ALREADY_RETURNED, {"line": name})
            return Declined(DeclineCode.NOT_ON_RECEIPT, {"line": name, "wanted": wanted, "left": left})
        for line, quantity in meant:
            returned[line["id"]] = returned.get(line["id"], 0) + quantity
    return None
