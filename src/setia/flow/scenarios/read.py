"""Scenario files → scenarios, strictly: every problem at once, each with its place and what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from setia.flow.scenarios.actions import ACTIONS, LINE, MEMBER, OF_CARDS, PAUSE, SHORT, STEP, TILL, TOP
from setia.flow.scenarios.contesting import CONTEST_ACTIONS, name_entry, rank_entries
from setia.flow.scenarios.expect import read_checks
from setia.flow.scenarios.heading import read_heading
from setia.flow.scenarios.luck import HIT, MISS, NOTHING, landing_on
from setia.flow.scenarios.model import GUEST, Action, Heading, OpenCard, Opening, Scenario, Step, card_code
from setia.flow.scenarios.part import Part, last_day_end, local_instant, payload, read_day
from setia.flow.scenarios.source import Library
from setia.flow.scenarios.versions import BEGINNING, read_versions
from setia.flow.work import Version
from setia.language.bodies import parse_body
from setia.language.diagnostics import Diagnostic, DiagnosticCode, Findings, Place
from setia.language.model import Programme
from setia.language.nodes import Entry, Mapping, Node, Places, Scalar, Sequence, read_nodes
from setia.language.sections import mapping_of, number_of, read_scalar, scalar_of, scalars_of, wrong_shape
from setia.language.words import Misread, did_you_mean, listed, read_choice
from setia.rules.games import KINDS
from setia.values.codes import Built
from setia.values.instants import Span, add_span, day_start, local_date
from setia.values.money import LARGEST

_NOBODY: Final = UUID(int=0).hex


def load_scenario(path: Path, shown: str, library: Library) -> tuple[Scenario | None, tuple[Diagnostic, ...]]:
    """Read the scenario file at ``path``; ``shown`` is how messages name it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Diagnostic(DiagnosticCode.BAD_YAML.value, "error", f"cannot be read: {error}", shown, 1, 1)
        return None, (problem,)
    return read_scenario(text, path.parent, shown, library)


def read_scenario(
    text: str, folder: Path, shown: str, library: Library
) -> tuple[Scenario | None, tuple[Diagnostic, ...]]:
    """Read the text of a scenario; a relative ``programme:`` is looked for from ``folder``."""
    findings = Findings(shown)
    root = read_nodes(text, findings)
    if not isinstance(root, Mapping):
        if root is not None:
            wrong_shape(root, findings, "a scenario", "a mapping that begins with `scenario: <a sentence>`")
        return None, findings.sorted()
    top = Part("a scenario", TOP, root, Place(1, 1), findings)
    top.close()
    heading = read_heading(top, shown)
    others: list[Diagnostic] = []
    versions = read_versions(top, folder, library, others)
    scenario = None
    if versions and not others and not findings.has_errors:
        steps_node = top.find("steps", "steps: [{at: 2026-03-01 10:00, purchase: 40.00, expect: {points: +40}}]")
        if steps_node is not None:
            scenario = _Reader(shown, heading, versions, findings).read(top, steps_node)
    diagnostics = (*others, *findings.sorted())
    return (None if any(item.severity == "error" for item in diagnostics) else scenario), diagnostics


@dataclass(slots=True)
class _Reader:
    """Reads members and steps once the programme is known."""

    file: str
    heading: Heading
    versions: list[Version]
    findings: Findings
    members: dict[str, Opening] = field(default_factory=dict)
    lines: dict[str, set[str]] = field(default_factory=dict)  # line ids of each sale

    @property
    def programme(self) -> Programme:
        """The first version: its zone, currency and units hold for the file."""
        return self.versions[0].programme

    @property
    def zone(self) -> ZoneInfo:
        return self.programme.zone

    def at(self, when: dt.datetime) -> Programme:
        """The programme in force."""
        return max((v for v in self.versions if v.effective_at <= when), key=lambda v: v.number,
                   default=self.versions[0]).programme  # fmt: skip

    def read(self, top: Part, node: Node) -> Scenario | None:
        if not isinstance(node, Sequence) or not node.items:
            wrong_shape(node, self.findings, "'steps'", "a list of steps, each with `at:`")
            return None
        parts = [self._step_part(item) for item in node.items]
        first = self._first_instant(parts)
        joining = {self._name(part) for part in parts if part is not None and "join" in part.node.entries}
        self._read_members(top, first, joining)
        self.lines = _lines_of_sales(parts)
        steps = [self._read_step(part) for part in parts if part is not None]
        found = tuple(step for step in steps if step is not None)
        members = tuple(self.members.values())
        cards = tuple(self._read_cards(top, first))
        return Scenario(self.file, self.heading, tuple(self.versions), members, found, self._read_codes(top), cards)

    def _read_codes(self, top: Part) -> dict[str, tuple[str, ...]]:
        """Codes that are imported at the start: reward → codes."""
        node = top.find("codes")
        found: dict[str, tuple[str, ...]] = {}
        for name, entry in () if node is None else mapping_of(node, self.findings, "'codes'").items():
            known = [reward.name for reward in self.programme.rewards.values() if reward.codes is not None]
            if name not in known:
                hint = f"{did_you_mean(name, known)}rewards with imported codes: {listed(known)}"
                message = f"there is no reward '{name[:60]}' with imported codes"
                self.findings.error(DiagnosticCode.BAD_CHOICE, message, entry.key.place, hint)
            texts = scalars_of(entry.value, self.findings, f"'{name}'")
            found[name] = tuple(scalar.text for scalar in texts)
        return found

    def _step_part(self, item: Node) -> Part | None:
        if not isinstance(item, Mapping):
            wrong_shape(item, self.findings, "a step", "a mapping with `at:` and what happens then")
            return None
        types = {name for version in self.versions for name in version.programme.activities}
        known = (*STEP, *ACTIONS, *sorted(types - {Built.PURCHASE.value}))
        part = Part("a step", known, item, item.place, self.findings)
        part.close()
        return part

    def _first_instant(self, parts: Iterable[Part | None]) -> dt.datetime:
        for part in parts:
            entry = None if part is None else part.node.entries.get("at")
            if entry is not None and isinstance(entry.value, Scalar):
                try:
                    return local_instant(entry.value.text, self.zone)
                except Misread:
                    break
        return BEGINNING

    # Members.

    def _read_members(self, top: Part, first: dt.datetime, joining: set[str]) -> None:
        day = day_start(local_date(first, self.zone), self.zone)
        if top.has("members"):
            top.refuse_with("members", ("member",))
            node = top.find("members")
            entries = {} if node is None else mapping_of(node, self.findings, "'members'")
            for name, entry in entries.items():
                self._read_member(name, entry.value, entry.key.place, day, name in joining)
        else:
            node = top.find("member")
            empty = Mapping({}, top.at("member"))
            self._read_member("member", empty if node is None else node, top.at("member"), day, bool(joining))

    def _read_cards(self, top: Part, first: dt.datetime) -> list[OpenCard]:
        """``cards: {X: 100.00, Y: {amount: 50.00, issued: 2026-01-10}}``."""
        node = top.find("cards")
        day = day_start(local_date(first, self.zone), self.zone)
        found: list[OpenCard] = []
        for name, entry in () if node is None else mapping_of(node, self.findings, "'cards'").items():
            inner = entry.value
            if isinstance(inner, Scalar):
                inner = Mapping({"amount": Entry(Scalar("amount", entry.key.place), inner)}, inner.place)
            if not isinstance(inner, Mapping):
                wrong_shape(inner, self.findings, f"card '{name}'", "an amount, or a mapping with amount, issued")
                continue
            part = Part(f"card '{name}'", ("amount", "issued"), inner, entry.key.place, self.findings)
            part.close()
            amount = part.text("amount", "amount: 50.00") or ""
            at = part.read("issued", lambda text: local_instant(text, self.zone)) or day
            raw = {"gift_card": card_code(self.file, name), "amount": amount.replace("_", ""), "reason": "opening"}
            found.append(OpenCard(name, self._parse(self.programme, Built.CARD_ISSUED.value, raw, inner), at))
        return found

    def _read_member(self, name: str, node: Node, place: Place, day: dt.datetime, joins: bool) -> None:
        if isinstance(node, Scalar) and not node.text:
            node = Mapping({}, place)
        if not isinstance(node, Mapping):
            wrong_shape(node, self.findings, f"member '{name}'", f"a mapping with {listed(MEMBER)}")
            return
        part = Part(f"member '{name}'", MEMBER, node, place, self.findings)
        part.close()
        joined = part.read("joined", lambda text: local_instant(text, self.zone))
        if joins and part.has("joined"):
            part.error(DiagnosticCode.CONFLICTING_KEYS, "'joined' stands here though a step says `join:`", "joined",
                       "keep one of the two")  # fmt: skip
        body: dict[str, Any] = {}
        if part.has("birthday"):
            body["birthday"] = part.text("birthday")
        if part.has("attributes"):
            body["attributes"] = payload(part.find("attributes"))
        parsed = self._parse(self.programme, Built.JOINED.value, body, node)
        tier, until = self._read_tier(part)
        self.members[name] = Opening(
            name=name,
            joined_at=day if joined is None else joined,
            joins_by_step=joins,
            birthday=dt.date.fromisoformat(parsed["birthday"]) if parsed.get("birthday") else None,
            attributes=parsed.get("attributes", {}),
            tier=tier,
            tier_until=until,
            wallet=self._read_wallet(part, joins),
        )

    def _read_tier(self, part: Part) -> tuple[str, dt.datetime | None]:
        node = part.find("tier")
        if node is None:
            return "", None
        until = None
        inner = part
        if isinstance(node, Mapping):
            inner = Part("'tier'", ("tier", "until"), node, node.place, self.findings)
            inner.close()
            day = inner.read("until", read_day)
            until = None if day is None else last_day_end(day, self.zone)
        name = inner.text("tier", "tier: {tier: gold, until: 2026-12-31}") or ""
        tiers = self.programme.tiers
        levels = [] if tiers is None else [level.name for level in tiers.levels]
        if name and name not in levels:
            hint = f"{did_you_mean(name, levels)}known: {listed(levels)}"
            part.error(DiagnosticCode.BAD_CHOICE, f"there is no tier '{name[:60]}'", "tier", hint)
        return name, until

    def _read_wallet(self, part: Part, joins: bool) -> dict[str, int]:
        node = part.find("wallet")
        wallet: dict[str, int] = {}
        if node is None:
            return wallet
        if joins:
            part.error(DiagnosticCode.CONFLICTING_KEYS, "whoever joins by a step starts with nothing", "wallet",
                       "add a step with `adjust:` after the `join:`")  # fmt: skip
        for name, entry in mapping_of(node, self.findings, "'wallet'").items():
            unit = self._unit(name, entry.key.place)
            scalar = scalar_of(entry.value, self.findings, f"'{name}'")
            if unit and scalar is not None:
                decimals = self.programme.units[name].decimals
                wallet[name] = number_of(scalar, f"'{name}'", 1, LARGEST, decimals, self.findings) or 0
        return wallet

    def _unit(self, name: str, place: Place) -> bool:
        known = list(self.programme.units)
        if name in known:
            return True
        hint = f"{did_you_mean(name, known)}known: {listed(known)}"
        self.findings.error(DiagnosticCode.UNKNOWN_UNIT, f"there is no unit '{name[:60]}'", place, hint)
        return False

    # Steps.

    def _name(self, part: Part) -> str:
        entry = part.node.entries.get("as")
        named = entry.value.text if entry is not None and isinstance(entry.value, Scalar) else ""
        return named or next(iter(self.members), "")

    def _read_step(self, part: Part) -> Step | None:
        at = part.read("at", lambda text: local_instant(text, self.zone), "at: 2026-03-01 10:00")
        recorded = part.read("recorded_at", lambda text: local_instant(text, self.zone))
        name = self._name(part)
        is_guest = name == GUEST and not {"purchase", "play"}.isdisjoint(part.node.entries)
        if name not in self.members and not is_guest:
            hint = f"{did_you_mean(name, self.members)}known: {listed(self.members)}"
            part.error(DiagnosticCode.BAD_CHOICE, f"there is no member '{name[:60]}' in this scenario", "as", hint)
        if at is None:
            return None
        source = part.text("source") or TILL
        action = self._read_action(part, at, source)
        chance = self._read_chance(part, at)
        repeat = part.integer("repeat", 1, 10_000) or 1
        every = part.span("every")
        instants = [at if every is None else add_span(at, Span(every.count * n, every.step), self.zone)
                    for n in range(repeat)]  # fmt: skip
        if every is not None and repeat == 1:
            part.error(DiagnosticCode.CONFLICTING_KEYS, "'every' means nothing without 'repeat'", "every",
                       "add `repeat: <how often>`")  # fmt: skip
        node = part.find("expect")
        checks = () if node is None else tuple(read_checks(node, self.at(at), name, set(self.members), self.findings))
        return Step(at, recorded, name, source, action, tuple(instants), checks, part.place, chance)

    def _read_action(self, part: Part, at: dt.datetime, source: str) -> Action | None:
        given = [key for key in part.node.entries if key in part.known and key not in STEP]
        for key in given[1:]:
            message = f"'{given[0]}' and '{key}' cannot stand in one step"
            part.error(DiagnosticCode.CONFLICTING_KEYS, message, key, "one activity a step: make two steps of it")
        if not given:
            for key in ("repeat", "source"):
                if part.has(key):
                    part.error(DiagnosticCode.CONFLICTING_KEYS, f"'{key}' means nothing in a step without an activity",
                               key, "add what happens, or take it out")  # fmt: skip
            return None
        name = given[0]
        entry = part.node.entries[name]
        node = entry.value
        if isinstance(node, Scalar) and name in SHORT and node.text:
            node = Mapping({SHORT[name]: replace(entry, key=Scalar(SHORT[name], node.place))}, node.place)
        elif isinstance(node, Scalar) and not node.text:
            node = Mapping({}, entry.key.place)
        if not isinstance(node, Mapping):
            wrong_shape(node, self.findings, f"'{name}'", "a mapping")
            return None
        type_ = ACTIONS.get(name, name)
        raw = payload(node)
        external_id = raw.pop("id", "") if name in ACTIONS else ""
        action = Action(type_, {}, entry.key.place, str(external_id))
        if name in ("claim_purchase", "claim_play"):
            Part(f"'{name}'", ("id",), node, node.place, self.findings).close()
            return replace(action, external_id="", claimed=str(external_id))
        if name == "settle":
            return self._read_settling(node, action, self.at(at))
        if name in ("pause", "resume"):
            return replace(action, body=self._read_pause(name, node))
        if name in LINE:
            return self._in_line(action, raw, node)
        if name == "rank":
            return rank_entries(action, raw, self.at(at))
        if name in CONTEST_ACTIONS:
            action = name_entry(name, action, raw, self.at(at))
        if name == "pay_out":
            self._known(part, name, str(raw.get("cause", "")), self.at(at).causes, "cause")
            return replace(action, cause=str(raw.get("cause", "")))
        action = self._referring(name, action, raw, source)
        body = self._parse(self.at(at), type_, raw, node)
        return replace(action, body=body)

    def _read_settling(self, node: Mapping, action: Action, programme: Programme) -> Action:
        part = Part("'settle'", ("draw", "winners"), node, node.place, self.findings)
        part.close()
        draw = part.text("draw", "settle: {draw: new-year, winners: [ana]}") or ""
        self._known(part, "draw", draw, programme.draws, "draw")
        names = tuple(scalar.text for scalar in part.texts("winners"))
        for name in names:
            self._known(part, "winners", name, self.members, "member")
        return replace(action, body={"draw": draw}, winners=names)

    def _read_pause(self, name: str, node: Mapping) -> dict[str, bool]:
        """``pause: {spending: refused, expiry: pauses}``; ``resume:`` has nothing to say."""
        part = Part(f"'{name}'", tuple(PAUSE) if name == "pause" else (), node, node.place, self.findings)
        part.close()
        said = {key: part.read(key, partial(read_choice, choices=list(PAUSE[key]))) for key in part.known}
        return {"may_spend": said.get("spending") != "refused", "stops_expiry": said.get("expiry") == "pauses"}

    def _known(self, part: Part, key: str, name: str, known: Iterable[str], noun: str) -> None:
        known = list(known)
        if name not in known:
            hint = f"{did_you_mean(name, known)}known: {listed(known)}"
            part.error(DiagnosticCode.BAD_CHOICE, f"there is no {noun} '{name[:60]}'", key, hint)

    def _read_chance(self, part: Part, at: dt.datetime) -> dict[str, str]:
        """``chance: {surprise: hit, wheel: jackpot}``: what chance is to bring in this step."""
        node = part.find("chance")
        found: dict[str, str] = {}
        programme = self.at(at)
        entries = {} if node is None else mapping_of(node, self.findings, "'chance'")
        for name, entry in entries.items():
            scalar = scalar_of(entry.value, self.findings, f"'{name}'")
            possible = _possible(programme, name)
            if not possible:
                hint = "name a rule with `chance:`, or a wheel, scratch card or slot machine"
                message = f"'{name[:60]}' leaves nothing to chance"
                self.findings.error(DiagnosticCode.BAD_CHOICE, message, entry.key.place, hint)
            elif scalar is not None:
                found[name] = read_scalar(scalar, partial(read_choice, choices=possible), self.findings) or ""
        return found

    def _in_line(self, action: Action, raw: dict[str, Any], node: Mapping) -> Action:
        """A step in the line of a drop."""
        inner = Part("the step", ("drop",), node, node.place, self.findings)
        inner.close()
        known = dict.fromkeys(name for version in self.versions for name in version.programme.drops)
        drop = str(raw.get("drop", ""))
        if drop not in known:
            hint = f"{did_you_mean(drop, known)}known: {listed(known)}"
            self.findings.error(DiagnosticCode.BAD_CHOICE, f"there is no drop '{drop[:60]}'", action.place, hint)
        return replace(action, drop=drop)

    def _referring(self, name: str, action: Action, raw: dict[str, Any], source: str) -> Action:
        """Turn what a file says by name into what a body says by id."""
        if name == "open_card":
            raw["gift_card"] = card_code(self.file, str(raw.pop("card", "")))
            return replace(action, voucher=str(raw.pop("reward", "")))
        if name in OF_CARDS or name == "attach_card":
            card = str(raw.pop("card", ""))
            raw["gift_card"] = card_code(self.file, card)
            if name == "replace_card":
                raw["gift_card"] = card_code(self.file, str(raw.pop("by", "")))
            if name in ("block_card", "unblock_card"):
                del raw["gift_card"]
            if name in ("issue_card", "block_card", "unblock_card"):
                raw.setdefault("reason", "as the scenario says")
            return replace(action, card="" if name == "attach_card" else card)
        if name in ("purchase", "promise"):
            _name_cards(raw, self.file)
            return replace(action, revision=raw.pop("revision", 0))
        if name in ("return", "cancel", "cancel_exchange", "cancel_donation") and isinstance(raw.get("of"), str | int):
            sale = str(raw["of"])
            raw["of"] = {"source": source, "external_id": sale}
            if isinstance(raw.get("lines"), list):
                ids = self.lines.get(sale, set())
                raw["lines"] = [
                    {"id" if str(line) in ids else "sku": str(line)} if isinstance(line, str | int) else line
                    for line in raw["lines"]
                ]
        if name in ("pay_plan", "fail_plan_payment", "refund_plan", "dispute_plan"):
            if isinstance(raw.get("receipt"), str | int):
                raw["receipt"] = {"source": source, "external_id": str(raw["receipt"])}
            return replace(action, invoice=str(raw.pop("invoice", "")))
        if name == "claim":
            raw.setdefault("quantity", 1)
        if name in ("cancel_reward", "revoke"):
            voucher = str(raw.pop("voucher", ""))
            raw["voucher"] = 1
            if name == "revoke":
                raw.setdefault("reason", "as the scenario says")
            return replace(action, voucher=voucher)
        for key in ("vouchers", "codes") if name in ("reserve", "unreserve", "use") else ():
            if isinstance(raw.get(key), str | int):
                raw[key] = [str(raw[key])]
        if name in ("hold", "adjust", "transfer", "commit"):
            units = [key for key in raw if key in self.programme.units]
            if len(units) == 1:
                raw["unit"], raw["amount"] = units[0], raw.pop(units[0])
        if name in ("adjust", "review"):
            raw.setdefault("reason", "as the scenario says")
            if raw.get("by") in self.members:
                raw["by_member"] = _NOBODY
                return replace(action, to=str(raw["by"]))
        if name == "review":
            raw.setdefault("by", "staff")
        field_ = {"referral": "by", "join": "referred_by"}.get(name)
        if field_ is not None and field_ in raw:
            # A member of the scenario stands for that member's code; anything else is a code.
            by = str(raw.pop(field_))
            raw["code" if name == "referral" else "referred_by"] = by
            return replace(action, by=by if by in self.members else "")
        if name in ("transfer", "merge", "unmerge"):
            field_ = "to" if name == "transfer" else "with"
            to = str(raw.get(field_, ""))
            if name != "transfer":
                raw.setdefault("reason", "as the scenario says")
            if to not in self.members:
                hint = f"{did_you_mean(to, self.members)}known: {listed(self.members)}"
                self.findings.error(DiagnosticCode.BAD_CHOICE, f"there is no member '{to[:60]}' for a {name}",
                                    action.place, hint)  # fmt: skip
            raw[field_] = _NOBODY
            return replace(action, to=to)
        if name in ("commit", "release"):
            hold = str(raw.get("hold", ""))
            raw["hold"] = _NOBODY
            return replace(action, hold=hold)
        return action

    def _parse(self, programme: Programme, type_: str, raw: dict[str, Any], node: Mapping) -> dict[str, Any]:
        body = parse_body(programme, type_, raw)
        if isinstance(body, dict):
            return body
        places = Places(node)
        for problem in body:
            steps = [int(step) if step.isdigit() else step for step in problem.pointer.split("/")[1:]]
            place = places.at(*steps)
            found = place if place != Place(1, 1) else node.place
            self.findings.add(f"body.{problem.code}", "error", problem.message, found, "")
        return {}


def _name_cards(raw: dict[str, Any], file: str) -> None:
    """Gift cards of a purchase, by their names in the file, become codes."""
    if isinstance(raw.get("gift_cards"), list):
        raw["gift_cards"] = [
            {"code" if key == "card" else key: card_code(file, str(value)) if key == "card" else value
             for key, value in item.items()} if isinstance(item, dict) else card_code(file, str(item))
            for item in raw["gift_cards"]
        ]  # fmt: skip
    for line in raw.get("lines") or ():
        if isinstance(line, dict) and isinstance(line.get("gift_cards"), list):
            line["gift_cards"] = [card_code(file, str(card)) for card in line["gift_cards"]]


def _possible(programme: Programme, name: str) -> list[str]:
    """What chance can bring for the rule or game called ``name``."""
    rule, game = programme.rules.get(name), programme.games.get(name)
    if rule is not None and rule.chance is not None:
        return [HIT, MISS]
    if game is not None and KINDS[game.kind].is_chance(game):
        return [prize or NOTHING for prize in (*game.prizes, None) if landing_on(game, prize) is not None]
    return []


def _lines_of_sales(parts: Iterable[Part | None]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for part in parts:
        entry = None if part is None else part.node.entries.get("purchase")
        sale = None if entry is None else payload(entry.value)
        if isinstance(sale, dict) and "id" in sale and isinstance(sale.get("lines"), list):
            ids = {str(line["id"]) for line in sale["lines"] if isinstance(line, dict) and "id" in line}
            found.setdefault(str(sale["id"]), set()).update(ids)
    return found
