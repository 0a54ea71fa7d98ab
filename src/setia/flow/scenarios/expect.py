"""Reading ``expect:``: what a step is to have brought about, as a list of checks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final

from setia.flow.scenarios import causes, friends
from setia.flow.scenarios.contesting import ENTRY_STATES
from setia.flow.scenarios.model import Check
from setia.flow.scenarios.part import Part, last_day_end, local_instant, read_day
from setia.language.check_tiers import measure_decimals
from setia.language.diagnostics import DiagnosticCode, Findings, Place
from setia.language.model import Programme, Unit
from setia.language.nodes import Entry, Mapping, Node, Scalar, Sequence
from setia.language.sections import mapping_of, read_scalar, scalar_of, scalars_of, wrong_shape
from setia.language.words import did_you_mean, listed, read_choice, read_flag, read_number
from setia.values.codes import DeclineCode, EventName
from setia.values.stakes import PRICE_DECIMALS

#: Settings of ``expect:`` beside the names of units.
SETTINGS: Final = tuple(
    "tier until because gave took rewards vouchers declined duplicate parked gross discount total "
    "eligible paid payable delivery events shortfall shortfall_money restored kept benefit_cost "
    "to_stay metrics badges avatar challenges leaderboards stock budget pack overdrawn sent owes margin "
    "as_of members used unused left cash_back reward_money prize streak entered played taken_back odds plan "
    "plan_until invoice due asked refunded credit benefit cards charged refund sold_short referral "
    "place refused entries votes gift payout given match".split()
)
INNER: Final = tuple("tier until vouchers left badges avatar challenges metrics plan plan_until referral".split())
UNIT: Final = ("available", "pending", "held", "debt", "expires", "lots")
LOT: Final = ("amount", "left", "earned", "expires", "pending", "rule", "pool", "issuer", "price")
MONEY: Final = ("gross", "discount", "total", "eligible", "paid", "payable", "shortfall_money", "cash_back",
         "reward_money", "benefit", "sold_short")  # fmt: skip
PLAN_MONEY: Final = ("invoice", "refunded", "asked", "credit")
CARD_STATES: Final = ("reserved", "live", "blocked", "withdrawn")
CARD: Final = ("left", "state", "expires", "held")
NEVER: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


def read_checks(node: Node, programme: Programme, member: str, members: set[str], findings: Findings) -> list[Check]:
    """Read the expectations of one step of ``member``."""
    reader = _Expecting(programme, member, members, findings, [])
    reader.read(node, is_inner=False)
    return reader.checks


class _Expecting:
    def __init__(
        self, programme: Programme, member: str, members: set[str], findings: Findings, checks: list[Check]
    ) -> None:
        self.programme = programme
        self.member = member
        self.members = members
        self.findings = findings
        self.checks = checks

    def read(self, node: Node, *, is_inner: bool) -> None:
        if not isinstance(node, Mapping) or not node.entries:
            wrong_shape(node, self.findings, "'expect'", "a mapping such as {points: {available: 13}, tier: silver}")
            return
        known = INNER if is_inner else SETTINGS
        part = Part("'expect'", (*self.programme.units, *known), node, node.place, self.findings)
        part.close()
        for name, entry in node.entries.items():
            if name in self.programme.units:
                self._unit(self.programme.units[name], entry)
            elif name in known:
                self._setting(part, name, entry)

    def _add(self, kind: str, key: str, value: Any, place: Place) -> None:
        self.checks.append(Check(kind, key, value, place, self.member))

    # Units.

    def _unit(self, unit: Unit, entry: Entry) -> None:
        node = entry.value
        if isinstance(node, Scalar):
            value = self._signed(node, unit.decimals)
            if value is not None:
                self._add("balance", f"{unit.name}.available", value, entry.key.place)
            return
        if not isinstance(node, Mapping):
            wrong_shape(node, self.findings, f"'{unit.name}'", f"a number, or a mapping with {listed(UNIT)}")
            return
        part = Part(f"'{unit.name}'", UNIT, node, entry.key.place, self.findings)
        part.close()
        for name, inner in node.entries.items():
            if name == "expires":
                self._add("expires", unit.name, self._expires(unit, inner.value), inner.key.place)
            elif name == "lots":
                self._add("lots", unit.name, self._lots(unit, inner.value), inner.key.place)
            elif name in UNIT:
                scalar = scalar_of(inner.value, self.findings, f"'{name}'")
                value = None if scalar is None else self._signed(scalar, unit.decimals)
                if value is not None:
                    self._add("balance", f"{unit.name}.{name}", value, inner.key.place)

    def _signed(self, scalar: Scalar, decimals: int) -> tuple[int, bool] | None:
        """A number; with a sign it is a change."""
        text = scalar.text.strip()
        is_change = text[:1] in ("+", "-")
        plain = Scalar(text.removeprefix("+"), scalar.place)
        value = read_scalar(plain, lambda found: read_number(found, decimals), self.findings)
        return None if value is None else (value, is_change)

    def _amount(self, node: Node, decimals: int, what: str) -> int:
        scalar = scalar_of(node, self.findings, what)
        found = None if scalar is None else read_scalar(scalar, lambda t: read_number(t, decimals), self.findings)
        return found or 0

    def _expires(self, unit: Unit, node: Node) -> list[tuple[dt.datetime, int]]:
        found: list[tuple[dt.datetime, int]] = []
        for part in self._parts(node, "'expires'", (unit.name, "on", "at")):
            amount = part.find(unit.name, f"{{{unit.name}: 2, on: 2027-03-31}}")
            ends = self._end(part)
            if amount is not None:
                found.append((ends, self._amount(amount, unit.decimals, f"'{unit.name}'")))
        return sorted(found)

    def _end(self, part: Part) -> dt.datetime:
        if part.has("at"):
            part.refuse_with("at", ("on",))
            return part.read("at", lambda text: local_instant(text, self.programme.zone)) or NEVER
        scalar = part.scalar("on", "on: 2027-03-31")
        if scalar is None or scalar.text == "never":
            return NEVER
        day = read_scalar(scalar, read_day, self.findings)
        return NEVER if day is None else last_day_end(day, self.programme.zone)

    def _lots(self, unit: Unit, node: Node) -> list[dict[str, Any]]:
        lots: list[dict[str, Any]] = []
        for part in self._parts(node, "'lots'", LOT):
            lot: dict[str, Any] = {}
            for name in ("amount", "left"):
                inner = part.find(name)
                if inner is not None:
                    lot[name] = self._amount(inner, unit.decimals, f"'{name}'")
            price = part.find("price")
            if price is not None:
                lot["price"] = self._amount(price, PRICE_DECIMALS, "'price'")
            for name in ("rule", "pool", "issuer"):
                if part.has(name):
                    lot[name] = part.text(name)
            if part.has("pending"):
                lot["pending"] = part.flag("pending")
            if part.has("earned"):
                lot["earned"] = part.read("earned", read_day)
            if part.has("expires"):
                never = getattr(part.scalar("expires"), "text", "") == "never"
                lot["expires"] = None if never else part.read("expires", read_day)
            lots.append(lot)
        return lots

    def _parts(self, node: Node, what: str, known: tuple[str, ...]) -> list[Part]:
        if not isinstance(node, Sequence):
            wrong_shape(node, self.findings, what, "a list of mappings")
            return []
        found: list[Part] = []
        for item in node.items:
            if not isinstance(item, Mapping):
                wrong_shape(item, self.findings, f"an item of {what}", f"a mapping with {listed(known)}")
                continue
            part = Part(f"an item of {what}", known, item, item.place, self.findings)
            part.close()
            found.append(part)
        return found

    # Settings.

    def _place(self, node: Node, place: Place) -> None:
        """``place: waiting``, or of which drop, as what and as which number."""
        drops = list(self.programme.drops)
        if isinstance(node, Scalar):
            self._add("place", drops[0] if drops else "", (node.text, None), place)
            return
        if not isinstance(node, Mapping):
            wrong_shape(node, self.findings, "'place'", "a state, or a mapping such as {state: waiting, number: 2}")
            return
        part = Part("'place'", ("drop", "state", "number"), node, place, self.findings)
        part.close()
        drop = part.text("drop") or (drops[0] if drops else "")
        number = part.read("number", lambda text: read_number(text, 0))
        self._add("place", drop, (part.text("state"), number), place)

    def _setting(self, part: Part, name: str, entry: Entry) -> None:
        place, node = entry.key.place, entry.value
        if name in MONEY:
            self._add("money", name, self._amount(node, self.programme.currency_decimals, f"'{name}'"), place)
        elif name in PLAN_MONEY:
            none = isinstance(node, Scalar) and node.text == "none"
            amount = 0 if none else self._amount(node, self.programme.currency_decimals, f"'{name}'")
            self._add("plan_money", name, amount, place)
        elif name == "plan":
            plans = [*self.programme.plans, "none"]
            self._add("plan", "", self._known(part, name, plans, "plan"), place)
        elif name in ("plan_until", "due"):
            self._add("plan_time", name, part.read(name, lambda text: local_instant(text, self.programme.zone)), place)
        elif name == "place":
            self._place(node, place)
        elif name in ("duplicate", "parked", "refused"):
            scalar = scalar_of(node, self.findings, f"'{name}'")
            wanted = None if scalar is None else read_scalar(scalar, read_flag, self.findings)
            self._add("status", name, wanted, place)
        elif name == "declined":
            code = part.read(name, lambda text: read_choice(text, [code.value for code in DeclineCode]))
            self._add("declined", "", code, place)
        elif name == "tier":
            self._add("tier", "", self._known(part, name, self._levels(), "tier"), place)
        elif name == "until":
            never = getattr(scalar_of(node, self.findings, "'until'"), "text", "") == "never"
            day = None if never else part.read(name, read_day)
            self._add("until", "", None if day is None else last_day_end(day, self.programme.zone), place)
        elif name == "because":
            items = node.items if isinstance(node, Sequence) else [node]
            for item in items:
                self._because(item)
        elif name in ("gave", "took"):
            self._add(name, "", self._by_rule(node, name), place)
        elif name in ("rewards", "vouchers"):
            self._add(name, "", self._counts(node, name, list(self.programme.rewards), "reward"), place)
        elif name in ("used", "left"):
            self._add(name, "", self._by_reward(node, name), place)
        elif name == "events":
            self._add("events", "", self._events(node), place)
        elif name in ("shortfall", "restored"):
            self._add(name, "", self._by_unit(node, name), place)
        elif name == "benefit_cost":
            self._benefit_cost(node, place)
        elif name == "to_stay":
            self._to_stay(node, place)
        elif name in ("kept", "unused"):
            empty = isinstance(node, Sequence) and not node.items
            words = [] if empty else [scalar.text for scalar in scalars_of(node, self.findings, f"'{name}'")]
            self._add(name, "", words, place)
        elif name == "prize":
            self._add("prize", "", (scalar_of(node, self.findings, "'prize'") or Scalar("", place)).text, place)
        elif name == "streak":
            self._add("streak", "", self._amount(node, 0, "'streak'"), place)
        elif name == "entered":
            self._add("entered", "", self._counts(node, name, list(self.programme.draws), "draw"), place)
        elif name in ("played", "taken_back"):
            self._add(name, "", [scalar.text for scalar in scalars_of(node, self.findings, f"'{name}'")], place)
        elif name == "odds":
            self._odds(node)
        elif name == "delivery":
            self._delivery(node, place)
        elif name == "badges":
            self._badges(node, place)
        elif name == "avatar":
            self._add("avatar", "", self._known(part, name, ["none", *self.programme.avatars], "avatar"), place)
        elif name == "challenges":
            self._challenges(node)
        elif name == "leaderboards":
            self._leaderboards(node)
        elif name in ("entries", "votes"):
            self._entries(node, name)
        elif name == "metrics":
            self._metrics(node)
        elif name in ("gift", "payout"):
            is_none = isinstance(node, Scalar) and node.text == "none"
            known = causes.GIFT if name == "gift" else causes.PAYOUT
            parts = [] if is_none else self._parts(Sequence([node], node.place), f"'{name}'", known)
            self._add(name, "", causes.read_told(parts[0], self.programme) if parts else None, place)
        elif name in ("stock", "budget", "pack", "overdrawn", "sent", "given", "match"):
            self._house(node, name)
        elif name == "owes":
            self._owes(node)
        elif name == "margin":
            amount = self._amount(node, self.programme.currency_decimals, "'margin'")
            self._add("margin", "", amount, place)
        elif name == "referral":
            listed_: list[Node] = [] if isinstance(node, Scalar) else [node]
            parts = list(self._parts(Sequence(listed_, node.place), "'referral'", friends.SETTINGS)) if listed_ else []
            self._add("referral", "", friends.read_referral(node, self.findings, parts), place)
        elif name == "as_of":
            self._as_of(node)
        elif name == "members":
            self._of_members(node)
        elif name == "cards":
            self._cards(node)
        elif name in ("charged", "refund"):
            is_none = isinstance(node, Scalar) and node.text == "none"
            decimals = self.programme.currency_decimals
            entries = {} if is_none else mapping_of(node, self.findings, f"'{name}'")
            money = {key: self._amount(inner.value, decimals, f"'{key}'") for key, inner in entries.items()}
            self._add(name, self.findings.file, money, place)

    def _cards(self, node: Node) -> None:
        """``{X: 70.00, Y: {left: 0, state: withdrawn, expires: 2026-06-30}}``; ``expires`` is the last day of the first
        that ends."""
        for name, entry in mapping_of(node, self.findings, "'cards'").items():
            inner = entry.value
            if isinstance(inner, Scalar):
                left = self._amount(inner, self.programme.currency_decimals, f"'{name}'")
                self._add("card", f"{self.findings.file}\n{name}", {"left": left}, entry.key.place)
                continue
            if not isinstance(inner, Mapping):
                wrong_shape(inner, self.findings, f"'{name}'", f"an amount, or a mapping with {listed(CARD)}")
                continue
            part = Part(f"card '{name}'", CARD, inner, entry.key.place, self.findings)
            part.close()
            wanted: dict[str, Any] = {}
            for key in ("left", "held"):
                found = part.find(key)
                if found is not None:
                    wanted[key] = self._amount(found, self.programme.currency_decimals, f"'{key}'")
            if part.has("state"):
                wanted["state"] = part.read("state", lambda text: read_choice(text, CARD_STATES))
            if part.has("expires"):
                never = getattr(part.scalar("expires"), "text", "") == "never"
                wanted["expires"] = None if never else part.read("expires", read_day)
            self._add("card", f"{self.findings.file}\n{name}", wanted, entry.key.place)

    def _to_stay(self, node: Node, place: Place) -> None:
        """What is missing of the measure; of several metrics, of each of them."""
        tiers = self.programme.tiers
        names = () if tiers is None else tiers.metrics
        if len(names) > 1:
            missing: dict[str, int] = {}
            for name, entry in mapping_of(node, self.findings, "'to_stay'").items():
                if self._name(name, list(names), "measure of the ladder", entry.key.place):
                    missing[name] = self._amount(entry.value, self.programme.metrics[name].decimals, f"'{name}'")
            self._add("to_stay", "", missing, place)
            return
        decimals = 0 if tiers is None else measure_decimals(self.programme, tiers)[0]
        self._add("to_stay", "", {"": self._amount(node, decimals, "'to_stay'")}, place)

    def _levels(self) -> list[str]:
        return [] if self.programme.tiers is None else [level.name for level in self.programme.tiers.levels]

    def _known(self, part: Part, name: str, known: list[str], noun: str) -> str:
        text = part.text(name) or ""
        if text and text not in known:
            hint = f"{did_you_mean(text, known)}known: {listed(known)}"
            part.error(DiagnosticCode.BAD_CHOICE, f"there is no {noun} '{text[:60]}'", name, hint)
        return text

    def _name(self, name: str, known: list[str], noun: str, place: Place) -> bool:
        if name in known:
            return True
        hint = f"{did_you_mean(name, known)}known: {listed(known)}"
        self.findings.error(DiagnosticCode.BAD_CHOICE, f"there is no {noun} '{name[:60]}'", place, hint)
        return False

    def _because(self, node: Node) -> None:
        if not isinstance(node, Mapping):
            wrong_shape(node, self.findings, "'because'", "{rule: earn, was: 13, is: 2}")
            return
        part = Part("'because'", ("rule", "unit", "was", "is"), node, node.place, self.findings)
        part.close()
        part.find("rule", "because: {rule: earn, was: 13, is: 2}")
        rule = self._known(part, "rule", list(self.programme.rules), "rule")
        units = (
            [give.unit for give in self.programme.rules[rule].gives if give.unit]
            if rule in self.programme.rules
            else []
        )
        unit = self._known(part, "unit", list(self.programme.units), "unit") if part.has("unit") else ""
        unit = unit or next(iter(units), "")
        if not unit:
            return
        decimals = self.programme.units[unit].decimals if unit in self.programme.units else 0
        was, now = part.find("was", "was: 13"), part.find("is", "is: 2")
        if was is not None and now is not None:
            pair = (self._amount(was, decimals, "'was'"), self._amount(now, decimals, "'is'"))
            self._add("because", f"{rule}.{unit}", pair, node.place)

    def _by_rule(self, node: Node, name: str) -> dict[tuple[str, str], int]:
        """Rule → amount, or rule → unit → amount."""
        found: dict[tuple[str, str], int] = {}
        for rule, entry in mapping_of(node, self.findings, f"'{name}'").items():
            known = [*self.programme.rules, *self.programme.games, *self.programme.draws]
            if not self._name(rule, known, "rule", entry.key.place):
                continue
            units = self._units_of(rule, name)
            if isinstance(entry.value, Mapping):
                for unit, inner in entry.value.entries.items():
                    if self._name(unit, units, f"unit of rule '{rule}'", inner.key.place):
                        decimals = self.programme.units[unit].decimals
                        found[rule, unit] = self._amount(inner.value, decimals, f"'{unit}'")
            elif not units:
                message = f"'{rule}' {'gives' if name == 'gave' else 'takes'} no units"
                hint = "what a return takes back is told by `because`, or by the change of the unit: `points: -8`"
                self.findings.error(DiagnosticCode.WRONG_SHAPE, message, entry.value.place, hint)
            elif len(units) != 1:
                wrong_shape(entry.value, self.findings, f"'{rule}'", f"an amount of each of {listed(units)}")
            else:
                decimals = self.programme.units[units[0]].decimals
                found[rule, units[0]] = self._amount(entry.value, decimals, f"'{rule}'")
        return found

    def _units_of(self, name: str, key: str) -> list[str]:
        """What a rule, a game or a draw gives or takes."""
        if name in self.programme.draws:
            return [self.programme.draws[name].unit]
        game = self.programme.games.get(name)
        if game is not None and key == "took":
            return list(game.costs)
        rules = [self.programme.rules[name]] if game is None else [prize.rule for prize in game.prizes.values()]
        parts = [part for rule in rules for part in (rule.gives if key == "gave" else rule.takes)]
        return list(dict.fromkeys(part.unit for part in parts if part.unit))

    def _counts(self, node: Node, name: str, known: list[str], noun: str) -> dict[str, int]:
        if isinstance(node, Scalar) and node.text == "none":
            return {}
        found: dict[str, int] = {}
        for key, entry in mapping_of(node, self.findings, f"'{name}'").items():
            if self._name(key, known, noun, entry.key.place):
                found[key] = self._amount(entry.value, 0, f"'{key}'")
        return found

    def _by_reward(self, node: Node, name: str) -> dict[str, int]:
        """Reward → pieces, or money where it keeps its rest; "none" for nothing."""
        found: dict[str, int] = {}
        if isinstance(node, Scalar) and node.text == "none":
            return found
        for key, entry in mapping_of(node, self.findings, f"'{name}'").items():
            if self._name(key, list(self.programme.rewards), "reward", entry.key.place):
                decimals = self.programme.currency_decimals if self.programme.rewards[key].gives.keep_rest else 0
                found[key] = self._amount(entry.value, decimals, f"'{key}'")
        return found

    def _by_unit(self, node: Node, name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        if isinstance(node, Scalar) and node.text == "none":
            return found
        for unit, entry in mapping_of(node, self.findings, f"'{name}'").items():
            if self._name(unit, list(self.programme.units), "unit", entry.key.place):
                found[unit] = self._amount(entry.value, self.programme.units[unit].decimals, f"'{unit}'")
        return found

    def _benefit_cost(self, node: Node, place: Place) -> None:
        """Money and units; "none" for nothing."""
        money = 0
        found: dict[str, int] = {}
        is_none = isinstance(node, Scalar) and node.text == "none"
        for name, entry in () if is_none else mapping_of(node, self.findings, "'benefit_cost'").items():
            if name == "money":
                money = self._amount(entry.value, self.programme.currency_decimals, "'money'")
            elif self._name(name, ["money", *self.programme.units], "unit", entry.key.place):
                found[name] = self._amount(entry.value, self.programme.units[name].decimals, f"'{name}'")
        self._add("benefit_cost", "", (money, found), place)

    def _events(self, node: Node) -> dict[str, int | None]:
        """Event → how often (None: at least once)."""
        known = [name.value for name in EventName]
        if isinstance(node, Mapping):
            return dict(self._counts(node, "events", known, "event"))
        found: dict[str, int | None] = {}
        for scalar in scalars_of(node, self.findings, "'events'"):
            if self._name(scalar.text, known, "event", scalar.place):
                found[scalar.text] = None
        return found

    def _delivery(self, node: Node, place: Place) -> None:
        if isinstance(node, Scalar):
            word = read_scalar(node, lambda text: read_choice(text, ["free", "paid"]), self.findings)
            self._add("delivery", "", (word == "free", None), place)
            return
        for part in self._parts(Sequence([node], node.place), "'delivery'", ("free", "speed")):
            self._add("delivery", "", (part.flag("free"), part.text("speed")), place)

    def _badges(self, node: Node, place: Place) -> None:
        """All badges that the member has; "none" for none."""
        is_none = isinstance(node, Scalar) and node.text == "none"
        scalars = [] if is_none else scalars_of(node, self.findings, "'badges'")
        known = list(self.programme.badges)
        words = [scalar.text for scalar in scalars if self._name(scalar.text, known, "badge", scalar.place)]
        self._add("badges", "", sorted(words), place)

    def _challenges(self, node: Node) -> None:
        """Challenge → what it stands at, or `{step: …, done: how often completed}`."""
        for name, entry in mapping_of(node, self.findings, "'challenges'").items():
            if not self._name(name, list(self.programme.challenges), "challenge", entry.key.place):
                continue
            goals = {goal.name or "at": goal for goal in self.programme.challenges[name].goals}
            inner = entry.value
            if isinstance(inner, Scalar):
                inner = Mapping({"at": replace(entry, key=Scalar("at", inner.place))}, inner.place)
            for part, found in mapping_of(inner, self.findings, f"'{name}'").items():
                if self._name(part, [*goals, "done"], "step", found.key.place):
                    metric = None if part == "done" else self.programme.metrics[goals[part].metric]
                    decimals = 0 if metric is None else metric.decimals
                    value = (self._amount(found.value, decimals, f"'{part}'"), decimals)
                    self._add("challenge", f"{name}/{part}", value, found.key.place)

    def _leaderboards(self, node: Node) -> None:
        """Leaderboard → rank of each member who is on it in the period under way; "none" for nobody."""
        for name, entry in mapping_of(node, self.findings, "'leaderboards'").items():
            if self._name(name, list(self.programme.leaderboards), "leaderboard", entry.key.place):
                ranks = self._counts(entry.value, name, sorted(self.members), "member")
                self._add("leaderboard", name, ranks, entry.key.place)

    def _entries(self, node: Node, name: str) -> None:
        """Entry of a contest, by its id in the file → its state, or how many votes it has."""
        for entry, found in mapping_of(node, self.findings, f"'{name}'").items():
            if name == "votes":
                self._add("votes", entry, self._amount(found.value, 0, f"'{entry}'"), found.key.place)
                continue
            scalar = scalar_of(found.value, self.findings, f"'{entry}'")
            if scalar is not None:
                state = read_scalar(scalar, lambda text: read_choice(text, ENTRY_STATES), self.findings)
                self._add("entry", entry, state, found.key.place)

    def _metrics(self, node: Node) -> None:
        for name, entry in mapping_of(node, self.findings, "'metrics'").items():
            if self._name(name, list(self.programme.metrics), "metric", entry.key.place):
                decimals = self.programme.metrics[name].decimals
                self._add("metric", name, self._amount(entry.value, decimals, f"'{name}'"), entry.key.place)

    def _odds(self, node: Node) -> None:
        """Game → prize (or "none") → an exact share such as 1/20."""
        for game, entry in mapping_of(node, self.findings, "'odds'").items():
            if not self._name(game, list(self.programme.games), "game", entry.key.place):
                continue
            found: dict[str, str] = {}
            for prize, inner in mapping_of(entry.value, self.findings, f"'{game}'").items():
                scalar = scalar_of(inner.value, self.findings, f"'{prize}'")
                known = [*self.programme.games[game].prizes, "none"]
                if self._name(prize, known, "prize", inner.key.place) and scalar is not None:
                    found[prize] = scalar.text
            self._add("odds", game, found, entry.key.place)

    def _house(self, node: Node, name: str) -> None:
        prizes = [f"{g.name}/{p.name}" for g in self.programme.games.values() for p in g.prizes.values() if p.stock]
        known = [r.name for r in self.programme.rewards.values() if r.stock is not None or r.codes == "pool"]
        known += prizes
        budgets = {rule.budget.name: rule.budget for rule in self.programme.rules.values() if rule.budget is not None}
        packs = {name: found.pack for name, found in self.programme.partners.items() if found.pack is not None}
        if name == "budget":
            known = list(budgets)
        elif name in ("pack", "overdrawn"):
            known = list(packs)
        elif name == "sent":
            known = [name for name, one in self.programme.exchanges.items() if one.give not in self.programme.units]
        elif name in ("given", "match"):
            known = [key for key, cause in self.programme.causes.items() if name == "given" or cause.match is not None]
        for key, entry in mapping_of(node, self.findings, f"'{name}'").items():
            if self._name(key, known, name, entry.key.place):
                unit = budgets[key].unit if name == "budget" else packs[key].unit if key in packs else ""
                decimals = PRICE_DECIMALS if unit is None else self.programme.units[unit].decimals if unit else 0
                decimals = self.programme.currency_decimals if name in ("given", "match") else decimals
                amount = self._amount(entry.value, decimals, f"'{key}'")
                account = f"prize:{key}" if key in prizes else f"{name}:{key}"
                account = budgets[key].account if name == "budget" else account
                self._add("house", account, (amount, decimals), entry.key.place)

    def _owes(self, node: Node) -> None:
        for name, entry in mapping_of(node, self.findings, "'owes'").items():
            if self._name(name, list(self.programme.partners), "partner", entry.key.place):
                amount = self._amount(entry.value, self.programme.currency_decimals, f"'{name}'")
                self._add("owes", name, amount, entry.key.place)

    def _as_of(self, node: Node) -> None:
        items = node if isinstance(node, Sequence) else Sequence([node], node.place)
        zone = self.programme.zone
        for part in self._parts(items, "'as_of'", ("at", "known_at", *self.programme.units)):
            at = part.read("at", lambda text: local_instant(text, zone), "at: 2026-05-06")
            known = part.read("known_at", lambda text: local_instant(text, zone))
            for unit in self.programme.units.values():
                inner = part.find(unit.name)
                if inner is not None and at is not None:
                    amount = self._amount(inner, unit.decimals, f"'{unit.name}'")
                    self._add("as_of", unit.name, (at, known, amount), part.place)

    def _of_members(self, node: Node) -> None:
        for name, entry in mapping_of(node, self.findings, "'members'").items():
            if self._name(name, sorted(self.members), "member", entry.key.place):
                reader = _Expecting(self.programme, name, self.members, self.findings, self.checks)
                reader.read(entry.value, is_inner=True)
