"""A load of tills that write down every answer, and what the book must hold afterwards."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from setia.values.ids import public_id
from tests.faults.house import PATIENCE, Answer, House, Till, Unanswered, sale


@dataclass(slots=True)
class Step:
    """One activity, sent again and again under the same keys until an answer comes."""

    path: str
    body: dict[str, Any]
    once: str
    member: int
    available: int
    held: int
    answer: Answer | None = None
    attempts: int = 0

    @property
    def key(self) -> tuple[str, str]:
        return self.body["source"], self.body["external_id"]


@dataclass
class Customer(threading.Thread):
    """One till at work: purchases, returns, holds with commit or release, redemptions."""

    house: House
    seed: int
    members: list[int]
    until: threading.Event
    given_up: threading.Event
    steps: list[Step] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    slowest: float = 0.0
    refusals: int = 0

    def __hash__(self) -> int:
        return self.seed

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._random = random.Random(self.seed)
        self._count = 0
        self._sales: list[Step] = []
        self._till: Till = self.house.till()

    def run(self) -> None:
        try:
            while not self.until.is_set():
                self._one()
        except AssertionError as error:
            self.surprises.append(str(error))

    def _one(self) -> None:
        chance, member = self._random.random(), self._random.choice(self.members)
        if chance < 0.5 or (chance < 0.65 and not self._sales):
            amount = self._random.randint(1, 50)
            bought = self._send("/purchases", member, amount, 0, **sale(self.house, member, amount, ""))
            self._sales.append(bought)
        elif chance < 0.65:
            bought = self._sales.pop(self._random.randrange(len(self._sales)))
            source, external_id = bought.key
            # Tills do not say whose the receipt is: the sale knows.
            self._send(
                "/returns", bought.member, -bought.available, 0, of={"source": source, "external_id": external_id}
            )
        elif chance < 0.85:
            self._hold(member)
        else:
            self._send("/redemptions", member, -10, 0, member=self.house.name(member), reward="mug")

    def _hold(self, member: int) -> None:
        amount, name = self._random.randint(2, 20), self.house.name(member)
        held = self._send("/holds", member, -amount, amount, member=name, unit="points", amount=amount)
        if held.answer is None:
            return
        hold = held.answer.body["hold"]["id"]
        if self._random.random() < 0.5:
            self._send(f"/holds/{hold}/release", member, amount, -amount, member=name)
        else:
            part = self._random.randint(1, amount)
            self._send(f"/holds/{hold}/commit", member, amount - part, -amount, member=name, amount=part)

    def _send(self, path: str, member_number: int, available: int, held: int, **body: Any) -> Step:
        self._count += 1
        keys = {"source": f"till-{self.seed}", "external_id": f"{path[1:4]}-{self._count}"}
        step = Step(path, {**body, **keys}, f"{self.seed}-{self._count}", member_number, available, held)
        self.steps.append(step)
        while step.answer is None and not self.given_up.is_set():
            step.attempts += 1
            try:
                answer = self._till.post(path, step.body, once=step.once)
            except Unanswered:
                time.sleep(0.05)
                continue
            self.slowest = max(self.slowest, answer.seconds)
            if answer.status == 503:
                self.refusals += 1
                assert answer.headers["content-type"] == "application/problem+json", answer
                assert int(answer.headers["retry-after"]) > 0, answer
                time.sleep(0.1)
                continue
            assert (answer.status, answer.body["status"]) == (200, "accepted"), (path, answer.raw)
            step.answer = answer
        return step


class Load:
    """Many tills at once, for as long as the block lasts; afterwards every step has its answer."""

    def __init__(self, house: House, seed: int, members: list[int], tills: int = 6) -> None:
        self.house = house
        self._end, self._given_up = threading.Event(), threading.Event()
        self.customers = [
            Customer(house, seed * 100 + number, members, self._end, self._given_up) for number in range(tills)
        ]

    def __enter__(self) -> "Load":
        for customer in self.customers:
            customer.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._end.set()
        if kind is not None:
            self._given_up.set()
        for customer in self.customers:
            customer.join(PATIENCE)
        if kind is None:
            assert not any(customer.is_alive() for customer in self.customers), "a till got no answer at all"
            assert [told for customer in self.customers for told in customer.surprises] == []

    @property
    def steps(self) -> list[Step]:
        return [step for customer in self.customers for step in list(customer.steps)]

    def acknowledged(self) -> int:
        return sum(step.answer is not None for step in self.steps)

    def check_book(self, start: int) -> None:
        """The book holds what was acknowledged, each once and nothing else; ``start``: points of each at first."""
        steps, house = self.steps, self.house
        rows = house.rows("SELECT source, external_id, id, status FROM activities WHERE source LIKE %s", "till-%")
        booked = Counter((source, external_id) for source, external_id, _, _ in rows)
        assert booked == Counter(step.key for step in steps)
        assert {status for *_, status in rows} == {"accepted"}
        ids = {(source, external_id): public_id("act", id_) for source, external_id, id_, _ in rows}
        for step in steps:
            assert step.answer is not None
            assert step.answer.body["activity"] == ids[step.key]
        wanted: dict[int, list[int]] = {}
        for step in steps:
            mine = wanted.setdefault(step.member, [start, 0])
            mine[0] += step.available
            mine[1] += step.held
        assert {member: list(house.balance(member)) for member in wanted} == wanted
        assert house.findings() == []

    def send_again(self, seed: int, count: int) -> None:
        """Some of what was acknowledged comes once more, under the old keys and under new ones: nothing changes."""
        before = self.house.counts()
        till = self.house.till()
        chosen = random.Random(seed).sample(self.steps, min(count, len(self.steps)))
        for number, step in enumerate(chosen):
            assert step.answer is not None
            again = till.post(step.path, step.body, once=step.once)
            assert (again.status, again.is_replay, again.raw) == (200, True, step.answer.raw)
            fresh = till.post(step.path, step.body, once=f"fresh-{seed}-{number}")
            assert (fresh.status, fresh.body["status"]) == (200, "duplicate")
            assert fresh.body["activity"] == step.answer.body["activity"]
        after = self.house.counts()
        assert after.pop("requests") - before.pop("requests") == len(chosen)
        assert after == before
