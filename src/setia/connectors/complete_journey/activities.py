"""The data set's rows → what a till would have sent: joinings, purchases, and rewards claimed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from setia.connectors.complete_journey.data import WHOLE, ZONE, CompleteJourney, Household, Redemption, Rows, Share
from setia.flow.handle import Incoming
from setia.values.activities import QUANTITY_DECIMALS
from setia.values.codes import Built
from setia.values.ids import uuid7

SOURCE: Final = "complete-journey"
_ONE: Final = 10**QUANTITY_DECIMALS
_LINE_IDS: Final = tuple(str(number) for number in range(1, 1_001))


def member_id(household: Household) -> UUID:
    """The id of the member that a household becomes: the same in every run."""
    digest = sha256(f"{SOURCE}:{household.number}".encode()).digest()
    return uuid7(int(household.first_at.timestamp() * 1000), digest)


def external_id(household: Household) -> str:
    """By what a till finds the member again."""
    return f"household-{household.number}"


def activities(
    data: CompleteJourney,
    households: Collection[Household],
    members: Mapping[int, UUID],
    *,
    reward: str | None,
    member_fields: Collection[str] = (),
    share: Share = WHOLE,
    batch_size: int = 1_000,
) -> Iterator[tuple[list[Incoming], int]]:
    """Batches of activities in the order of time, each with the number of baskets in it.

    ``members``: household → member. ``reward``: what a coupon that was handed in claims; None: no claims. Of
    ``member_fields``, those that the data knows are sent along (``household_size``).
    """
    stream = _Stream(data, households, members, reward, member_fields)
    batch: list[Incoming] = []
    baskets = 0
    for rows in data.rows(share):
        for basket in stream.baskets(rows):
            batch += basket
            baskets += 1
            if len(batch) >= batch_size:
                yield batch, baskets
                batch, baskets = [], 0
    if last := stream.flush():
        batch += last
        baskets += 1
    if batch:
        yield batch, baskets


class _Stream:
    """Puts lines together to baskets; the one that is being put together is kept from call to call."""

    def __init__(
        self,
        data: CompleteJourney,
        households: Collection[Household],
        members: Mapping[int, UUID],
        reward: str | None,
        member_fields: Collection[str],
    ) -> None:
        self.departments = data.departments()
        self.skus: dict[int, str] = {}
        self.members = members
        self.zone = ZoneInfo(ZONE)
        self.newcomers = {household.number: household for household in households}
        self.has_size = "household_size" in member_fields
        self.reward = reward
        self.claims: dict[int, dict[dt.date, list[Redemption]]] = {}
        for redemption in data.redemptions() if reward is not None else ():
            self.claims.setdefault(redemption.household, {}).setdefault(redemption.on, []).append(redemption)
        self.head: tuple[int, int, int, int] | None = None  # basket, household, store, seconds
        self.lines: list[dict[str, Any]] = []
        self.empty: list[dict[str, Any]] = []
        self.coupons = 0

    def baskets(self, rows: Rows) -> Iterator[list[Incoming]]:
        """The activities of each basket that ends in ``rows``."""
        skus, departments = self.skus, self.departments
        current = self.head[0] if self.head is not None else None
        lines = self.lines
        for basket, household, store, at, product, quantity, cents, coupon in zip(
            rows.basket, rows.household, rows.store, rows.at, rows.product, rows.quantity, rows.cents,
            rows.coupon_cents, strict=True,
        ):  # fmt: skip
            if basket != current:
                if current is not None:
                    yield self.flush()
                current = basket
                self.head = (basket, household, store, at)
                lines = self.lines
            self.coupons += coupon
            sku = skus.get(product)
            if sku is None:
                sku = skus[product] = str(product)
            # An amount without a quantity is one of whatever it was.
            quantity = quantity or (1 if cents else 0)
            line: dict[str, Any] = {
                "id": _LINE_IDS[len(lines)], "sku": sku, "quantity": quantity * _ONE, "amount": cents
            }  # fmt: skip
            category = departments.get(product)
            if category is not None:
                line["category"] = category
            if quantity:
                lines.append(line)
            elif not self.empty:
                self.empty.append(line)

    def flush(self) -> list[Incoming]:
        """The activities of the basket that is complete now; nothing when there is none."""
        if self.head is None:
            return []
        basket, household, store, seconds = self.head
        member = self.members[household]
        at = dt.datetime.fromtimestamp(seconds, dt.UTC)
        found: list[Incoming] = []
        newcomer = self.newcomers.pop(household, None)
        if newcomer is not None:
            found.append(self._joined(newcomer, member, at))
        body: dict[str, Any] = {"lines": self.lines or self.empty, "place": f"store-{store}"}
        if self.coupons:
            body["tenders"] = [{"type": "coupon", "amount": self.coupons}]
        found += self._claims(household, member, at)
        found.append(Incoming(Built.PURCHASE.value, SOURCE, str(basket), member, at, body))
        self.head, self.lines, self.empty, self.coupons = None, [], [], 0
        return found

    def _joined(self, household: Household, member: UUID, at: dt.datetime) -> Incoming:
        known = self.has_size and household.size is not None
        body = {"attributes": {"household_size": household.size}} if known else {}
        return Incoming(Built.JOINED.value, SOURCE, f"joined-{household.number}", member, at, body)

    def _claims(self, household: int, member: UUID, at: dt.datetime) -> list[Incoming]:
        """What the household's coupons of this day claim, at its first basket of the day."""
        days = self.claims.get(household)
        if not days:
            return []
        redemptions = days.pop(at.astimezone(self.zone).date(), ())
        return [
            Incoming(
                Built.CLAIM.value, SOURCE, f"coupon-{household}-{item.coupon}-{item.campaign}-{item.on.isoformat()}",
                member, at, {"reward": self.reward, "quantity": 1},
            )
            for item in redemptions
        ]  # fmt: skip
