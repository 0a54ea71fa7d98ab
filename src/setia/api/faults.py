"""Faults that only the HTTP surface knows: about keys, limits and the form of a request."""

from __future__ import annotations

from typing import Any

from setia.values.faults import Conflict, Fault


class KeyMissing(Fault):
    """No bearer key came with the request."""

    code = "key_missing"

    def __init__(self) -> None:
        super().__init__("send a key: 'Authorization: Bearer setia_…'")


class KeyInvalid(Fault):
    """The bearer key is unknown, revoked or over; which of these is not told."""

    code = "key_invalid"

    def __init__(self) -> None:
        super().__init__("this key is unknown, revoked or expired; ask whoever runs this installation for a new one")


class ScopeMissing(Fault):
    """The key is good, but not for this."""

    code = "scope_missing"

    def __init__(self, scope: str, audience: str) -> None:
        super().__init__(f"this key is for {audience} and has no scope '{scope}'; use a key that has it", scope=scope)


class RouteUnknown(Fault):
    """There is nothing at this address."""

    code = "route_unknown"

    def __init__(self, path: str) -> None:
        super().__init__(f"there is nothing at {path[:200]}; /docs lists what there is")


class MethodNotAllowed(Fault):
    """The address is right, the method is not. ``allowed`` lists the methods."""

    code = "method_not_allowed"

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"{method[:20]} is not possible here; use {allowed}", allowed=allowed)


class MalformedJson(Fault):
    """The body is not JSON; ``line`` and ``column`` say where it stops being so, counted from 1."""

    code = "malformed_json"

    def __init__(self, why: str, **place: int) -> None:
        where = f" at line {place['line']}, column {place['column']}" if place else ""
        super().__init__(f"the body is not JSON{where}: {why}", **place)


class BodyTooLarge(Fault):
    """The body is larger than is read."""

    code = "body_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"the body is larger than {most:,} bytes; send it in parts", most=most)


class MediaTypeUnknown(Fault):
    """The body says that it is something else than JSON."""

    code = "media_type_unknown"

    def __init__(self, found: str) -> None:
        super().__init__(f"expected 'Content-Type: application/json', found '{found[:100]}'")


class VersionUnknown(Fault):
    """The request asks for a version of the API that there is not."""

    code = "version_unknown"

    def __init__(self, found: str, current: str) -> None:
        super().__init__(f"there is no API version '{found[:40]}'; this server speaks {current}", current=current)


class RateLimited(Fault):
    """The key asked too often; ``retry_after_seconds`` says when to come back."""

    code = "rate_limited"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            f"this key asks too often; wait {retry_after_seconds} s, or send activities in batches",
            retry_after_seconds=retry_after_seconds,
        )


class TimedOut(Fault):
    """The answer took too long; nothing is known of what became of the request."""

    code = "timed_out"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"no answer within {seconds:g} s; send the same request again, with the same Idempotency-Key",
            retry_after_seconds=2,
        )


class RevisionMissing(Fault):
    """What is edited by several people is saved only by who says which revision they edited."""

    code = "revision_missing"

    def __init__(self, what: str) -> None:
        super().__init__(f"say which revision of {what} was edited: If-Match with its ETag, or 'If-None-Match: *'")


class NotInLine(Fault):
    """There is no place in the line of a drop, or no pass that the step would need."""

    code = "not_in_line"

    def __init__(self, drop: str) -> None:
        super().__init__(
            f"there is no place in the line of '{drop}' for this: it is not open yet, or the place or the pass is gone;"
            " look at the drop, and stand in line",
            drop=drop,
        )


class ProgrammeInvalid(Fault):
    """A definition with errors cannot be published; ``diagnostics`` has all that is wrong with it."""

    code = "programme_invalid"

    def __init__(self, diagnostics: list[dict[str, Any]]) -> None:
        errors = sum(1 for found in diagnostics if found["severity"] == "error")
        super().__init__(f"the definition has {errors} error(s), see 'diagnostics'", diagnostics=diagnostics)


class NameMismatch(Conflict):
    """The definition is called otherwise than the address says."""

    code = "name_mismatch"

    def __init__(self, wanted: str, found: str) -> None:
        super().__init__(
            f"the address says '{wanted}', the definition 'programme: {found[:60]}'; make them the same",
            wanted=wanted,
            found=found,
        )


class NoProvider(Fault):
    """No payment provider of this name is set up here."""

    code = "provider_missing"

    def __init__(self) -> None:
        super().__init__("no such payment provider is set up here; payments are confirmed by hand")


class SignatureInvalid(Fault):
    """A message does not prove that it comes from the payment provider."""

    code = "signature_invalid"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; nothing was taken")
