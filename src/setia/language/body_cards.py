"""Gift cards and top-ups in the body of a purchase: codes become digests, and what is sold is within its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from setia.language.body_values import ONE, Bad, BodyCode, BodyProblem, Reader, kind_of, list_reader, read_text
from setia.language.model import Programme
from setia.values.activities import Body
from setia.values.card_codes import CARD_KIND, TOP_UP_KIND, CardCodeError, read_code
from setia.values.money import format_scaled

MOST_CARDS: Final = 20
"""How many cards pay for one purchase, and how many one line sells."""


def read_card(value: Any) -> dict[str, Any]:
    """A code as ``{code, last}``: its digest, which leads to the card, and what people tell it by."""
    try:
        digest, last = read_code(read_text(value))
    except CardCodeError as error:
        raise Bad(BodyCode.BAD_ID, str(error)) from None
    return {"code": digest, "last": last}


def at_least_one_cent(money: Reader) -> Reader:
    """Money above zero."""

    def read(value: Any) -> int:
        amount: int = money(value)
        if amount < 1:
            raise Bad(BodyCode.OUT_OF_RANGE, "the amount has to be above 0")
        return amount

    return read


def _paying_card(money: Reader) -> Reader:
    amount_of = at_least_one_cent(money)

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            return read_card(value)
        unknown = set(value) - {"code", "amount"}
        if unknown or "code" not in value:
            message = f"expected a code, or {{code, amount}}; found {kind_of(value)} with {', '.join(sorted(value))}"
            raise Bad(BodyCode.UNKNOWN_FIELD, message)
        card = read_card(value["code"])
        if "amount" in value:
            try:
                card["amount"] = amount_of(value["amount"])
            except Bad as bad:
                code, message, below = bad.problem
                raise Bad(code, message, f"/amount{below}") from None
        return card

    return read


class MoneyLines:
    """What a programme lets purchases do with gift cards and top-ups."""

    def __init__(self, programme: Programme) -> None:
        self.cards = programme.gift_cards
        self.top_up = next((unit.top_up for unit in programme.units.values() if unit.top_up is not None), None)
        self.decimals = programme.currency_decimals

    def paying(self, money: Reader) -> dict[str, Reader]:
        """The field of a purchase that names the cards that pay for it."""
        return {} if self.cards is None else {"gift_cards": list_reader(_paying_card(money), MOST_CARDS)}

    def selling(self) -> dict[str, Reader]:
        """The field of a line that names the cards that it sells."""
        return {} if self.cards is None else {"gift_cards": list_reader(read_card, MOST_CARDS)}

    def problems(self, body: Body) -> list[BodyProblem]:
        """What is wrong with the cards and top-ups of a purchase that can be read."""
        if self.cards is None and self.top_up is None:
            return []
        found = list(self._twice(body))
        for index, line in enumerate(body["lines"]):
            if self.cards is not None and (line.get("kind") == CARD_KIND or "gift_cards" in line):
                found += self._sold(line, f"/lines/{index}")
            if self.top_up is not None and line.get("kind") == TOP_UP_KIND:
                found += self._within(line["amount"], self.top_up.least, self.top_up.most, f"/lines/{index}/amount")
        return found

    def _twice(self, body: Body) -> Iterator[BodyProblem]:
        seen: set[str] = set()
        named = [(f"/gift_cards/{n}", card) for n, card in enumerate(body.get("gift_cards", ()))]
        for index, line in enumerate(body["lines"]):
            named += [(f"/lines/{index}/gift_cards/{n}", card) for n, card in enumerate(line.get("gift_cards", ()))]
        for pointer, card in named:
            if card["code"] in seen:
                yield BodyProblem(pointer, BodyCode.CONFLICTING_FIELDS, f"the card …{card['last']} stands twice")
            seen.add(card["code"])

    def _sold(self, line: dict[str, Any], pointer: str) -> Iterator[BodyProblem]:
        assert self.cards is not None
        cards = line.get("gift_cards", ())
        if line.get("kind") != CARD_KIND:
            message = f"only a line of kind {CARD_KIND} sells cards; what pays stands beside 'lines'"
            yield BodyProblem(f"{pointer}/gift_cards", BodyCode.CONFLICTING_FIELDS, message)
            return
        if not cards or len(cards) * ONE != line["quantity"]:
            message = f"a line that sells cards names the code of each: {len(cards)} for its quantity"
            yield BodyProblem(f"{pointer}/gift_cards", BodyCode.MISSING_FIELD, message)
            return
        if line["amount"] % len(cards):
            message = "the cards of a line all have the same amount on them; make two lines of it"
            yield BodyProblem(f"{pointer}/amount", BodyCode.OUT_OF_RANGE, message)
            return
        yield from self._within(line["amount"] // len(cards), self.cards.least, self.cards.most, f"{pointer}/amount")

    def _within(self, amount: int, least: int | None, most: int | None, pointer: str) -> Iterator[BodyProblem]:
        low = max(least or 1, 1)
        if amount >= low and (most is None or amount <= most):
            return
        bounds = f"at least {format_scaled(low, self.decimals)}"
        bounds += "" if most is None else f" and at most {format_scaled(most, self.decimals)}"
        message = f"{format_scaled(amount, self.decimals)} are put on it: {bounds} can be"
        yield BodyProblem(pointer, BodyCode.OUT_OF_RANGE, message)
