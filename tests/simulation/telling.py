"""Tells the steps of a shop with a theme to a book in memory, and looks at what came of them."""

from hashlib import sha256
from typing import Any
from uuid import UUID

from setia.flow.memory import MemoryBook
from setia.flow.work import Decision, MemberWork, Version
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.partners.settle import Movement, Terms, movements_of, settle
from setia.state.bringing import Brought, code_of
from setia.state.membership import Membership
from setia.values.activities import Activity
from setia.values.card_codes import card_id, draw_code, read_code
from setia.values.ids import public_id
from tests.simulation.memory import SOURCE, body_of, told
from tests.simulation.programmes import OPENED
from tests.simulation.shop import Step
from tests.simulation.themes.theme import View


def compiled(text: str) -> Programme:
    """A programme that has to be right."""
    loaded = load_programme(text)
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme


_SAID = {"total": "total", "discount": "discount", "paid": "paid_money", "cards": "paid_cards", "payable": "payable"}


def receipt(decision: Decision) -> dict[str, Any]:
    """What the receipt says, as the themes say it."""
    totals, answer = decision.result.totals, decision.answer
    said: dict[str, Any] = {name: totals[ours] for ours, name in _SAID.items() if ours in totals}
    if answer.get("refund"):
        said["refund"] = [(name, money) for name, _, money, _ in answer["refund"]]
    if "play" in answer:
        said["prize"] = answer["play"]["prize"]
    if "gift" in answer:
        gift = answer["gift"]
        said["gift"] = (gift["amount"], gift["money"], gift["match"], gift["receipt"])
    if "sold_short" in answer:
        said["sold_short"] = answer["sold_short"]
    return said


class Teller:
    """The engine on a book in memory, as the themes talk to it."""

    def __init__(self, text: str) -> None:
        self.book = MemoryBook([Version(1, OPENED, compiled(text))])
        self.members: list[UUID] = []
        self.ids: dict[str, UUID] = {}  # key of a step → its activity
        self.keys: dict[UUID, str] = {}
        self.cards: dict[str, dict[str, Any]] = {}

    def join(self, step: Step) -> None:
        """Take in a member."""
        self.members.append(self.book.join(step["at"]).id)

    def tick(self, step: Step) -> None:
        """Work off the clock of everybody."""
        self.book.tick(step["at"])

    def member(self, number: int) -> MemberWork:
        """A member as they stand."""
        return self.book.gathered.members[self.members[number]]

    def name(self, number: int) -> str:
        """By what id members are known in public."""
        return public_id("mem", self.members[number])

    def body(self, step: Step) -> dict[str, Any]:
        """The canonical body of the step."""
        kind = step["type"]
        if kind == "reward.claimed":
            return {"reward": step["reward"], "quantity": step["quantity"]}
        if kind == "points.donated":
            return {"cause": step["cause"], "amount": step["amount"]}
        if kind == "donation.cancelled":
            return {"of": {"source": SOURCE, "external_id": step["of"]}, "reason": "a slip"}
        if kind in ("member.merged", "member.unmerged"):
            return {"with": self.members[step["with"]].hex, "reason": "one person"}
        if kind.startswith("plan."):
            return {"plan": "plus", "every": step["every"]} if kind == "plan.started" else {}
        if kind == "referral.claimed":
            return {"code": "UNKNOWN1" if step["by"] is None else code_of(self.members[step["by"]])}
        if kind == "referral.reviewed":
            return {"action": step["action"], "reason": "looked at", "by": "Ana"}
        if kind == "game.played":
            return {"game": step["game"], **({"client_seed": step["client_seed"]} if step["client_seed"] else {})}
        if kind.startswith("card."):
            if kind in ("card.blocked", "card.unblocked"):
                return {"reason": "lost"}
            more = {"amount": step["amount"], "reason": "a gift"} if kind == "card.issued" else {}
            return {"gift_card": self.card(step["card"]), **more}
        if kind in ("reward.cancelled", "voucher.revoked"):
            reason = {"reason": "lost"} if kind == "voucher.revoked" else {}
            return {"voucher": self.voucher(step["of"], step["member"]), **reason}
        body = body_of(step, self.members, self.ids.get(str(step.get("of"))), None)
        if kind == "hold.placed" and step.get("partner"):
            body["partner"] = step["partner"]
        if "vouchers" in body:
            body["vouchers"] = [{"code": self.code(name), "quantity": pieces} for name, pieces in body["vouchers"]]
        if "gift_cards" in body:
            body["gift_cards"] = [
                {**self.card(name), **({} if amount is None else {"amount": amount})}
                for name, amount in body["gift_cards"]
            ]
        if kind == "purchase.completed":
            body["lines"] = [
                {**line, "gift_cards": [self.card(name) for name in line["gift_cards"]]}
                if "gift_cards" in line
                else line
                for line in body["lines"]
            ]
        return body

    def card(self, name: str) -> dict[str, Any]:
        """A gift card as a body names it."""
        if name not in self.cards:
            digest, last = read_code(draw_code(sha256(name.encode()).digest()))
            self.cards[name] = {"code": digest, "last": last}
        return dict(self.cards[name])

    def who(self, step: Step) -> UUID:
        """Whose activity the step is: a member's, or a card's."""
        is_card = step["type"] in ("card.issued", "card.blocked", "card.unblocked")
        return card_id(self.card(step["card"])["code"]) if is_card else self.members[step["member"]]

    def voucher(self, name: str, number: int) -> int:
        """The number of a member's voucher; 0: there is none."""
        return next((v.no for v in self.member(number).vouchers.values() if self.name_of(v) == name), 0)

    def code(self, name: str) -> str:
        """What is typed for a voucher, or for a code."""
        for member in self.book.gathered.members.values():
            for voucher in member.vouchers.values():
                if self.name_of(voucher) == name:
                    return str(voucher.code)
        return name.upper().replace("/", "")

    def name_of(self, voucher: Any) -> str:
        """A voucher as a theme calls it."""
        key = self.keys[voucher.activity_id]
        if not voucher.rule:
            return key
        holders = (member.vouchers for member in self.book.gathered.members.values())
        like = [
            other.no
            for held in holders
            for other in held.values()
            if (other.activity_id, other.reward) == (voucher.activity_id, voucher.reward)
        ]
        return f"{key}/{voucher.reward}{sorted(like).index(voucher.no) + 1}"

    def handle(self, step: Step) -> tuple[str, dict[str, Any]]:
        """Handle one activity; the status that the caller is told, and what the receipt says."""
        activity = Activity(
            self.book.new_id(step["occurred"]), step["type"], SOURCE, step["key"], self.who(step), step["occurred"],
            step["recorded"], self.body(step), step.get("revision", 0),
        )  # fmt: skip
        self.keys[activity.id] = step["key"]
        own = next(decision for decision in self.book.handle(activity) if decision.activity is activity)
        if own.status != "duplicate":
            self.ids[step["key"]] = activity.id
        return told(own), receipt(own) if own.status == "accepted" else {}

    def statement(self) -> View:
        """The settlement of all that has happened, as ``Keeper.statement`` tells it."""
        if not self.book.versions[0].programme.partners:
            return {}
        moved: list[Movement] = []
        for number, member_id in enumerate(self.members):
            lots = self.member(number).wallet.lots
            moved += movements_of(self.book.entries(member_id), lots, self.book.versions[0].programme.zone)
        settled = settle("9999-12", moved, (), (), Terms({"points": 0}, 2))
        found: View = {}
        for line in settled.lines:
            key = line.key
            name = f"{key.partner} {key.month} {key.kind.value} {key.other} {key.price} {key.owed.value}"
            found[name] = (line.quantity, line.money)
        balances = {f"{name} owes": settled.balance(name) for name in settled.partners()}
        return {**found, **{name: money for name, money in balances.items() if money}, "margin": settled.margin}

    @staticmethod
    def _plan_of(who: str, plan: Membership) -> View:
        invoice = plan.invoice
        asked = None if invoice is None else (invoice.kind, invoice.amount, invoice.lapses_at, invoice.asked)
        periods = [(p.kind, p.starts_at, p.ends_at, p.fee, p.back) for p in plan.periods]
        paid = sum(payment.amount for payment in plan.payments), sum(payment.back for payment in plan.payments)
        return {
            f"{who}: periods": periods, f"{who}: invoice": asked,
            f"{who}: renews": None if plan.renews is None else plan.renews[1],
            f"{who}: plan is over": plan.is_over, f"{who}: paid and given back": paid,
        }  # fmt: skip

    def view(self) -> View:
        """Everything as it is now, as ``Keeper.view`` calls it."""
        found: View = {}
        for number in range(len(self.members)):
            member = self.member(number)
            balance = member.wallet.balance("points")
            names = ("available", "pending", "held", "debt")
            found[f"member {number}: points"] = {name: getattr(balance, name) for name in names}
            found[f"member {number}: lots"] = [
                (lot.amount, lot.left, lot.expired, lot.is_pending, lot.expires_at)
                for lot in member.wallet.lots.values()
                if lot.unit == "points"
            ]
            for unit in ("credit", "card_money", "spins"):
                if unit in self.book.versions[0].programme.units:
                    found[f"member {number}: {unit}"] = member.wallet.balance(unit).available
            if self.book.versions[0].programme.referral is not None:
                brought = member.progress.brought or Brought()
                found[f"member {number}: referral"] = (brought.state, sorted(brought.why), brought.friends)
            if self.book.versions[0].programme.plans:
                found |= self._plan_of(f"member {number}", member.progress.membership or Membership())
            if "fair" in self.book.versions[0].programme.name:
                found[f"member {number}: mugs"] = sum(v.reward == "mug" for v in member.vouchers.values())
                continue
            for voucher in member.vouchers.values():
                name = f"member {number}: voucher {self.name_of(voucher)}"
                found[name] = (voucher.state, voucher.left)
        for name, card in self.cards.items():
            wallet = self.book.gathered.members.get(card_id(card["code"]))
            if wallet is not None and wallet.progress.card is not None:
                lots = [(lot.left, lot.expires_at) for lot in wallet.wallet.lots.values()]
                found[f"card {name}"] = (wallet.progress.card["state"], lots)
        for account, left in self.book.gathered.house.items():
            kind, _, name = account.partition(":")
            if account in ("money:spring", "pack:corner"):
                found["pack" if kind == "pack" else name] = left
            if kind in ("given", "match") or (kind == "receipts" and left):
                names = {"given": f"given to {name}", "match": "left to be added", "receipts": f"receipts {name}"}
                found[names[kind]] = left
            if kind in ("stock", "prize", "budget"):
                found[f"{'budget' if kind == 'budget' else 'stock'} of {name}"] = left
        return found


def first_difference(engine: View, keeper: View) -> str:
    """Where two views differ first, in words; "" where they do not."""
    for name in (*keeper, *engine):
        if engine.get(name) != keeper.get(name):
            return f"{name}: the engine has {engine.get(name)}, the auditor {keeper.get(name)}"
    return ""
