"""What we send to Stripe and read from it, value by value."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from setia.plumbing.payments import Asked, Forged, Manual
from setia.plumbing.stripe import TOLERANCE, AmountRefused, Stripe, _fields, _trouble, from_stripe, to_stripe

NOW = 1_790_000_000.0
SECRET = "whsec_test_secret"


def provider(*secrets: str) -> Stripe:
    return Stripe("sk_test_x", secrets or (SECRET,))


def sign(body: bytes, secret: str = SECRET, at: float = NOW) -> str:
    return hmac.new(secret.encode(), f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()


def event(type_: str = "customer.created", **thing: Any) -> bytes:
    return json.dumps({"id": "evt_1", "type": type_, "data": {"object": {"id": "x_1", **thing}}}).encode()


@pytest.mark.parametrize(("amount", "currency", "sent"), [
    (3999, "USD", 3999), (1_250_000, "IDR", 1_250_000), (500, "JPY", 500), (1_000, "KWD", 1_000), (3, "ISK", 300),
    (10_000, "UGX", 1_000_000),
])  # fmt: skip
def test_amounts_are_counted_as_stripe_counts_them(amount: int, currency: str, sent: int) -> None:
    assert to_stripe(amount, currency) == sent
    assert from_stripe(sent, currency) == amount


def test_amounts_that_stripe_cannot_move_are_refused() -> None:
    with pytest.raises(AmountRefused, match="two decimals"):
        to_stripe(1_001, "KWD")
    with pytest.raises(AmountRefused, match="no parts"):
        to_stripe(150, "MGA")
    assert from_stripe(1, "MGA") == 100
    assert from_stripe(250, "ISK") == 2


async def test_an_amount_that_cannot_be_moved_fails_without_a_question() -> None:
    outcome = await provider().charge(Asked("k", 1_001, "KWD"))
    assert outcome.state == "failed"


def test_nested_values_are_written_as_stripe_reads_them() -> None:
    form = {"a": {"b": 1, "c": ""}, "d": [{"e": "x"}, {"e": "y"}], "f": None, "g": "true"}
    assert list(_fields(form)) == [("a[b]", "1"), ("d[0][e]", "x"), ("d[1][e]", "y"), ("g", "true")]


@pytest.mark.parametrize(("header", "is_good"), [
    ("t={now},v1={good}", True),
    ("t={now},v1=bad,v1={good},v0=x", True),
    ("t={now}, v1={good}", True),
    ("t={now},v1={other}", False),
    ("t={now},v0={good}", False),
    ("v1={good}", False),
    ("t={now},t={now},v1={good}", False),
    ("t=١٢,v1={good}", False),
    ("t=-5,v1={good}", False),
    ("", False),
    (",,=,", False),
])  # fmt: skip
def test_a_signature_counts_only_as_documented(header: str, is_good: bool) -> None:
    body = event()
    filled = header.format(now=int(NOW), good=sign(body), other=sign(body, "whsec_other"))
    if is_good:
        assert provider().read(body, {"stripe-signature": filled}, NOW).id == "evt_1"
    else:
        with pytest.raises(Forged):
            provider().read(body, {"stripe-signature": filled}, NOW)


@pytest.mark.parametrize("away", [-TOLERANCE - 1, TOLERANCE + 1])
def test_a_signature_of_another_time_is_refused(away: int) -> None:
    body = event()
    header = {"stripe-signature": f"t={int(NOW)},v1={sign(body)}"}
    with pytest.raises(Forged, match="seconds away"):
        provider().read(body, header, NOW + away)
    assert provider().read(body, header, NOW + away // abs(away) * TOLERANCE).kind == "nothing"


def test_another_body_under_a_good_signature_is_refused() -> None:
    header = {"stripe-signature": f"t={int(NOW)},v1={sign(event())}"}
    with pytest.raises(Forged, match="no signature fits"):
        provider().read(event("payment_intent.succeeded"), header, NOW)
    with pytest.raises(Forged, match="no signature fits"):
        Stripe("sk", ()).read(event(), header, NOW)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"nonsense", b'{"id": 1, "type": "x", "data": {"object": 5}}'])
def test_what_is_no_event_is_refused_though_it_is_signed(body: bytes) -> None:
    with pytest.raises(Forged, match="no event of Stripe"):
        provider().read(body, {"stripe-signature": f"t={int(NOW)},v1={sign(body)}"}, NOW)


def read(type_: str, **thing: Any) -> Any:
    body = event(type_, **thing)
    return provider().read(body, {"stripe-signature": f"t={int(NOW)},v1={sign(body)}"}, NOW)


def test_events_say_what_happened() -> None:
    paid = read("payment_intent.succeeded", amount_received=4800, currency="usd", customer="cus_1",
                payment_method={"id": "pm_1"}, latest_charge="ch_1", metadata={"a": 1})  # fmt: skip
    assert (paid.kind, paid.reference, paid.amount, paid.currency) == ("paid", "x_1", 4800, "USD")
    assert (paid.customer, paid.method, paid.attempt, paid.tags) == ("cus_1", "pm_1", "ch_1", {"a": "1"})
    failed = read("payment_intent.payment_failed", amount=4800, currency="usd", last_payment_error={"code": "expired"})
    assert (failed.kind, failed.reason, failed.attempt) == ("failed", "expired", "evt_1")
    refund = read("refund.updated", status="pending", currency="usd", amount=5)
    assert refund.kind == "nothing"
    assert read("refund.updated", status="canceled", amount=5, currency="usd").state == "failed"
    opened = read("charge.dispute.created", payment_intent="pi_1", amount=5, currency="usd", reason="fraudulent")
    assert (opened.kind, opened.state, opened.reference) == ("disputed", "opened", "pi_1")
    assert read("charge.dispute.closed", status="warning_closed").state == "won"
    assert read("charge.dispute.closed", status="under_review").kind == "nothing"
    assert read("charge.refunded", amount_refunded=5).amount == 0  # without a currency nothing is known of it


@pytest.mark.parametrize(("status", "error", "state", "reason"), [
    (402, {"type": "card_error", "code": "card_declined", "decline_code": "lost_card"}, "failed", "lost_card"),
    (402, {"type": "card_error", "code": "authentication_required"}, "failed", "authentication_required"),
    (400, {"type": "invalid_request_error"}, "failed", "invalid_request_error"),
    (409, {"type": "idempotency_error"}, "again", "idempotency_error"),
    (429, {}, "again", "http_429"),
    (503, {"type": "api_error"}, "again", "api_error"),
    (401, {"type": "invalid_request_error"}, "again", "key_refused"),
    (0, {}, "again", "no_answer"),
])  # fmt: skip
def test_errors_are_a_no_or_a_later(status: int, error: dict[str, str], state: str, reason: str) -> None:
    outcome = _trouble(status, {"error": error})
    assert (outcome.state, outcome.reason) == (state, reason)
    assert _trouble(500, {"error": "text"}).state == "again"


async def test_nobody_answers_where_nobody_listens() -> None:
    silent = Stripe("sk", (), url="http://127.0.0.1:9", seconds=0.5)
    assert (await silent.charge(Asked("k", 100, "USD"))).state == "again"
    assert (await silent.refund(Asked("k", 100, "USD"))).state == "again"
    assert await silent.checkout(Asked("k", 100, "USD"), success_url="a", cancel_url="b")
    await silent.aclose()


async def test_payments_by_hand_are_asked_of_people() -> None:
    manual = Manual()
    assert (await manual.charge(Asked("k", 1, "USD"))).state == "by_hand"
    assert (await manual.refund(Asked("k", 1, "USD"))).state == "by_hand"
    with pytest.raises(Forged):
        manual.read(b"", {}, NOW)
    await manual.aclose()
