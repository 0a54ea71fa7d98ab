"""Keeps the books of the simulated shop by hand, in dicts and lists, to predict what the engine must say.

It shares no code with the engine and knows the programmes only as the plain facts of ``programmes.Known``. Points are
ints, money is in sen, instants are UTC; Jakarta is seven hours ahead the whole year round.
"""

import calendar
import datetime as dt
from typing import Any

DAY = dt.timedelta(days=1)
JAKARTA = dt.timedelta(hours=7)
FAR = dt.datetime.max.replace(tzinfo=dt.UTC)
Step = dict[str, Any]
Member = dict[str, Any]


def day_of(at: dt.datetime) -> dt.date:
    """The date in Jakarta."""
    return (at + JAKARTA).date()


def midnight(day: dt.date) -> dt.datetime:
    """When ``day`` begins in Jakarta."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) - JAKARTA


def months_on(day: dt.date, months: int) -> dt.date:
    """``day`` so many months on."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class Auditor:
    """The books of one shop. ``versions``: (in force from, known facts), oldest first."""

    def __init__(self, versions: list[tuple[dt.datetime, dict[str, Any]]]) -> None:
        self.versions = versions
        self.members: list[Member] = []
        self.keys: dict[str, tuple[int, int]] = {}  # key → (member, revision)
        self.declined: dict[
            str, tuple[int, Any]
        ] = {}  # key of a declined sale → (member, body): another one is a new try
        self.refused: dict[tuple[str, int, int], Any] = {}  # declined revision (key, member, number) → body
        self.sales: dict[str, dict[str, Any]] = {}
        self.claims: dict[str, dict[str, Any]] = {}
        self.waiting: dict[str, list[Step]] = {}
        first = versions[0][1]
        self.stock: int = first["stock"]
        self.budget: int | None = first["budget"]
        self.is_announced = False

    # What can be asked ------------------------------------------------------------------------------------------------

    def balance(self, number: int) -> dict[str, int]:
        """Available, pending, held and debt of a member."""
        member = self.members[number]
        return {
            "available": sum(lot["left"] for lot in member["lots"] if not lot["pending"]),
            "pending": sum(lot["left"] for lot in member["lots"] if lot["pending"]),
            "held": sum(part for hold in member["holds"].values() if hold["open"] for _, part in hold["taken"]),
            "debt": -member["debt"],
        }

    def lots(self, number: int) -> list[tuple[int, int, int, bool, dt.datetime | None]]:
        """(amount, left, expired, is pending, ends) of each lot, in the order in which they were made."""
        return [
            (lot["amount"], lot["left"], lot["expired"], lot["pending"], lot["ends"])
            for lot in self.members[number]["lots"]
        ]

    # The clock --------------------------------------------------------------------------------------------------------

    def known(self, at: dt.datetime) -> dict[str, Any] | None:
        """The facts of the version in force at ``at``."""
        found = None
        for since, facts in self.versions:
            if since <= at:
                found = facts
        return found

    def join(self, at: dt.datetime) -> None:
        """Take in a member."""
        levels = self.versions[0][1]["tiers"]
        self.members.append(
            {
                "lots": [], "debt": 0, "holds": {}, "events": 0, "tier": levels[0][0] if levels else "", "since": at,
                "until": None, "noticed": None, "history": [], "spend": [], "used": {}, "adopted": 0, "clock": at,
            }
        )  # fmt: skip

    def advance(self, number: int, now: dt.datetime) -> None:
        """Work off all that falls due for the member up to ``now``, one thing after the other."""
        member = self.members[number]
        while True:
            dues = [due for due in self._dues(member) if due is not None and due[0] <= now]
            if not dues:
                break
            at, _, work = min(dues, key=lambda due: due[:2])
            work(member, at)
        member["clock"] = max(member["clock"], now)

    def _dues(self, member: Member) -> list[Any]:
        """What falls due next, each as (when, what goes first of several, what is done); None: nothing of its kind."""
        return [
            self._next_lapse(member), self._next_activation(member), self._next_end(member),
            self._next_notice(member), self._next_review(member),
        ]  # fmt: skip

    def _next_lapse(self, member: Member) -> Any:
        ends = [hold["lapses"] for hold in member["holds"].values() if hold["open"]]
        return (min(ends), 0, self._lapse) if ends else None

    def _next_activation(self, member: Member) -> Any:
        starts = [lot["starts"] for lot in member["lots"] if lot["pending"] and lot["left"]]
        return (min(starts), 1, self._activate) if starts else None

    def _next_end(self, member: Member) -> Any:
        ends = [lot["ends"] for lot in member["lots"] if lot["ends"] is not None and lot["left"]]
        return (min(ends), 2, self._end) if ends else None

    def _next_notice(self, member: Member) -> Any:
        if member["until"] is None or member["noticed"] == member["until"]:
            return None
        return midnight(day_of(member["until"]) - 30 * DAY), 3, self._notice

    def _next_review(self, member: Member) -> Any:
        dues = [] if member["until"] is None else [member["until"] + 7 * DAY]
        if member["adopted"] + 1 < len(self.versions):
            dues.append(self.versions[member["adopted"] + 1][0])
        return (min(dues), 4, self._review) if dues else None

    def _lapse(self, member: Member, at: dt.datetime) -> None:
        for hold in member["holds"].values():
            if hold["open"] and hold["lapses"] == at:
                self._free(member, hold, hold["taken"], at, "lapsed")
                member["events"] += 1

    def _activate(self, member: Member, at: dt.datetime) -> None:
        for lot in member["lots"]:
            if lot["pending"] and lot["left"] and lot["starts"] == at:
                lot["pending"] = False
                repaid = min(member["debt"], lot["left"])
                member["debt"] -= repaid
                lot["left"] -= repaid
        member["events"] += 1

    def _end(self, member: Member, at: dt.datetime) -> None:
        for lot in member["lots"]:
            if lot["ends"] == at and lot["left"]:
                lot["expired"] += lot["left"]
                lot["left"] = 0
        member["events"] += 1

    def _notice(self, member: Member, at: dt.datetime) -> None:
        member["noticed"] = member["until"]
        levels = self.known(at)["tiers"]  # type: ignore[index]
        start = next((level[1] for level in levels if level[0] == member["tier"]), 0)
        # What counts is what will be left of the year when the level is looked at.
        if self._spend(member, day_of(member["until"] + 7 * DAY) - DAY) < start:
            member["events"] += 1

    def _review(self, member: Member, at: dt.datetime) -> None:
        levels = self.known(at)["tiers"]  # type: ignore[index]
        names = [level[0] for level in levels]
        if member["adopted"] + 1 < len(self.versions) and self.versions[member["adopted"] + 1][0] == at:
            member["adopted"] += 1
            if not levels:
                return
            reached = self._reached(levels, self._spend(member, day_of(at)))
            rank = names.index(member["tier"])
            if reached != rank and (reached > rank or member["until"] is None):
                self._move(member, levels, reached, at, self._kept(at) if reached else None)
                return
        if member["until"] is None or at < member["until"]:
            return
        rank = names.index(member["tier"])
        reached = self._reached(levels, self._spend(member, day_of(at) - DAY))
        if reached >= rank:
            member["until"] = midnight(months_on(day_of(member["until"]), 4))
            member["noticed"] = None
        else:
            self._move(member, levels, rank - 1, at, midnight(months_on(day_of(at), 4)) if rank - 1 else None)

    # Tiers ------------------------------------------------------------------------------------------------------------

    @staticmethod
    def _spend(member: Member, day: dt.date) -> int:
        first = months_on(day, -12) + DAY
        return sum(amount for on, amount in member["spend"] if first <= on <= day)

    @staticmethod
    def _reached(levels: list[Any], value: int) -> int:
        return max(rank for rank, level in enumerate(levels) if not rank or level[1] <= value)

    @staticmethod
    def _kept(at: dt.datetime) -> dt.datetime:
        return midnight(months_on(day_of(at), 4) + DAY)

    @staticmethod
    def _move(member: Member, levels: list[Any], rank: int, at: dt.datetime, until: dt.datetime | None) -> None:
        member["history"].append((member["since"], member["tier"]))
        member["tier"], member["since"], member["until"], member["noticed"] = levels[rank][0], at, until, None
        member["events"] += 1

    def _after(self, member: Member, now: dt.datetime) -> None:
        levels = self.known(now)["tiers"]  # type: ignore[index]
        if not levels:
            return
        rank = [level[0] for level in levels].index(member["tier"])
        reached = self._reached(levels, self._spend(member, day_of(now)))
        if reached > rank:
            self._move(member, levels, reached, now, self._kept(now))
        elif reached == rank and member["until"] is not None and now >= member["until"]:
            member["until"], member["noticed"] = self._kept(now), None

    @staticmethod
    def _tier_at(member: Member, at: dt.datetime) -> str:
        if at >= member["since"]:
            return str(member["tier"])
        for since, tier in reversed(member["history"]):
            if since <= at:
                return str(tier)
        return str(member["history"][0][1] if member["history"] else member["tier"])

    # Lots -------------------------------------------------------------------------------------------------------------

    @staticmethod
    def _give(member: Member, amount: int, at: dt.datetime, key: str, *, starts: Any, ends: Any, rule: str) -> None:
        if starts is None:
            repaid = min(member["debt"], amount)
            member["debt"] -= repaid
            amount -= repaid
        if amount:
            member["lots"].append(
                {
                    "amount": amount, "left": amount, "expired": 0, "pending": starts is not None, "starts": starts,
                    "ends": ends, "earned": at, "key": key, "rule": rule, "number": len(member["lots"]),
                }
            )  # fmt: skip

    @staticmethod
    def _in_order(lots: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(lots, key=lambda lot: (lot["ends"] or FAR, lot["earned"], lot["number"]))

    def _open(self, member: Member) -> list[dict[str, Any]]:
        return self._in_order([lot for lot in member["lots"] if lot["left"] and not lot["pending"]])

    def _can_spend(self, member: Member) -> int:
        return int(sum(lot["left"] for lot in member["lots"] if not lot["pending"]) - member["debt"])

    @staticmethod
    def _take(lots: list[dict[str, Any]], amount: int) -> list[tuple[int, int]]:
        taken = []
        for lot in lots:
            part = min(amount, lot["left"])
            if part:
                lot["left"] -= part
                amount -= part
                taken.append((lot["number"], part))
        return taken

    @staticmethod
    def _put_back(member: Member, parts: list[tuple[int, int]], at: dt.datetime) -> bool:
        """Whether some of it has ended in the meantime."""
        is_over = False
        for number, part in parts:
            lot = member["lots"][number]
            lot["left"] += part
            if lot["ends"] is not None and lot["ends"] <= at:
                lot["expired"] += lot["left"]
                lot["left"] = 0
                is_over = True
            else:
                repaid = min(part, member["debt"])
                lot["left"] -= repaid
                member["debt"] -= repaid
        return is_over

    def _take_back(self, member: Member, amount: int, key: str, rule: str, when_spent: str) -> int:
        own = self._in_order([lot for lot in member["lots"] if lot["key"] == key])
        own = [lot for lot in own if lot["rule"] == rule] + [lot for lot in own if lot["rule"] != rule]
        for lots in ([lot for lot in own if lot["pending"]], [lot for lot in own if not lot["pending"]]):
            amount -= sum(part for _, part in self._take(lots, amount))
        for lot in own:
            part = min(amount, lot["expired"])
            lot["expired"] -= part
            amount -= part
        amount -= sum(part for _, part in self._take(self._open(member), amount))
        if when_spent == "unlimited":
            member["debt"] += amount
            return 0
        return amount

    def _free(self, member: Member, hold: Any, parts: list[tuple[int, int]], at: dt.datetime, state: str) -> None:
        hold["open"], hold["state"] = False, state
        member["events"] += self._put_back(member, parts, at)

    # Steps ------------------------------------------------------------------------------------------------------------

    def handle(self, step: Step) -> str:
        """Book one step; the answer is a status, with the reason of a decline behind a colon."""
        kind, key, number = step["type"], step["key"], step["member"]
        known = self.keys.get(key)
        is_new_try = key in self.declined and self.declined[key] != (number, step.get("body"))
        if known is not None and not (
            kind == "purchase.completed" and (step.get("revision", 0) > known[1] or is_new_try)
        ):
            return "duplicate"
        tried = (key, number, step.get("revision", 0))
        if known is not None and tried in self.refused and self.refused[tried] == step.get("body"):
            return "duplicate"
        member = self.members[number]
        step = {**step, "recorded": max(step["recorded"], member["clock"])}
        now = step["recorded"]
        facts = self.known(step["occurred"])
        if facts is None or step["occurred"] > now + dt.timedelta(minutes=5):
            return "refused"
        if step["occurred"] + facts["accept"] * DAY < now:
            return "refused"
        self.advance(number, now)
        if kind == "balance.transferred":
            self.advance(step["to"], now)
        answer = self._own(step, member, facts, is_revision=known is not None)
        if known is None or answer == "accepted" or key not in self.sales:
            self.keys[key] = (number, step.get("revision", 0))
            self.declined.pop(key, None)
            if answer.startswith("declined") and kind == "purchase.completed":
                self.declined[key] = (number, step["body"])
        elif answer.startswith("declined") and kind == "purchase.completed":
            self.refused[tried] = step["body"]
        if answer == "accepted" and kind == "purchase.completed":
            for parked in self.waiting.pop(key, []):
                del self.keys[parked["key"]]
                self.handle({**parked, "recorded": now})
        self.advance(number, now)
        return answer

    def _own(self, step: Step, member: Member, facts: dict[str, Any], *, is_revision: bool) -> str:
        kind = step["type"]
        if kind == "purchase.completed":
            is_known = is_revision and step["key"] in self.sales
            return self._revise(step, member) if is_known else self._purchase(step, member, facts)
        if kind in ("purchase.returned", "purchase.cancelled"):
            return self._return(step, member)
        if kind == "reward.claimed":
            return self._claim(step, member, facts)
        if kind == "reward.cancelled":
            return self._unclaim(step, member)
        if kind == "balance.adjusted":
            return self._adjust(step, member, facts)
        if kind == "balance.transferred":
            return self._transfer(step, member, facts)
        return self._hold(step, member)

    def _price(self, facts: dict[str, Any], tier: str, body: Any, wallet: int) -> tuple[int, int, int]:
        """(what earns, points paid with, what it costs)."""
        total = earns = 0
        for line in body["lines"]:
            net = line["amount"] - line.get("discount", 0)
            total += net
            earns += 0 if line["category"] == "FUEL" else net
        given = sum(item["amount"] for item in body.get("discounts", []))
        total -= given
        earns -= min(given, max(earns, 0))
        percent = next((level[3] for level in facts["tiers"] if level[0] == tier), 0)
        cuts = [(2 * earns * percent + 100) // 200 if earns > 0 else 0]
        for cut in cuts + [500_000] * sum(claim["quantity"] for claim in body.get("claims", [])):
            cut = min(cut, max(total, 0))
            total -= cut
            earns -= min(cut, max(earns, 0))
        paid = body.get("spend", {}).get("points", 0)
        if paid == "max":
            paid = max(wallet, 0) if facts["worth"] else 0
        if facts["worth"]:
            paid = min(paid, max(total, 0) // facts["worth"])
            earns -= min(paid * facts["worth"], max(earns, 0))
        return max(earns, 0), paid, total

    def _question(self, member: Member, facts: dict[str, Any], at: dt.datetime) -> dict[str, Any]:
        """What is known when a sale is decided, kept to ask again."""
        day, used = day_of(at), member["used"]
        return {
            "facts": facts, "tier": self._tier_at(member, at), "day": day, "week": day - day.weekday() * DAY,
            "day_used": used.get(("earn", day), 0), "week_used": used.get(("code", day - day.weekday() * DAY), 0),
            "can_spend": self._can_spend(member), "pending": sum(x["left"] for x in member["lots"] if x["pending"]),
            "budget": self.budget, "wallet": self._can_spend(member),
        }  # fmt: skip

    def _answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        """What a sale earns and costs; "max" is what the wallet bears beside what is claimed."""
        if body.get("spend", {}).get("points") != "max" or not body.get("claims"):
            return self._plain_answer(asked, body)
        most = self._plain_answer(asked, {**body, "claims": []})["paid"]
        for paid in range(most, 0, -1):
            answer = self._plain_answer(asked, {**body, "spend": {"points": paid}})
            if answer["takes"] <= asked["wallet"] + self._usable(asked, answer):
                return answer
        return self._plain_answer(asked, {**body, "spend": {"points": 0}})

    @staticmethod
    def _usable(asked: dict[str, Any], answer: dict[str, Any]) -> int:
        return 0 if asked["facts"]["pending"] else sum(answer["awards"].values())

    def _plain_answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        facts = asked["facts"]
        earns, paid, total = self._price(facts, asked["tier"], body, asked["wallet"])
        over, under = next((level[2] for level in facts["tiers"] if level[0] == asked["tier"]), (1, 1))
        awards: dict[str, int] = {}

        def give(rule: str, amount: int) -> None:
            if facts["at_most"] is not None:
                amount = min(amount, max(facts["at_most"] - asked["can_spend"] - sum(awards.values()), 0))
            if rule == "app" and facts["budget"] is not None:
                amount = min(amount, asked["budget"])
            if amount > 0:
                awards[rule] = amount

        amount = earns * over // (facts["per"] * under)
        if facts["day_limit"] is not None:
            amount = min(amount, max(facts["day_limit"] - asked["day_used"], 0))
        give("earn", amount)
        if "HELLO" in body.get("codes", []) and (facts["week_times"] is None or not asked["week_used"]):
            give("code", 25)
        if body.get("channel") == "app":
            give("app", facts["app"])
        wanted = facts["app"] if body.get("channel") == "app" else 0
        is_short = facts["budget"] is not None and wanted > awards.get("app", 0) == asked["budget"]
        claims = 40 * sum(claim["quantity"] for claim in body.get("claims", []))
        return {"awards": awards, "paid": paid, "takes": paid + claims, "spend": earns, "is_short": is_short,
                "total": total, "issues": len(body.get("claims", []))}  # fmt: skip

    def _count(self, member: Member, asked: dict[str, Any], answer: dict[str, Any], sign: int, now: Any) -> None:
        """Note what a sale uses of limits and adds to what was spent; limits of a period that is over stay used."""
        if answer["spend"] and asked["facts"]["tiers"]:
            member["spend"].append((asked["day"], sign * answer["spend"]))
        today = None if now is None else day_of(now)
        used = member["used"]
        for rule, period, amount in (
            ("earn", asked["day"], answer["awards"].get("earn", 0)),
            ("code", asked["week"], 1 if "code" in answer["awards"] else 0),
        ):
            current = today if rule == "earn" or today is None else today - today.weekday() * DAY
            if current is None or current == period:
                used[rule, period] = used.get((rule, period), 0) + sign * amount

    def _terms(self, facts: dict[str, Any], at: dt.datetime) -> tuple[Any, Any]:
        starts = midnight(day_of(at) + facts["pending"] * DAY) if facts["pending"] else None
        ends = (
            midnight(months_on(months_on(day_of(at), facts["expires"]).replace(day=1), 1)) if facts["expires"] else None
        )
        return starts, ends

    def _purchase(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        asked, body, at = self._question(member, facts, step["occurred"]), step["body"], step["occurred"]
        answer = self._answer(asked, body)
        starts, ends = self._terms(facts, at)
        if answer["paid"] and not facts["worth"]:
            return "declined:unit_cannot_pay"
        if answer["takes"] and asked["can_spend"] + self._usable(asked, answer) < answer["takes"]:
            return "declined:insufficient_balance"
        if answer["paid"] > max(asked["can_spend"], 0):
            return "declined:insufficient_balance"
        for rule, amount in answer["awards"].items():
            self._give(member, amount, at, step["key"], starts=starts, ends=ends, rule=rule)
        taken = self._take(self._open(member), answer["takes"])
        if "spend" in body:
            body = {**body, "spend": {"points": answer["paid"]}}
        self.sales[step["key"]] = {
            "asked": asked, "body": body, "first": body, "answer": answer, "taken": taken, "returned": {},
            "void": False, "member": step["member"], "at": at, "paying": "spend" in body or "claims" in body,
        }  # fmt: skip
        member["events"] += bool(answer["awards"]) + bool(answer["takes"]) + answer["issues"]
        self._count(member, asked, answer, 1, None)
        if facts["budget"] is not None:
            assert self.budget is not None
            self.budget -= answer["awards"].get("app", 0)
            touched = answer["awards"].get("app", 0) and not self.budget
            if (touched or answer["is_short"]) and not self.is_announced:
                self.is_announced = True
                member["events"] += 1
        self._after(member, step["recorded"])
        return "accepted"

    def _return(self, step: Step, member: Member) -> str:
        sale = self.sales.get(step["of"])
        if sale is None and self.keys.get(step["of"], (step["member"], 0))[0] != step["member"]:
            return "declined:receipt_of_other_member"
        if sale is None:
            self.waiting.setdefault(step["of"], []).append(step)
            return "parked"
        if self.members[sale["member"]] is not member:
            return "declined:receipt_of_other_member"
        if sale["void"]:
            return "declined:already_returned"
        within = sale["asked"]["facts"]["within"]
        if step["occurred"] >= midnight(day_of(sale["at"]) + (within + 1) * DAY):
            return "declined:refund_window_closed"
        returned = dict(sale["returned"])
        if step["lines"] is None:
            returned = {line["id"]: line["quantity"] for line in sale["first"]["lines"]}
        for wanted, quantity in step["lines"] or ():
            line = next((line for line in sale["first"]["lines"] if line["id"] == wanted), None)
            if line is None:
                return "declined:not_on_receipt"
            left = line["quantity"] - returned.get(wanted, 0)
            if left <= 0:
                return "declined:already_returned"
            if quantity > left:
                return "declined:not_on_receipt"
            returned[wanted] = returned.get(wanted, 0) + quantity
        sale["returned"] = returned
        body = self._paid_less(sale["asked"], sale["answer"], self._rest(sale["first"], returned))
        self._ask_again(step["of"], sale, member, body, step["recorded"])
        return "accepted"

    def _revise(self, step: Step, member: Member) -> str:
        sale = self.sales.get(step["key"])
        if sale is None or self.members[sale["member"]] is not member:
            return "declined:receipt_of_other_member"
        body, asked = step["body"], sale["asked"]
        if not sale["paying"]:
            asked["wallet"] = self._can_spend(member)
        if "spend" in body:
            if body["spend"]["points"] not in ("max", 0) and not asked["facts"]["worth"]:
                return "declined:unit_cannot_pay"
            body = {**body, "spend": {"points": self._answer(asked, body)["paid"]}}
        rest = self._rest(body, sale["returned"])
        rest = self._paid_less(asked, self._answer(asked, body), rest) if sale["returned"] else rest
        more = self._answer(asked, rest)["takes"] - sum(part for _, part in sale["taken"]) if rest["lines"] else 0
        if more > max(self._can_spend(member), 0):
            return "declined:insufficient_balance"
        sale["paying"] = sale["paying"] or "spend" in body or "claims" in body
        sale["first"] = body
        self._ask_again(step["key"], sale, member, rest, step["recorded"])
        return "accepted"

    @staticmethod
    def _rest(body: Any, returned: dict[str, int]) -> Any:
        lines, whole, gone = [], 0, 0
        for line in body["lines"]:
            back = min(returned.get(line["id"], 0), line["quantity"])
            off = line["amount"] * back // line["quantity"]
            whole += line["amount"]
            gone += off
            if back < line["quantity"]:
                cut = line.get("discount", 0)
                cut -= cut * back // line["quantity"]
                quantity = line["quantity"] - back
                lines.append({**line, "quantity": quantity, "amount": line["amount"] - off, "discount": cut})
        rest = {**body, "lines": lines}
        if gone and whole:
            rest["discounts"] = [
                {**item, "amount": item["amount"] - item["amount"] * gone // whole}
                for item in body.get("discounts", [])
            ]
        return rest

    def _paid_less(self, asked: dict[str, Any], before: dict[str, Any], rest: Any) -> Any:
        """What is left of a sale, paid with what is left of its points: they and the money get back in proportion."""
        worth, paid = asked["facts"]["worth"], before["paid"]
        if not rest["lines"] or "spend" not in rest:
            return rest
        back = 0
        if worth and paid:
            amount = max(before["total"] - self._price(asked["facts"], asked["tier"], rest, asked["wallet"])[2], 0)
            money = max(before["total"] - paid * worth, 0)
            whole = paid * worth + money
            back = paid if amount >= whole else paid * amount // whole
            if worth == 1 and amount < whole:  # a cent that is left over goes to the larger fraction, then to money
                cut, of_money = paid * amount % whole, money * amount % whole
                back += cut > of_money and amount > back + money * amount // whole
        return {**rest, "spend": {"points": paid - back}}

    def _ask_again(self, key: str, sale: dict[str, Any], member: Member, body: Any, now: dt.datetime) -> None:
        asked, old = sale["asked"], sale["answer"]
        new = {"awards": {}, "paid": 0, "takes": 0, "spend": 0, "issues": 0} if not body["lines"] else None
        new = new or self._answer(asked, body)
        back = sum(part for _, part in sale["taken"]) - new["takes"]
        if back > 0:
            self._restore(member, sale, back, now)
        elif back < 0:
            more = min(-back, max(self._can_spend(member), 0))
            sale["taken"] += self._take(self._open(member), more)
        when_spent, is_reversed, owed = asked["facts"]["when_spent"], 0, sale.get("short", 0)
        starts, ends = self._terms(asked["facts"], sale["at"])
        changes = {
            rule: new["awards"].get(rule, 0) - old["awards"].get(rule, 0)
            for rule in dict.fromkeys((*old["awards"], *new["awards"]))
        }
        for rule, change in sorted(changes.items(), key=lambda item: item[1] > 0):
            is_budgeted = rule == "app" and self.budget is not None
            if change > 0:
                covered = min(change, owed)
                owed -= covered
                change -= covered
            if change > 0:
                later = starts if starts is not None and starts > now else None
                self._give(member, change, sale["at"], key, starts=later, ends=ends, rule=rule)
            elif change < 0:
                missing = self._take_back(member, -change, key, rule, when_spent)
                owed += missing
                is_reversed += -change - missing
                change += missing
            if is_budgeted and self.budget is not None:
                self.budget -= change
        member["events"] += bool(is_reversed) + (owed > sale.get("short", 0))
        sale["short"] = owed
        self._count(member, asked, old, -1, now)
        self._count(member, asked, new, 1, now)
        sale["answer"], sale["body"], sale["void"] = new, body, not body["lines"]
        self._after(member, now)

    def _restore(self, member: Member, sale: dict[str, Any], amount: int, now: dt.datetime) -> None:
        member["events"] += 1
        is_over = False
        while amount:
            number, part = sale["taken"].pop()
            back = min(part, amount)
            amount -= back
            if part > back:
                sale["taken"].append((number, part - back))
            is_over |= self._put_back(member, [(number, back)], now)
        member["events"] += is_over

    def _claim(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        if step["quantity"] > self.stock:
            return "declined:out_of_stock"
        cost = facts["cup"] * step["quantity"]
        if cost > self._can_spend(member):
            return "declined:insufficient_balance"
        taken = self._take(self._open(member), cost)
        self.claims[step["key"]] = {"taken": taken, "cost": cost, "quantity": step["quantity"], "open": True}
        self.stock -= step["quantity"]
        member["events"] += 2
        self._after(member, step["recorded"])
        return "accepted"

    def _unclaim(self, step: Step, member: Member) -> str:
        claim = self.claims.get(step["of"])
        if claim is None:
            return "declined:voucher_unknown"
        if not claim["open"]:
            return "declined:voucher_not_cancellable"
        claim["open"] = False
        self._restore(member, claim, claim["cost"], step["recorded"])
        self.stock += claim["quantity"]
        member["events"] += 1
        self._after(member, step["recorded"])
        return "accepted"

    def _adjust(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        amount = step["amount"]
        if amount < 0 and -amount > self._can_spend(member):
            return "declined:insufficient_balance"
        if amount < 0:
            self._take(self._open(member), -amount)
        else:
            ends = self._terms(facts, step["occurred"])[1]
            self._give(member, amount, step["occurred"], step["key"], starts=None, ends=ends, rule="")
        member["events"] += 1
        return "accepted"

    def _transfer(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        other = self.members[step["to"]]
        if not facts["transfer"] or other is member:
            return "declined:transfer_not_allowed"
        if step["amount"] > self._can_spend(member):
            return "declined:insufficient_balance"
        for number, part in self._take(self._open(member), step["amount"]):
            ends = member["lots"][number]["ends"]
            self._give(other, part, step["occurred"], step["key"], starts=None, ends=ends, rule="")
        member["events"] += 1
        other["events"] += 1
        return "accepted"

    def _hold(self, step: Step, member: Member) -> str:
        if step["type"] == "hold.placed":
            minutes = step["minutes"]
            lapses = step["recorded"] + (3 * DAY if minutes is None else dt.timedelta(minutes=minutes))
            hold: dict[str, Any] = {"amount": step["amount"], "lapses": lapses, "open": False, "state": "declined"}
            member["holds"][step["key"]] = {**hold, "taken": []}
            if step["amount"] > self._can_spend(member):
                return "declined:insufficient_balance"
            taken = self._take(self._open(member), step["amount"])
            member["holds"][step["key"]] = {**hold, "taken": taken, "open": True, "state": "placed"}
            member["events"] += 1
            return "accepted"
        hold = member["holds"].get(step["of"], {"open": False, "state": "unknown"})
        if not hold["open"]:
            names = {"committed": "already_committed", "released": "already_released"}
            return "declined:" + names.get(hold["state"], f"hold_{hold['state']}")
        if step["type"] == "hold.released":
            self._free(member, hold, hold["taken"], step["recorded"], "released")
            member["events"] += 1
            return "accepted"
        amount = hold["amount"] if step["amount"] is None else step["amount"]
        if amount > hold["amount"]:
            return "declined:hold_exceeded"
        rest = []
        for number, part in hold["taken"]:
            used = min(amount, part)
            amount -= used
            if part > used:
                rest.append((number, part - used))
        self._free(member, hold, rest, step["recorded"], "committed")
        member["events"] += 1
        return "accepted"
