"""Plans through the API, paid by hand and by a Stripe on loopback: asked once, told often, in any order, or forged."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from setia.api.scopes import Audience
from setia.app import compile_source
from setia.flow.prove import verify_decisions
from setia.flow.rooms import publish
from setia.ledger.verify import verify
from setia.plumbing.clock import FixedClock
from setia.plumbing.settings import Settings
from setia.values.ids import parse_public_id, public_id
from tests.api import stripe
from tests.api.conftest import PROGRAMME, START, Api, running
from tests.api.stripe import SECRET_KEY, SIGNING, Stripe, event, signed

CARD = {"card": "CARD1"}
MONTH = {"plan": "plus", "every": "month"}
DAY = dt.timedelta(days=1)


@pytest.fixture
def double() -> Iterator[Stripe]:
    """Stripe on loopback."""
    with stripe.serving() as found:
        yield found


@pytest.fixture
async def card(settings: Settings, clock: FixedClock, double: Stripe) -> AsyncIterator[Api]:
    """The API with Stripe behind it and a member."""
    with_stripe = settings.model_copy(update={
        "stripe_secret_key": SecretStr(SECRET_KEY), "stripe_url": double.url,
        "stripe_webhook_secrets": SecretStr(f"whsec_old, {SIGNING}"),
    })  # fmt: skip
    async with running(with_stripe, clock) as found:
        async with found.services.pool.connection() as conn:
            await publish(conn, PROGRAMME, compile_source(PROGRAMME), at=START - 30 * DAY, by="dewi")
        await found.key(Audience.TILL, "till", programme="shop")
        await found.key(Audience.ADMIN, "admin")
        await found.join()
        yield found


async def plan(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await api.member("/plans")).json()["plan"]
    return found


async def invoices(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.member("/invoices")).json()["invoices"]
    return found


async def ask(api: Api, path: str, body: Any, **more: Any) -> httpx.Response:
    return await api.call("member", "POST", f"/v1/member{path}", body, **more)


async def orders(api: Api, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.admin("GET", "/programmes/shop/payments", **query)).json()["orders"]
    return found


async def deliver(api: Api, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    sent = signed(body, SIGNING) if headers is None else headers
    return await api.call("", "POST", "/v1/providers/stripe/events", body, headers=sent)


async def told(api: Api) -> list[str]:
    """The types of the activities of plans, oldest first."""
    async with api.services.pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT type FROM activities WHERE type LIKE 'plan.%' AND status = 'accepted' ORDER BY no"
        )
        return [row[0] for row in await cursor.fetchall()]


async def clean(api: Api) -> None:
    async with api.services.pool.connection() as conn:
        findings = await verify(conn, again=verify_decisions(api.services.catalogue))
    assert findings == []


async def invoice_of(api: Api) -> UUID:
    return parse_public_id("inv", (await plan(api))["invoice"]["id"])


async def pay_by_page(api: Api, double: Stripe, id_: str = "evt_1") -> bytes:
    """The member takes the plan and pays on the page; the event that tells of it."""
    assert (await ask(api, "/plan", MONTH)).status_code == 200
    page = await ask(api, "/plan/checkout", {"success_url": "https://s.example/a", "cancel_url": "https://s.example/b"})
    assert page.json()["url"].startswith("https://checkout.stripe.com/"), page.text
    form = double.asked[-1].form
    assert form["mode"] == "payment"
    assert form["line_items[0][price_data][unit_amount]"] == "500"
    assert form["line_items[0][price_data][currency]"] == "usd"
    assert form["payment_intent_data[setup_future_usage]"] == "off_session"
    intent = double.intent({"amount": "500", "currency": "usd"}, 77)
    intent["metadata"] = stripe.tags(form)
    return event(id_, "payment_intent.succeeded", intent)


# By hand --------------------------------------------------------------------------------------------------------------


async def test_a_plan_is_taken_paid_at_the_till_and_cancelled(api: Api) -> None:
    member = await api.join()
    shown = (await api.member("/plans")).json()
    assert shown["plan"] is None
    assert [offer["name"] for offer in shown["plans"]] == ["plus", "slow", "old"]
    started = (await ask(api, "/plan", MONTH)).json()
    assert started["plan"]["invoice"]["amount"] == {"amount": "5.00", "currency": "USD"}
    number = started["plan"]["invoice"]["id"]
    paid = await api.till("/plans/pay", {"member": CARD, "invoice": number, "amount": "5.00", "reference": "cash"})
    assert paid.json()["plan"]["is_active"] is True
    (invoice,) = await invoices(api)
    assert (invoice["state"], invoice["tax"]["amount"], invoice["payment"]["provider"]) == ("paid", "0.83", "manual")
    assert invoice["period"] == {"from": "2026-03-02T10:00:00Z", "until": "2026-04-02T10:00:00Z"}
    bought = (await api.buy(CARD, "100", delivery={})).json()
    assert (bought["totals"]["benefit"]["amount"], bought["delivery"]["free"]) == ("14.99", True)
    api.clock.advance(9 * DAY)
    preview = (await ask(api, "/plan/cancel", {}, dry_run="true")).json()["plan"]
    assert preview["refund"]["amount"]["amount"] == "3.39"  # 21 of 31 days
    assert (await plan(api))["is_active"] is True
    done = (await ask(api, "/plan/cancel", {})).json()["plan"]
    assert (done["is_active"], done["refund"]["amount"]["amount"]) == (False, "3.39")
    assert await api.services.cashier.work() == 1  # the charge is not asked for any more
    (order,) = await orders(api, state="by_hand")
    assert (order["kind"], order["amount"]["amount"], order["provider"]) == ("refund", "3.39", "manual")
    settled = await api.admin("POST", f"/programmes/shop/payments/{order['id']}/done", {"by": "dewi"})
    assert settled.json()["state"] == "done"
    again = await api.admin("POST", f"/programmes/shop/payments/{order['id']}/done", {"by": "dewi"})
    assert again.json()["code"] == "conflict"
    assert (await api.admin("POST", "/programmes/shop/payments/999/done", {})).status_code == 404
    shown = (await api.admin("GET", f"/programmes/shop/members/{member}/invoices")).json()["invoices"]
    assert shown[0]["payment"]["refunded"]["amount"] == "3.39"
    assert shown[0]["period"]["until"] == "2026-03-11T10:00:00Z"
    await clean(api)


async def test_without_a_provider_there_is_no_page_and_nobody_is_heard(api: Api) -> None:
    await api.join()
    await ask(api, "/plan", MONTH)
    page = await ask(api, "/plan/checkout", {"success_url": "https://a.example", "cancel_url": "https://b.example"})
    assert page.json()["code"] == "provider_missing"
    assert (await deliver(api, b"{}")).json()["code"] == "provider_missing"
    answer = await api.call("", "POST", "/v1/providers/manual/events", b"{}")
    assert answer.json()["code"] == "signature_invalid"


async def test_an_operator_confirms_a_transfer_and_gives_a_part_back(api: Api) -> None:
    member = await api.join()
    await api.till("/plans/start", {"member": CARD, **MONTH})
    path = f"/programmes/shop/members/{member}/plan"
    assert (await api.admin("POST", f"{path}/pay", {"reference": "transfer 1"})).json()["plan"]["is_active"] is True
    part = await api.admin("POST", f"{path}/refund", {"amount": "2.00", "reason": "goodwill"})
    assert part.json()["plan"]["is_active"] is True
    rest = await api.admin("POST", f"{path}/refund", {"is_done": True})
    assert rest.json()["plan"]["is_active"] is False
    await api.services.cashier.work()
    assert [(o["kind"], o["state"], o["amount"]["amount"]) for o in await orders(api)] == [
        ("charge", "dropped", "5.00"), ("refund", "by_hand", "2.00"),
    ]  # fmt: skip
    await clean(api)


async def test_nobody_claims_that_a_provider_was_paid(api: Api) -> None:
    await api.join()
    await ask(api, "/plan", MONTH)
    for path, body in (
        ("/plans/pay", {"member": CARD, "provider": "stripe", "reference": "pi_1"}),
        ("/activities", {"activities": [{"type": "plan.refunded", "member": CARD, "data": {}}]}),
        ("/activities", {"activities": [{"type": "plan.paid", "member": CARD, "data": {"provider": "stripe"}}]}),
    ):
        answer = await api.till(path, body)
        assert "accepted" not in answer.text, answer.text
    assert (await plan(api))["is_active"] is False


# By card --------------------------------------------------------------------------------------------------------------


async def test_a_webhook_that_comes_five_times_counts_once(card: Api, double: Stripe) -> None:
    body = await pay_by_page(card, double)
    answers = [(await deliver(card, body)).json() for _ in range(5)]
    assert [answer["known"] for answer in answers] == [False, True, True, True, True]
    other = body.replace(b'"evt_1"', b'"evt_2"')  # the same payment, told by another message
    assert (await deliver(card, other)).status_code == 200
    assert (await plan(card))["is_active"] is True
    assert await told(card) == ["plan.started", "plan.paid"]
    assert await orders(card, state="waiting") == []
    await clean(card)


@pytest.mark.parametrize("how", ["forged", "old", "ahead", "nothing", "two_stamps", "no_event"])
async def test_a_forged_webhook_is_refused_and_changes_nothing(card: Api, double: Stripe, how: str) -> None:
    body = await pay_by_page(card, double)
    now = dt.datetime.now(dt.UTC).timestamp()
    headers = {
        "forged": signed(body, "whsec_other"), "old": signed(body, SIGNING, at=now - 301),
        "ahead": signed(body, SIGNING, at=now + 310), "nothing": {}, "two_stamps": {"Stripe-Signature": "t=1,t=2,v1=a"},
        "no_event": signed(b"[]", SIGNING),
    }[how]  # fmt: skip
    answer = await deliver(card, b"[]" if how == "no_event" else body, headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "signature_invalid")
    assert (await plan(card))["is_active"] is False
    assert await card.rows("provider_events") == 0


async def test_while_a_secret_is_replaced_either_signature_is_good(card: Api, double: Stripe) -> None:
    body = await pay_by_page(card, double)
    assert (await deliver(card, body, signed(body, "whsec_new", "whsec_old"))).status_code == 200
    assert (await plan(card))["is_active"] is True


async def test_a_renewal_is_charged_once_with_the_invoice_as_key(card: Api, double: Stripe) -> None:
    await deliver(card, await pay_by_page(card, double))
    card.clock.advance(31 * DAY)
    await card.services.engine.tick("shop")
    double.trouble = [500, 429]
    for _ in range(3):
        await card.services.cashier.work()
        card.clock.advance(dt.timedelta(minutes=5))
    charges = [asked for asked in double.asked if asked.path == "/v1/payment_intents"]
    assert len(charges) == 3
    assert len({asked.headers["idempotency-key"] for asked in charges}) == 1
    form = charges[-1].form
    assert (form["amount"], form["currency"], form["off_session"], form["confirm"]) == ("500", "usd", "true", "true")
    assert (form["customer"], form["payment_method"]) == ("cus_1", "pm_1")
    assert (await plan(card))["until"] == "2026-05-02T10:00:00Z"
    # The webhook about what was answered already changes nothing.
    intent = double.intent(form, double.count)
    assert (await deliver(card, event("evt_9", "payment_intent.succeeded", intent))).json()["known"] is False
    assert await told(card) == ["plan.started", "plan.paid", "plan.fell_due", "plan.paid"]
    assert await card.services.cashier.work() == 0
    await clean(card)


async def test_a_declined_card_is_asked_again_by_the_days_of_dunning(card: Api, double: Stripe) -> None:
    await deliver(card, await pay_by_page(card, double))
    double.decline = "insufficient_funds"
    card.clock.advance(31 * DAY)
    for _ in range(8):
        await card.services.engine.tick("shop")
        while await card.services.cashier.work():
            pass
        card.clock.advance(DAY)
    keys = [asked.headers["idempotency-key"] for asked in double.asked if asked.path == "/v1/payment_intents"]
    assert len(keys) == len(set(keys)) == 3
    assert [key.rpartition("-")[2] for key in keys] == ["1", "2", "3"]
    assert (await plan(card))["is_active"] is False
    found = await told(card)
    assert (found.count("plan.payment_failed"), found.count("plan.reminded"), found[-1]) == (3, 2, "plan.lapsed")
    # Money that comes in all the same begins the plan anew.
    old = (await invoices(card))[0]
    assert old["state"] == "void"
    asked = double.asked[-1].form
    intent = double.intent(asked, 99)
    await deliver(card, event("evt_late", "payment_intent.succeeded", intent))
    assert (await plan(card))["is_active"] is True
    await clean(card)


async def test_a_failure_told_by_answer_and_webhook_counts_once(card: Api, double: Stripe) -> None:
    await deliver(card, await pay_by_page(card, double))
    double.decline = "expired_card"
    card.clock.advance(31 * DAY)
    await card.services.engine.tick("shop")
    await card.services.cashier.work()
    intent = double.intent(double.asked[-1].form, double.count) | {
        "status": "requires_payment_method",
        "last_payment_error": {"code": "card_declined", "decline_code": "expired_card", "charge": f"ch_{double.count}"},
    }
    await deliver(card, event("evt_f", "payment_intent.payment_failed", intent))
    assert (await told(card)).count("plan.payment_failed") == 1


async def test_money_for_an_invoice_that_was_replaced_goes_back(card: Api, double: Stripe) -> None:
    body = await pay_by_page(card, double)
    await ask(card, "/plan", {"plan": "plus", "every": "year"})
    await card.till("/plans/pay", {"member": CARD})
    assert (await deliver(card, body)).status_code == 200
    await card.services.cashier.work()
    refund = double.asked[-1]
    assert (refund.path, refund.form["payment_intent"], refund.form["amount"]) == ("/v1/refunds", "pi_77", "500")
    await deliver(card, body.replace(b'"evt_1"', b'"evt_again"'))
    assert await card.services.cashier.work() == 0
    await clean(card)


async def test_a_cancellation_asks_stripe_for_the_refund_and_hears_that_it_is_done(card: Api, double: Stripe) -> None:
    await deliver(card, await pay_by_page(card, double))
    card.clock.advance(9 * DAY)
    await ask(card, "/plan/cancel", {})
    await card.services.cashier.work()
    asked = double.asked[-1]
    assert (asked.path, asked.form["amount"], asked.form["payment_intent"]) == ("/v1/refunds", "339", "pi_77")
    charge = {"id": "ch_77", "object": "charge", "payment_intent": "pi_77", "amount": 500, "amount_refunded": 339,
              "currency": "usd", "refunded": False, "metadata": {}}  # fmt: skip
    await deliver(card, event("evt_r", "charge.refunded", charge))
    assert "plan.refunded" not in await told(card)  # it is ours, and known
    failed = {"id": "re_1", "object": "refund", "payment_intent": "pi_77", "amount": 339, "currency": "usd",
              "status": "failed", "failure_reason": "expired_or_canceled_card", "metadata": stripe.tags(asked.form),
              }  # fmt: skip
    await deliver(card, event("evt_rf", "refund.failed", failed))
    assert [(o["state"], o["reason"]) for o in await orders(card, state="failed")] == [
        ("failed", "expired_or_canceled_card")
    ]


async def test_a_refund_made_at_stripe_ends_the_plan_even_when_it_is_told_first(card: Api, double: Stripe) -> None:
    body = await pay_by_page(card, double)
    charge = {"id": "ch_77", "object": "charge", "payment_intent": "pi_77", "amount": 500, "amount_refunded": 500,
              "currency": "usd", "refunded": True, "metadata": {}}  # fmt: skip
    await deliver(card, event("evt_r", "charge.refunded", charge))
    assert await told(card) == ["plan.started"]
    await deliver(card, body)
    card.clock.advance(dt.timedelta(minutes=5))
    await card.services.cashier.work()
    assert await told(card) == ["plan.started", "plan.paid", "plan.refunded", "plan.ended"]
    assert (await invoices(card))[0]["payment"]["refunded"]["amount"] == "5.00"
    assert [asked.path for asked in double.asked] == ["/v1/checkout/sessions"]
    await clean(card)


async def test_a_dispute_rests_the_plan_until_it_is_won(card: Api, double: Stripe) -> None:
    await deliver(card, await pay_by_page(card, double))
    dispute = {"id": "dp_1", "object": "dispute", "charge": "ch_77", "payment_intent": "pi_77", "amount": 500,
               "currency": "usd", "reason": "fraudulent", "status": "needs_response", "metadata": {}}  # fmt: skip
    await deliver(card, event("evt_d", "charge.dispute.created", dispute))
    assert (await plan(card))["is_active"] is False
    assert (await invoices(card))[0]["payment"]["state"] == "disputed"
    await deliver(card, event("evt_w", "charge.dispute.closed", dispute | {"status": "won"}))
    assert (await plan(card))["until"] == "2026-04-02T10:00:00Z"
    assert (await invoices(card))[0]["payment"]["state"] == "received"
    await clean(card)


async def test_messages_that_are_not_ours_are_kept_and_left(card: Api, double: Stripe) -> None:
    assert (
        await deliver(card, event("evt_x", "customer.created", {"id": "cus_9", "object": "customer"}))
    ).status_code == 200
    strange = double.intent({"amount": "1", "currency": "usd"}, 5)
    assert (await deliver(card, event("evt_y", "payment_intent.succeeded", strange))).status_code == 200
    strange["metadata"] = {"setia_programme": "nowhere", "setia_member": "0" * 32, "setia_invoice": "0" * 32}
    assert (await deliver(card, event("evt_z", "payment_intent.succeeded", strange))).status_code == 200
    unknown = {"id": "ch_0", "payment_intent": "pi_0", "amount_refunded": 5, "currency": "usd"}
    await deliver(card, event("evt_u", "charge.refunded", unknown))
    for _ in range(30):
        card.clock.advance(dt.timedelta(hours=6))
        await card.services.cashier.work()
    async with card.services.pool.connection() as conn:
        cursor = await conn.execute("SELECT state FROM provider_events ORDER BY id")
        assert [row[0] for row in await cursor.fetchall()] == ["failed", "done", "done", "done"]


async def test_a_wrong_key_of_ours_keeps_the_order_waiting(card: Api, double: Stripe, caplog: Any) -> None:
    await deliver(card, await pay_by_page(card, double))
    provider = card.services.cashier.providers["stripe"]
    provider._client.headers["authorization"] = "Bearer sk_wrong"  # type: ignore[attr-defined]
    card.clock.advance(31 * DAY)
    await card.services.engine.tick("shop")
    await card.services.cashier.work()
    (order,) = await orders(card, state="waiting")
    assert order["reason"] == "key_refused"
    assert SECRET_KEY not in repr(provider) + caplog.text + repr(card.services.settings)
    assert public_id("inv", await invoice_of(card)) == order["invoice"]


# Races ----------------------------------------------------------------------------------------------------------------


async def test_many_tell_of_one_payment_at_once_and_it_counts_once(card: Api, double: Stripe) -> None:
    body = await pay_by_page(card, double)
    copies = [body.replace(b'"evt_1"', f'"evt_{number}"'.encode()) for number in range(6)] * 2
    answers = await asyncio.gather(*(deliver(card, copy) for copy in copies))
    assert {answer.status_code for answer in answers} == {200}
    card.clock.advance(dt.timedelta(minutes=10))
    await card.services.cashier.work()
    assert await told(card) == ["plan.started", "plan.paid"]
    assert await card.rows("payments") == 1
    assert [asked.path for asked in double.asked] == ["/v1/checkout/sessions"]
    await clean(card)


async def test_many_workers_ask_for_one_renewal_once(card: Api, double: Stripe) -> None:
    await deliver(card, await pay_by_page(card, double))
    card.clock.advance(31 * DAY)
    await card.services.engine.tick("shop")
    await asyncio.gather(*(card.services.cashier.work() for _ in range(6)))
    assert [asked.path for asked in double.asked].count("/v1/payment_intents") == 1
    assert await card.rows("payments") == 2
    await clean(card)


async def test_two_confirm_an_invoice_at_once_and_one_is_told_that_it_is_paid(api: Api) -> None:
    await api.join()
    await ask(api, "/plan", MONTH)
    confirmations = (api.till("/plans/pay", {"member": CARD, "reference": f"till {n}"}) for n in range(4))
    answers = await asyncio.gather(*confirmations)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await api.rows("payments") == 1
    await clean(api)
