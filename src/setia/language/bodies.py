"""Outside JSON → the canonical body of an activity, strictly, with every problem at once.

Outside, money is ``{"amount": "12.50", "currency": "IDR"}`` or just its amount, quantities and units are decimal
numbers or texts. Inside, all of them are integers (``setia.values.activities`` says which). The tables that this needs
are built once for each programme and type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from setia.language.body_cards import MoneyLines, at_least_one_cent, read_card
from setia.language.body_plain import PLAIN
from setia.language.body_promise import sale_or_promise
from setia.language.body_values import (
    LONGEST_REASON,
    LONGEST_TEXT,
    ONE,
    Bad,
    BodyCode,
    BodyProblem,
    Reader,
    Several,
    at_least_one,
    choice_reader,
    closest,
    escaped,
    kind_of,
    list_reader,
    money_reader,
    not_negative,
    number_reader,
    read_any_number,
    read_birthday,
    read_boolean,
    read_code,
    read_count,
    read_date,
    read_id,
    read_integer,
    read_list,
    read_minutes,
    read_name,
    read_positive_quantity,
    read_quantity,
    read_text,
    read_timezone,
    report_double_ids,
    text_reader,
    unknown_field,
)
from setia.language.cause_bodies import cause_forms, finish_donated
from setia.language.model import FieldKind, FieldType, Programme
from setia.language.play_bodies import PLAY_FINISHERS, PLAY_SHAPES
from setia.language.scope import MOST_CODES, MOST_LINES
from setia.values.activities import NUMBER_DECIMALS, Body
from setia.values.codes import MADE_HERE, Built
from setia.values.money import LARGEST, format_scaled
from setia.values.prints import KINDS as PRINTS
from setia.values.prints import print_of
from setia.values.secret_codes import canonical

MOST_PARTS: Final = 100


@dataclass(frozen=True, slots=True)
class _Shape:
    """A JSON object: how each of its fields is read, and which must be there."""

    readers: Mapping[str, Reader]
    required: tuple[str, ...] = ()

    def read(self, value: Any) -> dict[str, Any]:
        """Read one object; raise ``Several`` with pointers below it."""
        if not isinstance(value, Mapping):
            raise Bad(BodyCode.WRONG_TYPE, f"expected an object, found {kind_of(value)}")
        problems: list[BodyProblem] = []
        found = self.fill(value, problems)
        if problems:
            raise Several(problems)
        return found

    def fill(self, value: Mapping[str, Any], problems: list[BodyProblem], prefix: str = "") -> dict[str, Any]:
        """Read the fields of ``value``; add what is wrong with them to ``problems``."""
        found: dict[str, Any] = {}
        readers = self.readers
        for name, raw in value.items():
            reader = readers.get(name)
            if reader is None:
                problems.append(unknown_field(f"{prefix}/{escaped(name)}", name, readers))
                continue
            try:
                found[name] = reader(raw)
            except Bad as bad:
                code, message, below = bad.problem
                problems.append(BodyProblem(f"{prefix}/{escaped(name)}{below}", code, message))
            except Several as several:
                problems += [
                    BodyProblem(f"{prefix}/{escaped(name)}{problem.pointer}", problem.code, problem.message)
                    for problem in several.problems
                ]
        for name in self.required:
            if name not in value:
                message = f"'{name}' is missing"
                problems.append(BodyProblem(f"{prefix}/{escaped(name)}", BodyCode.MISSING_FIELD, message))
        return found


def parse_body(programme: Programme, type: str, payload: Mapping[str, object]) -> Body | list[BodyProblem]:  # noqa: A002
    """Turn ``payload`` into the canonical body of an activity of ``type``, or say everything that is wrong with it."""
    key = (programme.digest, type)
    parser = _PARSERS.get(key)
    if parser is None:
        if len(_PARSERS) >= _PARSERS_KEPT:
            _PARSERS.clear()
        parser = _PARSERS[key] = _parser(programme, type)
    return parser(payload)


_Parser = Callable[[Mapping[str, object]], Body | list[BodyProblem]]
_PARSERS: dict[tuple[str, str], _Parser] = {}
_PARSERS_KEPT: Final = 1_024
_AMOUNTS_KEPT: Final = 50_000
_TEXT: Final = 1
_MONEY: Final = 2
_QUANTITY: Final = 3


def _parser(programme: Programme, type_: str) -> _Parser:
    readers = _Readers(programme)
    if type_ in (Built.PURCHASE, Built.PROMISED):
        return sale_or_promise(type_, _PurchaseParser(programme, readers).parse)
    shape = _shape(programme, type_, readers)
    if isinstance(shape, BodyProblem):
        problem = shape
        return lambda payload: [problem]
    finish = _FINISHERS.get(type_)

    def parse(payload: Mapping[str, object]) -> Body | list[BodyProblem]:
        problems: list[BodyProblem] = []
        if not isinstance(payload, Mapping):
            return [BodyProblem("", BodyCode.WRONG_TYPE, f"expected an object, found {kind_of(payload)}")]
        body = shape.fill(payload, problems)
        if finish is not None and not problems:
            finish(programme, body, problems)
        return problems or body

    return parse


class _PurchaseParser:
    """Sales are most of what comes in: their lines are read in one flat loop."""

    def __init__(self, programme: Programme, readers: _Readers) -> None:
        declared = programme.activities[Built.PURCHASE]
        money = readers.money
        discount = _Shape({"amount": not_negative(money), "code": read_text}, ("amount",))
        tender = _Shape({"type": read_name, "amount": money}, ("type", "amount"))
        claim = _Shape({"reward": read_name, "quantity": read_count, "choose": read_name}, ("reward",))
        self.money_lines = MoneyLines(programme)
        self.currency_decimals = programme.currency_decimals
        self.shape = _Shape(
            {
                "lines": read_list,
                "amount": not_negative(money),
                "discounts": list_reader(discount.read, MOST_PARTS),
                "tenders": list_reader(tender.read, MOST_PARTS),
                "codes": list_reader(read_name, MOST_CODES),
                "channel": read_text,
                "place": read_text,
                **readers.partner,
                "claims": list_reader(claim.read, MOST_PARTS),
                "vouchers": _codes_reader,
                "session": read_name,
                "expect_total": not_negative(money),
                "spend": readers.spend,
                "delivery": _Shape({"fee": not_negative(money)}).read,
                **self.money_lines.paying(money),
                **readers.prints(),
                **{name: readers.declared(field) for name, field in declared.fields.items()},
            },
            tuple(name for name, field in declared.fields.items() if field.required),
        )
        self.currency = programme.currency
        self.amounts: dict[str, int] = {}
        self.kinds = {"id": _TEXT, "sku": _TEXT, "category": _TEXT, "kind": _TEXT, "quantity": _QUANTITY}
        self.kinds |= {"amount": _MONEY, "discount": _MONEY}
        for name, field in declared.lines.items():
            if field.kind is FieldKind.TEXT and not field.one_of:
                self.kinds[name] = _TEXT
        self.line = _Shape(
            {
                "id": read_name,
                "sku": read_text,
                "category": read_text,
                "kind": read_text,
                "quantity": read_quantity,
                "amount": money,
                "discount": not_negative(money),
                **self.money_lines.selling(),
                **{name: readers.declared(field) for name, field in declared.lines.items()},
            },
            ("amount", *(name for name, field in declared.lines.items() if field.required)),
        )
        self.line_required = frozenset(self.line.required)

    def parse(self, payload: Mapping[str, object]) -> Body | list[BodyProblem]:
        if not isinstance(payload, Mapping):
            return [BodyProblem("", BodyCode.WRONG_TYPE, f"expected an object, found {kind_of(payload)}")]
        problems: list[BodyProblem] = []
        body = self.shape.fill(payload, problems)
        if "amount" in payload:
            if "lines" in payload:
                message = "'amount' stands for a purchase of one line: leave it out beside 'lines'"
                problems.append(BodyProblem("/amount", BodyCode.CONFLICTING_FIELDS, message))
            elif "amount" in body:
                body["lines"] = [{"id": "1", "quantity": ONE, "amount": body.pop("amount")}]
        elif "lines" not in payload:
            message = "'lines' is missing (or 'amount', for a purchase of one line)"
            problems.append(BodyProblem("/lines", BodyCode.MISSING_FIELD, message))
        elif "lines" in body:
            body["lines"] = self._lines(body["lines"], problems)
        for claim in body.get("claims", ()):
            claim.setdefault("quantity", 1)
        if not problems:
            problems += self.money_lines.problems(body)
        if problems:
            return problems
        lines = body["lines"]
        total = sum([line["amount"] for line in lines]) - sum(
            [line["discount"] for line in lines if "discount" in line]
        )
        total -= sum([discount["amount"] for discount in body.get("discounts", ())])
        if total < 0:
            amount = format_scaled(total, self.currency_decimals)
            message = (
                f"the purchase comes to {amount}: a total cannot be below zero; send a return for money given back"
            )
            return [BodyProblem("/lines", BodyCode.BELOW_ZERO, message)]
        return body

    def _lines(self, raws: list[Any], problems: list[BodyProblem]) -> list[dict[str, Any]]:
        if not 0 < len(raws) <= MOST_LINES:
            code = BodyCode.TOO_MANY if raws else BodyCode.OUT_OF_RANGE
            message = f"a purchase has 1 to {MOST_LINES:,} lines, not {len(raws)}"
            problems.append(BodyProblem("/lines", code, message))
            return []
        lines: list[dict[str, Any]] = []
        ids: set[str] = set()
        for index, raw in enumerate(raws):
            line = self._plain_line(raw) if type(raw) is dict else None
            if line is None:
                line = self._any_line(raw, index, problems)
            if "quantity" not in line:
                line["quantity"] = ONE
            if "id" not in line:
                line["id"] = str(index + 1)
            lines.append(line)
            ids.add(line["id"])
        if len(ids) < len(lines):
            report_double_ids(lines, problems)
        return lines

    def _plain_line(self, raw: dict[str, Any]) -> dict[str, Any] | None:
        """Read a line in which nothing is unusual, without a call for each field; None: read it with care."""
        line: dict[str, Any] = {}
        kinds, amounts, currency = self.kinds, self.amounts, self.currency
        for name, value in raw.items():
            kind = kinds.get(name)
            if kind is _TEXT:
                # What is printable holds neither U+0000 nor half a character.
                if type(value) is not str or not 0 < len(value) <= LONGEST_TEXT or not value.isprintable():
                    return None
                line[name] = value
            elif kind is _MONEY:
                if type(value) is dict:
                    if len(value) != 2 or value.get("currency") != currency:
                        return None
                    value = value.get("amount")
                amount = amounts.get(value) if type(value) is str else None
                if amount is None:
                    return None
                line[name] = amount
            elif kind is _QUANTITY and type(value) is int and 0 <= value < LARGEST // ONE:
                line[name] = value * ONE
            else:
                return None
        return None if self.line_required.difference(line) else line

    def _any_line(self, raw: Any, index: int, problems: list[BodyProblem]) -> dict[str, Any]:
        if not isinstance(raw, dict):
            message = f"expected an object, found {kind_of(raw)}"
            problems.append(BodyProblem(f"/lines/{index}", BodyCode.WRONG_TYPE, message))
            return {}
        found: list[BodyProblem] = []
        line = self.line.fill(raw, found)
        problems += [BodyProblem(f"/lines/{index}{bad.pointer}", bad.code, bad.message) for bad in found]
        for name in ("amount", "discount"):
            self._remember(raw.get(name), line.get(name))
        return line

    def _remember(self, raw: Any, amount: int | None) -> None:
        """Keep how an amount was read: prices come again and again."""
        text = raw.get("amount") if isinstance(raw, dict) else raw
        if type(text) is str and amount is not None and amount >= 0 and len(self.amounts) < _AMOUNTS_KEPT:
            self.amounts[text] = amount


_USE = _Shape({"code": read_name, "quantity": read_count, "choose": read_name}, ("code",))


def _code_reader(value: Any) -> dict[str, Any]:
    """A voucher or code that is used: its text alone, or with how many pieces of it, and what is picked."""
    found = _USE.read({"code": value} if isinstance(value, str) else value)
    code = canonical(found["code"])
    if not code:
        raise Bad(BodyCode.BAD_TEXT, "a code has letters and digits")
    return {"quantity": 1, **found, "code": code}


def _codes_reader(value: Any) -> list[dict[str, Any]]:
    """Vouchers and codes, each once."""
    found: list[dict[str, Any]] = list_reader(_code_reader, MOST_CODES)(value)
    seen: set[str] = set()
    for index, item in enumerate(found):
        if item["code"] in seen:
            raise Bad(BodyCode.CONFLICTING_FIELDS, "the same code stands twice; say its 'quantity'", f"/{index}")
        seen.add(item["code"])
    return found


class _Readers:
    """Readers of values that depend on the programme."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.money = money_reader(programme.currency, programme.currency_decimals)

    def declared(self, field: FieldType) -> Reader:
        """The reader of a declared field."""
        text = choice_reader(field.one_of) if field.one_of else read_text
        readers: dict[FieldKind, Reader] = {
            FieldKind.TEXT: text,
            FieldKind.INTEGER: read_integer,
            FieldKind.NUMBER: number_reader(NUMBER_DECIMALS),
            FieldKind.MONEY: self.money,
            FieldKind.BOOLEAN: read_boolean,
            FieldKind.DATE: read_date,
            FieldKind.TEXTS: list_reader(text, MOST_PARTS),
            FieldKind.TIMEZONE: read_timezone,
        }
        return readers[field.kind]

    def fields(self, fields: Mapping[str, FieldType]) -> dict[str, Reader]:
        """The readers of declared fields."""
        return {name: self.declared(field) for name, field in fields.items()}

    @property
    def partner(self) -> dict[str, Reader]:
        """The reader of where something happened, in a programme that has partners."""
        return {"partner": self._partner} if self.programme.partners else {}

    def _partner(self, value: Any) -> str:
        name = read_name(value)
        if name not in self.programme.partners:
            known = ", ".join(self.programme.partners)
            raise Bad(BodyCode.UNKNOWN_PARTNER, f"the programme has no partner '{name}'; it has {known}")
        return name

    def prints(self) -> dict[str, Reader]:
        """The reader of what somebody could be known by, where the programme looks at that."""
        return {} if self.programme.referral is None else {"prints": self._prints}

    def _prints(self, value: Any) -> dict[str, str]:
        """Prints by what they are of: hashed here, so that nothing else is ever kept."""
        known = _Shape(dict.fromkeys(PRINTS, read_name)).read(value)
        return {kind: print_of(kind, text, self.programme.name) for kind, text in sorted(known.items())}

    def unit(self, value: Any) -> str:
        """Read the name of a unit."""
        name = read_name(value)
        if name not in self.programme.units:
            known = ", ".join(self.programme.units)
            raise Bad(BodyCode.UNKNOWN_UNIT, f"the programme has no unit '{name}'; it has {known}")
        return name

    def spend(self, value: Any) -> dict[str, int | str]:
        """Read which units pay, and how much of each."""
        if not isinstance(value, Mapping):
            raise Bad(BodyCode.WRONG_TYPE, f'expected an object like {{"points": 100}}, found {kind_of(value)}')
        found: dict[str, int | str] = {}
        problems: list[BodyProblem] = []
        for name, amount in value.items():
            pointer = f"/{escaped(name)}"
            try:
                decimals = self.programme.units[self.unit(name)].decimals
                found[name] = "max" if amount == "max" else at_least_one(number_reader(decimals)(amount))
            except Bad as bad:
                problems.append(BodyProblem(pointer, bad.problem[0], bad.problem[1]))
        if problems:
            raise Several(problems)
        return found


def _shape(programme: Programme, type_: str, readers: _Readers) -> _Shape | BodyProblem:
    """The shape of every type but the sale; or why such an activity cannot come in."""
    of = _Shape({"source": read_name, "external_id": read_name}, ("source", "external_id")).read
    reason = text_reader(LONGEST_REASON)
    returned = _Shape({"id": read_name, "sku": read_name, "quantity": read_positive_quantity})
    attributes = _Shape(readers.fields(programme.member_fields)).read
    number: Reader = read_any_number
    partner = readers.partner
    shapes: dict[str, _Shape] = {
        Built.RETURN: _Shape(
            {"of": of, "lines": list_reader(returned.read, MOST_LINES), "reason": reason, **partner}, ("of",)
        ),
        Built.CANCEL: _Shape({"of": of, "reason": reason, **partner}, ("of",)),
        Built.ADJUST: _Shape(
            {
                "unit": readers.unit,
                "amount": number,
                "reason": reason,
                "by": read_name,
                "by_member": read_id,
                "approved_by": read_name,
                **partner,
            },
            ("unit", "amount", "reason"),
        ),
        Built.EXCHANGE: _Shape({"exchange": read_name, "amount": number}, ("exchange", "amount")),
        Built.UNEXCHANGE: _Shape({"of": of, "reason": reason}, ("of",)),
        **{kind: _Shape(*form) for kind, form in cause_forms(programme, of, reason).items()},
        Built.TRANSFER: _Shape({"unit": readers.unit, "amount": number, "to": read_id}, ("unit", "amount", "to")),
        Built.HOLD: _Shape(
            {"unit": readers.unit, "amount": number, "lapses_after": read_minutes, **partner}, ("unit", "amount")
        ),
        Built.COMMIT: _Shape({"hold": read_id, "amount": number, "unit": readers.unit, **partner}, ("hold",)),
        Built.RELEASE: _Shape({"hold": read_id, **partner}, ("hold",)),
        Built.CLAIM: _Shape({"reward": read_name, "quantity": read_count, "choose": read_name, **partner}, ("reward",)),
        Built.RESERVE: _Shape(
            {"codes": _codes_reader, "session": read_name, "lapses_after": read_minutes}, ("codes", "session")
        ),
        Built.UNRESERVE: _Shape({"codes": _codes_reader, "session": read_name}, ("codes", "session")),
        Built.USE: _Shape({"vouchers": _codes_reader, "session": read_name}, ("vouchers",)),
        **{kind: _Shape(*plain) for kind, plain in PLAIN.items()},
        Built.PLAN_STARTED: _Shape(
            {"plan": read_name, "every": read_name, "pay_with": choice_reader(("units",))}, ("plan",)
        ),
        Built.PLAN_PAID: _Shape(
            {
                "invoice": read_id,
                "amount": not_negative(readers.money),
                "provider": read_name,
                "reference": read_name,
                "by": read_name,
                "receipt": _Shape(
                    {"source": read_name, "external_id": read_name, "line": read_name}, ("source", "external_id")
                ).read,
            },
        ),
        Built.PLAN_FAILED: _Shape(
            {"invoice": read_id, "provider": read_name, "reference": read_name, "reason": reason}
        ),
        Built.PLAN_CHANGED: _Shape({"plan": read_name, "every": read_name}),
        Built.PLAN_CANCELLED: _Shape({"reason": reason, "by": read_name}),
        Built.PLAN_REFUNDED: _Shape(
            {
                "invoice": read_id,
                "amount": lambda value: at_least_one(readers.money(value)),
                "is_done": read_boolean,
                "reason": reason,
                "by": read_name,
                "reference": read_name,
            },
        ),
        Built.PLAN_DISPUTED: _Shape(
            {"invoice": read_id, "state": choice_reader(("opened", "won", "lost")), "reference": read_name}, ("state",)
        ),
        **_card_shapes(programme, readers, reason),
        **{type_: _Shape(readers, required) for type_, (readers, required) in PLAY_SHAPES.items()},
        **dict.fromkeys((Built.JOINED, Built.UPDATED), _Shape({"birthday": read_birthday, "attributes": attributes})),
    }
    if programme.referral is not None:
        _add_referral(shapes, readers)
    if type_ in shapes:
        return shapes[type_]
    declared = programme.activities.get(type_)
    if declared is not None:
        required = tuple(name for name, field in declared.fields.items() if field.required)
        return _Shape({**partner, **readers.fields(declared.fields)}, required)
    if type_ in MADE_HERE:
        message = f"'{type_}' is made by the programme's own clock and cannot be sent"
        return BodyProblem("", BodyCode.NOT_FROM_OUTSIDE, message)
    known = [Built.PURCHASE.value, *shapes, *programme.activities]
    others = ", ".join(dict.fromkeys(known))
    message = f"there is no activity type '{type_[:60]}'; {closest(type_, known)}known: {others}"
    return BodyProblem("", BodyCode.UNKNOWN_TYPE, message)


def _card_shapes(programme: Programme, readers: _Readers, reason: Reader) -> dict[str, _Shape]:
    """Activities of gift cards, where there are any."""
    if programme.gift_cards is None:
        return {}
    return {
        Built.CARD_ISSUED: _Shape(
            {"gift_card": read_card, "amount": at_least_one_cent(readers.money), "reason": reason, "by": read_name},
            ("gift_card", "amount", "reason"),
        ),
        Built.CARD_OPENED: _Shape({"gift_card": read_card}, ("gift_card",)),
        Built.CARD_ATTACHED: _Shape({"gift_card": read_card}, ("gift_card",)),
        **dict.fromkeys((Built.CARD_BLOCKED, Built.CARD_UNBLOCKED), _Shape({"reason": reason}, ("reason",))),
        Built.CARD_REPLACED: _Shape({"gift_card": read_card, "reason": reason}, ("gift_card",)),
    }


def _add_referral(shapes: dict[str, _Shape], readers: _Readers) -> None:
    """What comes in where members bring friends."""
    joined, updated = shapes[Built.JOINED], shapes[Built.UPDATED]
    shapes[Built.JOINED] = _Shape({**joined.readers, "referred_by": read_code, **readers.prints()}, joined.required)
    shapes[Built.UPDATED] = _Shape({**updated.readers, **readers.prints()}, updated.required)
    shapes[Built.REFERRED] = _Shape({"code": read_code, **readers.prints()}, ("code",))
    review = {"action": choice_reader(("release", "refuse")), "reason": text_reader(LONGEST_REASON), "by": read_name}
    shapes[Built.REFERRAL_REVIEWED] = _Shape(review, ("action", "reason", "by"))


def _finish_return(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    for index, line in enumerate(body.get("lines", ())):
        if ("id" in line) == ("sku" in line):
            message = "say which line goes back: its 'id' on the receipt, or its 'sku'"
            problems.append(BodyProblem(f"/lines/{index}", BodyCode.MISSING_FIELD, message))
    if body.get("lines") == []:
        message = "leave 'lines' out to return all that is left"
        problems.append(BodyProblem("/lines", BodyCode.OUT_OF_RANGE, message))


def _finish_amount(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    _settle(body, programme.units[body["unit"]].decimals, problems)


def _finish_exchange(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    found = programme.exchanges.get(body["exchange"])
    _settle(body, programme.units[found.take].decimals if found and found.take in programme.units else 0, problems)


def _finish_signed(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    _settle(body, programme.units[body["unit"]].decimals, problems, is_signed=True)


def _finish_commit(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    unit = body.pop("unit", None)
    if "amount" not in body:
        return
    decimals = {programme.units[unit].decimals} if unit else {found.decimals for found in programme.units.values()}
    if len(decimals) > 1:
        message = "the units of this programme have different decimals: say the 'unit' of the hold too"
        problems.append(BodyProblem("/unit", BodyCode.MISSING_FIELD, message))
        return
    _settle(body, decimals.pop(), problems)


def _settle(body: Body, decimals: int, problems: list[BodyProblem], is_signed: bool = False) -> None:
    try:
        amount = number_reader(decimals)(body["amount"])
        if amount == 0 or (amount < 0 and not is_signed):
            wanted = "other than 0" if is_signed else "above 0"
            raise Bad(BodyCode.OUT_OF_RANGE, f"the amount has to be {wanted}")
        body["amount"] = amount
    except Bad as bad:
        problems.append(BodyProblem("/amount", bad.problem[0], bad.problem[1]))


def _finish_claim(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    body.setdefault("quantity", 1)


_FINISHERS: Final[dict[str, Callable[[Programme, Body, list[BodyProblem]], None]]] = {
    Built.RETURN: _finish_return,
    Built.ADJUST: _finish_signed,
    Built.TRANSFER: _finish_amount,
    Built.EXCHANGE: _finish_exchange,
    Built.DONATED: finish_donated,
    Built.HOLD: _finish_amount,
    Built.COMMIT: _finish_commit,
    Built.CLAIM: _finish_claim,
    **PLAY_FINISHERS,
}
