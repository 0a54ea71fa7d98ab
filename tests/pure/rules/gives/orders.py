"""An order that rewards are tried on: chairs, books and a tip that earns nothing."""

from typing import Any

from setia.language.model import Gives
from setia.language.parse import load_programme
from setia.rules.gives import use
from setia.rules.order import Order, price
from setia.rules.rulebook import PURCHASE, rulebook

_PROGRAMME = """
programme: shop
currency: EUR
timezone: UTC
units: {{points: {{}}}}
rules: {{earn: {{on: purchase.completed, give: {{points: purchase.total}}}}}}
purchases: {{eligible: line.kind != "tip"}}
rewards:
  it: {{costs: {{points: 1}}, gives: {gives}}}
  looks: {{costs: {{points: 1}}, gives: {{product_where: 'line.sku == line.category'}}}}
"""
LINES = (("CHAIR", "chairs", 2000, 12_000), ("NOVEL", "books", 3000, 3_600), ("COMIC", "books", 2000, 1_100))


def gives(text: str) -> Gives:
    """What a reward gives, as a programme writes it."""
    loaded = load_programme(_PROGRAMME.format(gives=text))
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme.rewards["it"].gives


def order(*lines: tuple[str, str, int, int], tip: int = 0, is_initial: bool = False) -> Order:
    """An order of lines (SKU, category, quantity × 1000, cents), before any reward."""
    programme = load_programme(_PROGRAMME.format(gives="{product: ANY}")).programme
    assert programme is not None
    body: dict[str, Any] = {
        "lines": [
            {"id": str(number), "sku": sku, "category": category, "quantity": quantity, "amount": amount}
            for number, (sku, category, quantity, amount) in enumerate(lines or LINES)
        ]
    }
    if tip:
        body["lines"].append({"id": "tip", "kind": "tip", "quantity": 1000, "amount": tip})
    plan = rulebook(programme).plan(PURCHASE)
    made = price(programme, plan, body, tier_discount=None, membership=None, rewards=None, paid=0, cards=0, unearning=0)
    made.begin_rewards(is_initial=is_initial, needs_lines=True)
    return made


def used(made: Order, text: str, most: int | None = None) -> int:
    """Use a reward on the order; how much cheaper it became."""
    before = made.discount
    use(made, "reward:it", gives(text), most)
    assert made.gross - made.discount + made.charged == made.total
    assert sum(off.amount for off in made.off) == made.discount
    return made.discount - before
