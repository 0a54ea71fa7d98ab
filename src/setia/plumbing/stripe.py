"""Stripe: its API over HTTP as documented at https://docs.stripe.com/api, and its signed webhooks.

Requests are form-encoded with bearer authentication and an Idempotency-Key; answers are JSON. A webhook is signed with
HMAC-SHA256 over ``<timestamp>.<body>`` (https://docs.stripe.com/webhooks#verify-manually); during the rotation of a
secret it carries several ``v1`` signatures.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from setia.plumbing.payments import Asked, Forged, Heard, Outcome
from setia.values.money import currency_decimals

NAME: Final = "stripe"
VERSION: Final = "2024-06-20"
TOLERANCE: Final = 300
"""How many seconds a webhook may be away from our clock, as Stripe's own libraries have it."""
BODY_LIMIT: Final = 256 * 1024

# https://docs.stripe.com/currencies#zero-decimal and the special cases there: ISK and UGX are sent with two decimals.
_NO_DECIMALS: Final = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THREE_DECIMALS: Final = frozenset("BHD JOD KWD OMR TND".split())
_DISPUTES: Final = {"won": "won", "warning_closed": "won", "lost": "lost"}


class AmountRefused(ValueError):
    """An amount that Stripe cannot move in this currency."""


def to_stripe(amount: int, currency: str) -> int:
    """Minor units of ISO 4217 as Stripe counts them. Raises ``AmountRefused``."""
    exponent = _exponent(currency) - currency_decimals(currency)
    if exponent >= 0:
        found = amount * int(10**exponent)
    else:
        found, rest = divmod(amount, int(10**-exponent))
        if rest:
            raise AmountRefused(f"Stripe takes no parts of a {currency}")
    if currency in _THREE_DECIMALS and found % 10:
        raise AmountRefused(f"Stripe takes amounts in {currency} with two decimals only")
    return found


def from_stripe(amount: int, currency: str) -> int:
    """What Stripe says, in minor units of ISO 4217; parts that the currency has not are cut off."""
    exponent = currency_decimals(currency) - _exponent(currency)
    return amount * int(10**exponent) if exponent >= 0 else amount // int(10**-exponent)


def _exponent(currency: str) -> int:
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


class Stripe:
    """Payments by Stripe.

    ``secret_key``: of the API (``sk_…``). ``webhook_secrets``: of the endpoint (``whsec_…``), several while one is
    replaced. ``url``: where the API is. Secrets are in no message and no log.
    """

    name = NAME

    def __init__(
        self,
        secret_key: str,
        webhook_secrets: Sequence[str],
        *,
        url: str = "https://api.stripe.com",
        seconds: float = 20.0,
    ) -> None:
        self._webhook_secrets = tuple(webhook_secrets)
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
            headers={"authorization": f"Bearer {secret_key}", "stripe-version": VERSION},
        )

    def __repr__(self) -> str:
        return "Stripe()"

    async def charge(self, asked: Asked) -> Outcome:
        """A PaymentIntent that is confirmed at once, off session."""
        try:
            amount = to_stripe(asked.amount, asked.currency)
        except AmountRefused as error:
            return Outcome("failed", reason=str(error))
        return await self._intent({
            "amount": amount,
            "currency": asked.currency.lower(),
            "customer": asked.customer,
            "payment_method": asked.method,
            "off_session": "true",
            "confirm": "true",
            "description": asked.title,
            "metadata": dict(asked.tags),
        }, asked.key)  # fmt: skip

    async def refund(self, asked: Asked) -> Outcome:
        """A Refund of (a part of) a PaymentIntent."""
        form = {
            "payment_intent": asked.reference,
            "amount": to_stripe(asked.amount, asked.currency),
            "metadata": {**asked.tags, "setia_order": asked.key},
        }
        status, data = await self._post("/v1/refunds", form, asked.key)
        if status == 200:
            state = data.get("status")
            reference, reason = str(data.get("id", "")), str(data.get("failure_reason") or "")
            if state in ("succeeded", "pending"):
                return Outcome("done" if state == "succeeded" else "waiting", reference)
            return Outcome("failed", reference, reason=reason or str(state))
        return _trouble(status, data)

    async def checkout(self, asked: Asked, *, success_url: str, cancel_url: str) -> tuple[str, Outcome]:
        """The address of a page of Stripe on which the member pays and leaves a method for later; "" if there is none.

        The payment itself is told by a webhook.
        """
        tags = dict(asked.tags)
        form: dict[str, Any] = {
            "mode": "payment",
            "success_url": success_url,
            "cancel_url": cancel_url,
            "client_reference_id": asked.key,
            "metadata": tags,
            "payment_intent_data": {"setup_future_usage": "off_session", "metadata": tags},
            "line_items": [{
                "quantity": 1,
                "price_data": {
                    "currency": asked.currency.lower(),
                    "unit_amount": to_stripe(asked.amount, asked.currency),
                    "product_data": {"name": asked.title},
                },
            }],
        }  # fmt: skip
        form |= {"customer": asked.customer} if asked.customer else {"customer_creation": "always"}
        status, data = await self._post("/v1/checkout/sessions", form, asked.key)
        if status == 200:
            return str(data.get("url", "")), Outcome("waiting", str(data.get("id", "")))
        return "", _trouble(status, data)

    def read(self, body: bytes, headers: Mapping[str, str], now: float) -> Heard:
        """Check the signature, then read the event."""
        self._check(body, headers.get("stripe-signature", ""), now)
        try:
            event = json.loads(body)
            return _heard(event)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Forged(f"this is no event of Stripe: {type(error).__name__}") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _check(self, body: bytes, header: str, now: float) -> None:
        parts = [part.partition("=") for part in header.split(",")]
        stamps = [value for name, _, value in parts if name.strip() == "t"]
        given = [value.strip() for name, _, value in parts if name.strip() == "v1"]
        if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit() or not given:
            raise Forged("the Stripe-Signature header has not the form t=…,v1=…")
        if abs(now - int(stamps[0])) > TOLERANCE:
            raise Forged(f"the signature's time is more than {TOLERANCE} seconds away from ours")
        signed = stamps[0].encode() + b"." + body
        for secret in self._webhook_secrets:
            wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            if any(hmac.compare_digest(wanted.encode(), value.encode()) for value in given):
                return
        raise Forged("no signature fits a secret that we know")

    async def _intent(self, form: Mapping[str, Any], key: str) -> Outcome:
        status, data = await self._post("/v1/payment_intents", form, key)
        if status == 200:
            state, reference = data.get("status"), str(data.get("id", ""))
            attempt = str(data.get("latest_charge") or "")
            if state == "succeeded":
                return Outcome("done", reference, attempt)
            if state == "processing":
                return Outcome("waiting", reference, attempt)
            return Outcome("failed", reference, attempt, reason=str(state))
        return _trouble(status, data)

    async def _post(self, path: str, form: Mapping[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        """The status and the answer; 0 when there was none."""
        try:
            response = await self._client.post(
                path,
                content=urlencode(list(_fields(form))).encode(),
                headers={"content-type": "application/x-www-form-urlencoded", "idempotency-key": key},
            )
            data = response.json() if len(response.content) <= BODY_LIMIT else {}
        except (httpx.HTTPError, OSError, ValueError):
            return 0, {}
        return response.status_code, data if isinstance(data, dict) else {}


def _fields(form: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as Stripe writes them: ``a[b]=…``, ``a[0][b]=…``; what is empty is left out."""
    for name, value in form.items():
        path = f"{prefix}[{name}]" if prefix else str(name)
        if isinstance(value, Mapping):
            yield from _fields(value, path)
        elif isinstance(value, list):
            yield from _fields({str(number): item for number, item in enumerate(value)}, path)
        elif value not in ("", None):
            yield path, str(value)


def _trouble(status: int, data: Mapping[str, Any]) -> Outcome:
    """What an error means (https://docs.stripe.com/api/errors): the card said no, or something was in the way."""
    error = data.get("error")
    error = error if isinstance(error, Mapping) else {}
    reason = str(error.get("decline_code") or error.get("code") or error.get("type") or f"http_{status}")
    intent = error.get("payment_intent")
    intent = intent if isinstance(intent, Mapping) else {}
    if status in (0, 409, 429) or status >= 500:
        return Outcome("again", reason=reason if status else "no_answer")
    if status in (401, 403):
        return Outcome("again", reason="key_refused")  # nothing is wrong with the payment: our key has to be mended
    return Outcome(
        "failed", str(intent.get("id", "")), str(error.get("charge") or intent.get("latest_charge") or ""), reason
    )


def _heard(event: Mapping[str, Any]) -> Heard:
    id_, type_, thing = str(event["id"]), str(event["type"]), event["data"]["object"]
    tags = {str(name): str(value) for name, value in (thing.get("metadata") or {}).items()}
    currency = str(thing.get("currency") or "").upper()

    def money(name: str) -> int:
        value = thing.get(name) or 0
        return from_stripe(int(value), currency) if currency else 0

    def text(name: str) -> str:
        value = thing.get(name)
        return str(value.get("id", "")) if isinstance(value, Mapping) else str(value or "")

    if type_ == "payment_intent.succeeded":
        return Heard(id_, type_, "paid", text("id"), text("latest_charge"), money("amount_received"), currency,
                     customer=text("customer"), method=text("payment_method"), tags=tags)  # fmt: skip
    if type_ == "payment_intent.payment_failed":
        error = thing.get("last_payment_error") or {}
        reason = str(error.get("decline_code") or error.get("code") or "failed")
        attempt = str(error.get("charge") or text("latest_charge") or id_)
        return Heard(id_, type_, "failed", text("id"), attempt, money("amount"), currency, reason, tags=tags)
    if type_ == "charge.refunded":
        return Heard(id_, type_, "refunded", text("payment_intent"), text("id"), money("amount_refunded"), currency)
    if type_ in ("refund.updated", "refund.failed", "charge.refund.updated"):
        states = {"succeeded": "done", "failed": "failed", "canceled": "failed"}
        state = states.get(text("status"), "")
        kind = "refund_settled" if state else "nothing"
        return Heard(id_, type_, kind, text("payment_intent"), text("id"), money("amount"), currency,  # type: ignore[arg-type]
                     str(thing.get("failure_reason") or ""), state, tags=tags)  # fmt: skip
    if type_ == "charge.dispute.created":
        return Heard(id_, type_, "disputed", text("payment_intent"), text("id"), money("amount"), currency,
                     text("reason"), "opened")  # fmt: skip
    if type_ == "charge.dispute.closed" and text("status") in _DISPUTES:
        return Heard(id_, type_, "disputed", text("payment_intent"), text("id"), money("amount"), currency,
                     text("reason"), _DISPUTES[text("status")])  # fmt: skip
    return Heard(id_, type_, "nothing")
