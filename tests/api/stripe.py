"""Stripe as it is documented, served on loopback: payment intents, refunds, checkout pages, signed events.

The shapes are those of the public API reference, version 2024-06-20, with invented values. What it is asked is kept as
it came over the wire.
"""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

SECRET_KEY = "sk_test_abc"
SIGNING = "whsec_first"


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Stripe:
    """The double. ``decline``: what the card says; ``trouble``: statuses that the next requests get instead."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    decline: str = ""
    trouble: list[int] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    count: int = 0

    def answer(self, path: str, headers: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """One request. The same Idempotency-Key gets the same answer, as Stripe keeps it."""
        if headers.get("authorization") != f"Bearer {SECRET_KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        self.asked.append(Asked(path, headers, form))
        if self.trouble:
            return self.trouble.pop(0), {"error": {"type": "api_error", "message": "try again"}}
        key = headers.get("idempotency-key", "")
        if key not in self.answers:
            self.count += 1
            self.answers[key] = self._decide(path, form, self.count)
        return self.answers[key]

    def _decide(self, path: str, form: dict[str, str], number: int) -> tuple[int, dict[str, Any]]:
        if path == "/v1/payment_intents":
            intent = self.intent(form, number)
            if not self.decline:
                return 200, intent
            intent |= {"status": "requires_payment_method", "latest_charge": f"ch_{number}"}
            error = {
                "type": "card_error", "code": "card_declined", "decline_code": self.decline, "charge": f"ch_{number}",
                "message": "Your card was declined.", "payment_intent": intent,
            }  # fmt: skip
            return 402, {"error": error}
        if path == "/v1/refunds":
            return 200, {
                "id": f"re_{number}", "object": "refund", "amount": int(form["amount"]), "charge": "ch_1",
                "currency": "usd", "payment_intent": form["payment_intent"], "reason": None, "status": "succeeded",
                "metadata": tags(form),
            }  # fmt: skip
        if path == "/v1/checkout/sessions":
            return 200, {
                "id": f"cs_test_{number}", "object": "checkout.session", "mode": "payment", "payment_intent": None,
                "payment_status": "unpaid", "status": "open", "url": f"https://checkout.stripe.com/c/pay/cs_test_{number}",
                "metadata": tags(form),
            }  # fmt: skip
        return 404, {"error": {"type": "invalid_request_error", "message": "Unrecognized request URL"}}

    @staticmethod
    def intent(form: dict[str, str], number: int) -> dict[str, Any]:
        """A PaymentIntent that succeeded."""
        return {
            "id": f"pi_{number}", "object": "payment_intent", "amount": int(form["amount"]),
            "currency": form["currency"], "amount_received": int(form["amount"]),
            "customer": form.get("customer", "cus_1"), "livemode": False,
            "payment_method": form.get("payment_method", "pm_1"), "latest_charge": f"ch_{number}",
            "status": "succeeded", "metadata": tags(form), "last_payment_error": None,
        }  # fmt: skip


def tags(form: dict[str, str], name: str = "metadata") -> dict[str, str]:
    """What stands under ``metadata[…]``."""
    return {key[len(name) + 1 : -1]: value for key, value in form.items() if key.startswith(f"{name}[")}


def event(id_: str, type_: str, thing: dict[str, Any]) -> bytes:
    """An event as it is delivered."""
    return json.dumps({
        "id": id_, "object": "event", "api_version": "2024-06-20", "created": 1_790_000_000, "livemode": False,
        "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": type_,
        "data": {"object": thing},
    }).encode()  # fmt: skip


def signed(body: bytes, *secrets: str, at: float | None = None) -> dict[str, str]:
    """The header of a delivery, one signature for each secret."""
    stamp = str(int(time.time() if at is None else at))
    given = [hmac.new(s.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest() for s in secrets]
    return {"Stripe-Signature": ",".join([f"t={stamp}", *(f"v1={value}" for value in given), "v0=old"])}


@contextmanager
def serving() -> Iterator[Stripe]:
    """The double, listening."""
    double = Stripe()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            assert headers["content-type"] == "application/x-www-form-urlencoded"
            status, data = double.answer(self.path, headers, dict(parse_qsl(text, strict_parsing=True)))
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
