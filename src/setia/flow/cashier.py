"""The cashier: asks payment providers for what the book has ordered, and takes into the book what they tell.

No provider is called while a transaction of the book is open. An order is leased, the provider is asked with the
order's key, and what came of it is written down; whoever dies in between leaves an order that is asked again with the
same key. What a provider tells becomes an activity under the provider's own number, so that it counts once, whether it
is told by an answer or by a webhook, and however often.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import structlog

from setia.flow.handle import Answer, Engine, Incoming
from setia.flow.work import Decision
from setia.memberships import store
from setia.memberships.store import Method, OrderRow
from setia.plumbing.payments import MANUAL, Asked, Heard, Outcome, Provider
from setia.programmes.store import fetch_programme, find_programme
from setia.values.codes import Built
from setia.values.faults import Fault

LEASE: Final = dt.timedelta(minutes=5)
"""How long an order or a message is one worker's. Longer than any provider is waited for."""
BATCH: Final = 20
DELAYS: Final = (60, 300, 1_800, 7_200, 21_600)
"""Seconds until a question that could not be answered is asked again; the last one from then on."""
PATIENCE: Final = dt.timedelta(days=3)
"""How long a message about something unknown waits for it: messages come in any order."""

_log = structlog.get_logger(__name__)


class Cashier:
    """Works off orders and messages, for all programmes of a database. ``providers`` by name; by hand is always one."""

    def __init__(self, engine: Engine, providers: Mapping[str, Provider]) -> None:
        self.engine = engine
        self.providers = providers

    async def work(self) -> int:
        """Work off what is due now; returns how much that was."""
        count = 0
        async with self.engine.pool.connection() as conn:
            orders = await store.take_orders(conn, self.engine.clock.now(), BATCH, LEASE)
        for order in orders:
            count += 1
            await self._send(order)
        async with self.engine.pool.connection() as conn:
            events = await store.take_events(conn, self.engine.clock.now(), BATCH, LEASE)
        for event in events:
            count += 1
            await self._work_off(*event)
        return count

    async def hear(self, provider: str, heard: Heard) -> bool:
        """Keep a message and work it off at once; False: it is known already. What fails is tried again by a worker."""
        now = self.engine.clock.now()
        async with self.engine.pool.connection() as conn:
            is_new = await store.insert_event(conn, provider, heard.id, heard.type, asdict(heard), now)
        if is_new:
            async with self.engine.pool.connection() as conn:
                events = await store.take_events(conn, now, 1, LEASE, only=(provider, heard.id))
            for event in events:
                await self._work_off(*event)
        return is_new

    # Asking -----------------------------------------------------------------------------------------------------------

    async def _send(self, order: OrderRow) -> None:
        try:
            await (self._charge(order) if order.kind == "charge" else self._refund(order))
        except Exception as error:
            # Nothing is lost: when the lease is over it is asked again, with the same key.
            _log.error("payment_order_interrupted", order=order.id, kind=order.kind, error=type(error).__name__)

    async def _charge(self, order: OrderRow) -> None:
        async with self.engine.pool.connection() as conn:
            is_open = await store.is_open(conn, order.programme, order.member_id, order.invoice_id)
            method = await store.find_method(conn, order.programme, order.member_id)
        if not is_open:
            await self._settle(order, "dropped")
            return
        provider = self.providers.get(method.provider) if method is not None else None
        if method is None or provider is None:
            await self._settle(order, "by_hand", provider=MANUAL)
            return
        outcome = await provider.charge(
            Asked(order.key, order.amount, await self._currency(order), order.programme, _tags(order), method.customer,
                  method.method)
        )  # fmt: skip
        if outcome.state == "done":
            answer = await self._paid(
                order.programme, order.member_id, order.invoice_id, provider.name, outcome.reference, order.amount
            )
            await self._keep_or_return(answer, order, provider.name, outcome.reference)
        elif outcome.state == "failed":
            await self._failed(order.programme, order.member_id, order.invoice_id, provider.name, outcome)
        await self._note(order, provider.name, outcome, waiting="sent")

    async def _refund(self, order: OrderRow) -> None:
        name, reference = order.provider, order.reference
        if not name:
            async with self.engine.pool.connection() as conn:
                found = await store.find_payment_of(conn, order.programme, order.member_id, order.invoice_id)
            name, reference = found or (MANUAL, "")
        provider = self.providers.get(name)
        if provider is None:
            await self._settle(order, "by_hand", provider=name, reference=reference)
            return
        asked = Asked(order.key, order.amount, await self._currency(order), tags=_tags(order), reference=reference)
        outcome = await provider.refund(asked)
        await self._note(order, name, outcome, waiting="sent", reference=reference)

    async def _note(
        self, order: OrderRow, provider: str, outcome: Outcome, *, waiting: str, reference: str = ""
    ) -> None:
        if outcome.state == "again":
            delay = dt.timedelta(seconds=DELAYS[min(order.tries - 1, len(DELAYS) - 1)])
            await self._settle(
                order, "waiting", provider=provider, reference=reference, reason=outcome.reason,
                again_at=self.engine.clock.now() + delay,
            )  # fmt: skip
            _log.warning("payment_order_waits", order=order.id, provider=provider, reason=outcome.reason)
            return
        state = {"done": "done", "failed": "failed", "waiting": waiting, "by_hand": "by_hand"}[outcome.state]
        if state == "failed" and order.kind == "refund":
            _log.error("refund_failed", order=order.id, provider=provider, reason=outcome.reason)
        await self._settle(
            order, state, provider=provider, reference=reference or outcome.reference, reason=outcome.reason
        )

    async def _settle(self, order: OrderRow, state: str, **more: Any) -> None:
        async with self.engine.pool.connection() as conn:
            await store.settle_order(conn, order, state, self.engine.clock.now(), **more)

    async def _currency(self, order: OrderRow) -> str:
        async with self.engine.pool.connection() as conn:
            edition = await self.engine.catalogue.edition(conn, order.programme)
        return edition.versions[-1].programme.currency

    # Taking in --------------------------------------------------------------------------------------------------------

    async def _work_off(self, provider: str, id_: str, said: Any, tries: int, received_at: dt.datetime) -> None:
        now = self.engine.clock.now()
        heard = Heard(**said)
        try:
            state, reason = await self._take_in(provider, heard)
        except Exception as error:
            state, reason = "waiting", type(error).__name__
            _log.error("provider_event_interrupted", provider=provider, message=id_, error=type(error).__name__)
        again_at = None
        if state == "waiting":
            again_at = now + dt.timedelta(seconds=DELAYS[min(tries - 1, len(DELAYS) - 1)])
            if now - received_at > PATIENCE:
                state, again_at = "failed", None
                _log.error("provider_event_given_up", provider=provider, message=id_, reason=reason)
        async with self.engine.pool.connection() as conn:
            await store.mark_event(conn, provider, id_, state, reason, again_at)

    async def _take_in(self, provider: str, heard: Heard) -> tuple[str, str]:
        """Take one message into the book: ("done" or "waiting" or "failed", why)."""
        if heard.kind == "nothing":
            return "done", "not ours to know"
        if heard.kind == "refund_settled":
            return await self._refund_settled(provider, heard)
        if heard.kind in ("paid", "failed"):
            return await self._of_invoice(provider, heard)
        async with self.engine.pool.connection() as conn:
            found = await store.find_payment(conn, provider, heard.reference)
        if found is None:
            return "waiting", "its payment is not known yet"
        body: dict[str, Any] = {"invoice": found.invoice_id.hex, "reference": heard.attempt}
        if heard.kind == "disputed":
            kind, key = Built.PLAN_DISPUTED, f"{heard.attempt}:{heard.state}"
            body["state"] = heard.state
        else:
            more = heard.amount - found.refunded
            if more <= 0:
                return "done", "we asked for it"
            kind, key = Built.PLAN_REFUNDED, f"{heard.attempt}:{heard.amount}"
            body |= {"amount": more, "is_done": True}
        answer = await self._tell(found.programme, kind, provider, key, found.member_id, body)
        return _became(answer)

    async def _of_invoice(self, provider: str, heard: Heard) -> tuple[str, str]:
        owner = _owner(heard.tags)
        if owner is None:
            return "done", "it is for no invoice of ours"
        programme, member_id, invoice_id = owner
        async with self.engine.pool.connection() as conn:
            if await find_programme(conn, programme) is None:
                return "done", "it is for no programme of ours"
        if heard.kind == "failed":
            outcome = Outcome("failed", heard.reference, heard.attempt, heard.reason)
            return _became(await self._failed(programme, member_id, invoice_id, provider, outcome))
        if heard.customer and heard.method:
            async with self.engine.pool.connection() as conn:
                method = Method(provider, heard.customer, heard.method)
                await store.keep_method(conn, programme, member_id, method, self.engine.clock.now())
        answer = await self._paid(programme, member_id, invoice_id, provider, heard.reference, heard.amount)
        order = OrderRow(
            member_id, invoice_id, "charge", "", heard.amount, self.engine.clock.now(), programme=programme
        )
        await self._keep_or_return(answer, order, provider, heard.reference)
        return _became(answer)

    async def _paid(
        self, programme: str, member_id: UUID, invoice_id: UUID, provider: str, reference: str, amount: int
    ) -> Answer:
        body = {"invoice": invoice_id.hex, "amount": amount, "provider": provider, "reference": reference}
        return await self._tell(programme, Built.PLAN_PAID, provider, reference, member_id, body)

    async def _failed(
        self, programme: str, member_id: UUID, invoice_id: UUID, provider: str, outcome: Outcome
    ) -> Answer:
        key = outcome.attempt or outcome.reference
        if not key:
            key = f"{invoice_id.hex}:{outcome.reason}"
        body = {"invoice": invoice_id.hex, "provider": provider, "reference": outcome.reference,
                "reason": outcome.reason}  # fmt: skip
        return await self._tell(programme, Built.PLAN_FAILED, provider, f"failed:{key}", member_id, body)

    async def _keep_or_return(self, answer: Answer, order: OrderRow, provider: str, reference: str) -> None:
        """Money that came in for no open invoice goes back."""
        if not isinstance(answer, Decision) or answer.result.declined is None:
            return
        async with self.engine.pool.connection() as conn:
            found = await store.find_payment(conn, provider, reference)
            if found is not None:
                return
            programme = await fetch_programme(conn, order.programme)
            back = OrderRow(
                order.member_id, order.invoice_id, "refund", f"{provider}-{reference}-back", order.amount,
                self.engine.clock.now(), provider=provider, reference=reference,
            )  # fmt: skip
            await store.insert_orders(conn, programme.id, [back])
        _log.warning("payment_goes_back", provider=provider, reason=answer.result.declined.code.value)

    async def _refund_settled(self, provider: str, heard: Heard) -> tuple[str, str]:
        key = heard.tags.get("setia_order", "")
        async with self.engine.pool.connection() as conn:
            is_ours = bool(key) and await store.settle_refund(
                conn, key, heard.state, heard.reason, self.engine.clock.now()
            )
        if is_ours and heard.state == "failed":
            _log.error("refund_failed", provider=provider, reason=heard.reason)
        return "done", "" if is_ours else "we did not ask for it"

    async def _tell(
        self, programme: str, kind: Built, source: str, external_id: str, member_id: UUID, body: dict[str, Any]
    ) -> Answer:
        incoming = Incoming(kind.value, source, external_id, member_id, None, body)
        (answer,) = await self.engine.handle(programme, [incoming])
        if isinstance(answer, Fault):
            raise answer
        return answer


def _tags(order: OrderRow) -> dict[str, str]:
    return {
        "setia_programme": order.programme,
        "setia_member": order.member_id.hex,
        "setia_invoice": order.invoice_id.hex,
    }


def _owner(tags: Mapping[str, str]) -> tuple[str, UUID, UUID] | None:
    """Programme, member and invoice that a message is about."""
    try:
        return tags["setia_programme"], UUID(hex=tags["setia_member"]), UUID(hex=tags["setia_invoice"])
    except (KeyError, ValueError):
        return None


def _became(answer: Answer) -> tuple[str, str]:
    assert isinstance(answer, Decision)
    declined = answer.result.declined
    return "done", "" if declined is None else declined.code.value
