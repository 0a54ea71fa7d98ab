"""Settlement between partners: statements by month, closing them, and disputes about their lines."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, Query, reply
from setia.api.keeping import pack, unpack
from setia.api.reading import Problems, read_object, read_text
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.api.writing import Json, activity_id, instant, money, text, units
from setia.flow import settlement
from setia.flow.settlement import Settled
from setia.language.body_values import kind_of
from setia.language.model import Programme
from setia.partners.settle import Line, LineKind, Statement
from setia.partners.store import Dispute, list_disputes, list_statements
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.values.faults import Invalid, NotFound, Problem
from setia.values.ids import public_id
from setia.values.instants import local_date
from setia.values.money import AmountError, format_scaled, parse_scaled
from setia.values.stakes import PRICE_DECIMALS, Owed

door = Door("/v1/admin/programmes/{programme}", "Admin")

_READ, _WRITE = Scope.ADMIN_SETTLEMENTS_READ, Scope.ADMIN_SETTLEMENTS_WRITE
_FAILS: Final = ("invalid", "not_found", "programme_not_published")
_MONEY: Final = {"amount": "1.60", "currency": "USD"}
_LINE: Final = {
    "line": 1, "partner": "fuel-one", "kind": "burned", "month": "2026-03", "unit": "points", "quantity": 200,
    "other": "travel-two", "price": "0.008000", "owed": "when_burned", "dispute": None, "money": _MONEY,
}  # fmt: skip
_STATEMENT: Final = {
    "month": "2026-03", "state": "closed", "closed_at": examples.Z, "closed_by": "dewi",
    "partners": [{"partner": "fuel-one", "title": "Fuel One", "owes": _MONEY}], "margin": _MONEY, "lines": [_LINE],
    "liability": [{"partner": "fuel-one", "units": {"points": 100}, "money": _MONEY}],
}  # fmt: skip
_MONTH: Final = Query(
    "month", lambda value, pointer, found: value, {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
    "Which month, as 2026-03.",
)  # fmt: skip
_DISPUTE: Final = {
    "number": 1, "month": "2026-03", "line": 1, "partner": "fuel-one", "money": _MONEY, "state": "open",
    "reason": "these were burned twice", "answer": "", "opened_at": examples.Z, "opened_by": "dewi",
    "answered_at": None, "answered_by": "",
}  # fmt: skip


@door.get(
    "/settlements", _READ, "Closed statements", gives="Settlements",
    answer={"settlements": [
        {name: _STATEMENT[name] for name in ("month", "closed_at", "closed_by", "partners", "margin")}
    ]},
    fails=_FAILS,
)  # fmt: skip
async def settlements(call: Call) -> Response:
    """Oldest first, with what each partner owed; the lines are at their own addresses."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = await list_statements(conn, edition.id)
    rows = [_head(call, edition, statement) for statement in found]
    return reply({"settlements": rows})


@door.get(
    "/settlements/{month}", _READ, "The statement of a month", gives="Settlement", answer=_STATEMENT,
    fails=(*_FAILS, "month_closed"),
)  # fmt: skip
async def statement(call: Call) -> Response:
    """As it was closed; or, while it is `open`, as it stands now. What a partner owes is positive, and `margin` is what
    is left with the programme."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = await settlement.look(conn, edition, call.path["month"])
    return reply(_settled(call, edition, found))


@door.post(
    "/settlements/{month}/close", _WRITE, "Close a month for good", sends="Closing", example={"by": "dewi"},
    gives="Settlement", answer=_STATEMENT,
    fails=(*_FAILS, "month_not_over", "month_closed", "idempotency_mismatch"),
)  # fmt: skip
async def close(call: Call) -> Response:
    """Closing it again gives the same statement. What is recorded later is in the next one, under its own month."""
    found = Problems()
    by = _by(call, read_object(call.body, ("by",), found), found)
    found.raise_any()

    async def work(conn: AsyncConnection) -> bytes:
        edition = await find_edition(call.services, conn, call.programme)
        now = call.services.clock.now()
        return pack(
            _settled(call, edition, await settlement.close(conn, edition, call.path["month"], at=now, by=by)), 200
        )

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


@door.post(
    "/settlements/{month}/disputes", _WRITE, "Dispute a line", sends="NewDispute",
    example={"line": 1, "reason": "these were burned twice", "amount": "0.40"}, gives="Dispute", answer=_DISPUTE,
    status=201, fails=(*_FAILS, "idempotency_mismatch"),
)  # fmt: skip
async def open_dispute(call: Call) -> Response:
    """Of a closed statement. Without `amount` all of the line."""
    found = Problems()
    sent = read_object(call.body, ("line", "reason", "amount", "by"), found)
    line = sent.get("line")
    if isinstance(line, bool) or not isinstance(line, int):
        found.say("/line", f"expected the number of a line, found {kind_of(line)}")
        line = 0
    reason = read_text(sent.get("reason"), "/reason", found)
    by = _by(call, sent, found)
    found.raise_any()

    async def work(conn: AsyncConnection) -> bytes:
        edition = await find_edition(call.services, conn, call.programme)
        made = await settlement.dispute(
            conn, edition, call.path["month"], line, money=_amount(sent, edition), reason=reason or "",
            at=call.services.clock.now(), by=by,
        )  # fmt: skip
        return pack(_dispute(edition, made), 201)

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


@door.get(
    "/exchanges/{exchange}/sent", _READ, "What was sent to a partner", gives="SentUnits",
    answer={"exchange": "to-the-airline", "partner": "fuel-one", "unit": "miles", "total": 500, "sent": [
        {"member": examples.MEMBER, "activity": examples.ACTIVITY, "source": "app", "external_id": "X-1",
         "occurred_at": examples.Z, "amount": 500}
    ]},
    queries=(_MONTH,), fails=_FAILS,
)  # fmt: skip
async def sent_units(call: Call) -> Response:
    """The list for the partner: what was exchanged for its own units and recorded in a month (this one)."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        today = local_date(call.services.clock.now(), _newest(edition).zone)
        month = call.query["month"] or f"{today:%Y-%m}"
        exchange, rows = await settlement.sent(conn, edition, call.path["exchange"], month)
    return reply({
        "exchange": exchange.name, "partner": exchange.partner, "unit": exchange.give,
        "total": sum(row.gave for row in rows),
        "sent": [
            {"member": public_id("mem", row.member_id), "activity": activity_id(row.activity_id), "source": row.source,
             "external_id": row.external_id, "occurred_at": instant(row.occurred_at), "amount": row.gave}
            for row in rows
        ],
    })  # fmt: skip


@door.get("/disputes", _READ, "Disputes", gives="Disputes", answer={"disputes": [_DISPUTE]}, fails=_FAILS)
async def disputes(call: Call) -> Response:
    """About lines of statements, oldest first: open, answered (and not accepted), or accepted."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = await list_disputes(conn, edition.id)
    return reply({"disputes": [_dispute(edition, dispute) for dispute in found]})


@door.post(
    "/disputes/{dispute}/answer", _WRITE, "Answer a dispute", sends="DisputeAnswer",
    example={"accepted": True, "answer": "you are right"}, gives="Dispute", answer={**_DISPUTE, "state": "accepted"},
    fails=(*_FAILS, "idempotency_mismatch"),
)  # fmt: skip
async def answer_dispute(call: Call) -> Response:
    """What is accepted is given back in the next statement that is closed, and stays accepted."""
    found = Problems()
    sent = read_object(call.body, ("accepted", "answer", "by"), found)
    accepted = sent.get("accepted")
    if not isinstance(accepted, bool):
        found.say("/accepted", f"expected true or false, found {kind_of(accepted)}")
    said = read_text(sent.get("answer"), "/answer", found)
    by = _by(call, sent, found)
    found.raise_any()
    number = call.path["dispute"]
    if not number.isdecimal() or len(number) > 9:
        raise NotFound("dispute", number)

    async def work(conn: AsyncConnection) -> bytes:
        edition = await find_edition(call.services, conn, call.programme)
        answered = await settlement.answer(
            conn, edition, int(number), is_accepted=bool(accepted), text=said or "", at=call.services.clock.now(), by=by
        )
        return pack(_dispute(edition, answered), 200)

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


def _by(call: Call, sent: dict[str, Any], found: Problems) -> str:
    return (read_text(sent["by"], "/by", found) or "") if sent.get("by") is not None else call.key.name


def _amount(sent: dict[str, Any], edition: Edition) -> int | None:
    if sent.get("amount") is None:
        return None
    try:
        return parse_scaled(sent["amount"], _newest(edition).currency_decimals)
    except AmountError as error:
        raise Invalid([Problem("/amount", str(error), "bad_number")]) from None


def _newest(edition: Edition) -> Programme:
    return edition.versions[-1].programme


def _settled(call: Call, edition: Edition, settled: Settled) -> Json:
    programme, found = _newest(edition), settled.statement
    return {
        **_head(call, edition, found),
        "state": "open" if found.closed_at is None else "closed",
        "lines": [_line(programme, number, line) for number, line in enumerate(found.lines, 1)],
        "liability": [
            {
                "partner": partner,
                "units": {
                    unit: units(programme, unit, sum(n for (name, _), n in held.quantity.items() if name == unit))
                    for unit in dict.fromkeys(unit for unit, _ in held.quantity)
                },
                "money": money(programme, held.money),
            }
            for partner, held in sorted(settled.liability.items())
        ],
    }


def _head(call: Call, edition: Edition, statement: Statement) -> Json:
    programme = _newest(edition)
    return {
        "month": statement.month,
        "closed_at": instant(statement.closed_at),
        "closed_by": statement.closed_by,
        "partners": [
            {
                "partner": name,
                "title": text(programme.partners[name].title, call.language) if name in programme.partners else name,
                "owes": money(programme, statement.balance(name)),
            }
            for name in statement.partners()
        ],
        "margin": money(programme, statement.margin),
    }


def _line(programme: Programme, number: int, line: Line) -> Json:
    key = line.key
    is_priced = key.kind is not LineKind.DISPUTE
    return {
        "line": number,
        "partner": key.partner,
        "kind": key.kind.value,
        "month": key.month,
        "unit": key.unit,
        "quantity": units(programme, key.unit, line.quantity),
        "other": key.other or None,
        "price": format_scaled(key.price, PRICE_DECIMALS) if is_priced else None,
        "owed": Owed(key.owed).name.lower() if is_priced and key.kind is not LineKind.REDEEMED else None,
        "dispute": key.dispute or None,
        "money": money(programme, line.money),
    }


def _dispute(edition: Edition, dispute: Dispute) -> Json:
    return {
        "number": dispute.no,
        "month": dispute.month,
        "line": dispute.line,
        "partner": dispute.partner,
        "money": money(_newest(edition), dispute.money),
        "state": dispute.state,
        "reason": dispute.reason,
        "answer": dispute.answer,
        "opened_at": instant(dispute.opened_at),
        "opened_by": dispute.opened_by,
        "answered_at": instant(dispute.answered_at),
        "answered_by": dispute.answered_by,
    }
