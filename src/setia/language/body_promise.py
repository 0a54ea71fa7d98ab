"""The body of a promised quote: that of the purchase, and for how long it is promised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from setia.language.body_values import Bad, BodyCode, BodyProblem, kind_of, read_minutes
from setia.values.activities import Body
from setia.values.codes import Built

_Parser = Callable[[Mapping[str, object]], Body | list[BodyProblem]]
LAPSES: Final = "lapses_after"


def sale_or_promise(type_: str, purchase: _Parser) -> _Parser:
    """The parser of a purchase, or of a promise, which reads the purchase in it. A promise sells no gift cards: their
    codes would open wallets."""
    if type_ == Built.PURCHASE:
        return purchase

    def parse(payload: Mapping[str, object]) -> Body | list[BodyProblem]:
        if not isinstance(payload, Mapping):
            return [BodyProblem("", BodyCode.WRONG_TYPE, f"expected an object, found {kind_of(payload)}")]
        problems: list[BodyProblem] = []
        minutes = None
        if LAPSES in payload:
            try:
                minutes = read_minutes(payload[LAPSES])
            except Bad as bad:
                code, message, _ = bad.problem
                problems.append(BodyProblem(f"/{LAPSES}", code, message))
        body = purchase({name: value for name, value in payload.items() if name != LAPSES})
        if isinstance(body, list):
            return problems + body
        if any("gift_cards" in line for line in body["lines"]):
            message = "a promise sells no gift cards: leave their codes out, and send them with the purchase"
            problems.append(BodyProblem("/lines", BodyCode.CONFLICTING_FIELDS, message))
        if problems:
            return problems
        return body if minutes is None else {**body, LAPSES: minutes}

    return parse
