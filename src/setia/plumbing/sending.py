"""Sending a signed message to an address that others chose: Standard Webhooks, and no way into our own network."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpx
from standardwebhooks.webhooks import Webhook

import setia

BODY_LIMIT = 64 * 1024
"""How much of an answer is read at most, in bytes."""
URL_LIMIT = 2000

_ADDRESS_SECONDS = 60.0
_EXCERPT = 300
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class UrlRefused(ValueError):
    """A URL to which nothing is sent; the message says why and what would be accepted."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one attempt. ``status`` None: there was no answer. ``error``: "" when it arrived.

    ``is_gone``: the receiver said that it wants nothing any more (410).
    """

    status: int | None
    error: str = ""

    @property
    def is_delivered(self) -> bool:
        return not self.error

    @property
    def is_gone(self) -> bool:
        return self.status == 410


def check_url(url: str, *, allow_private: bool) -> None:
    """Raise ``UrlRefused`` unless ``url`` may be an endpoint, as far as its text tells (names are looked up later)."""
    if len(url) > URL_LIMIT:
        raise UrlRefused(f"a URL of {len(url)} characters; at most {URL_LIMIT}")
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise UrlRefused("a URL has no spaces or control characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise UrlRefused(f"this is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise UrlRefused("expected a URL like https://example.com/hooks/setia")
    if parts.scheme == "http" and not allow_private:
        raise UrlRefused("http is not encrypted; use https (SETIA_WEBHOOK_ALLOW_PRIVATE=true allows http for trials)")
    if parts.username is not None or parts.password is not None:
        raise UrlRefused("a URL with a name or password in it; deliveries prove themselves by their signature")
    if parts.fragment:
        raise UrlRefused("a URL with a part after '#', which would never be sent")
    literal = _literal(host)
    if not allow_private and (host == "localhost" or host.endswith(".localhost")):
        raise UrlRefused(_private(host))
    if not allow_private and literal is not None and not _is_public(literal):
        raise UrlRefused(_private(host))


def sign(secrets: Sequence[str], message_id: str, at: dt.datetime, body: str) -> dict[str, str]:
    """The headers of Standard Webhooks, with one signature for each secret."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in secrets),
    }


class Sender:
    """Sends to one URL, over connections of its own: what it waits for keeps nobody else waiting.

    ``seconds``: for everything, from looking up the name to the last byte of the answer. The name is looked up here,
    and the connection goes to the address that was checked, whatever the name means a moment later.
    """

    def __init__(self, url: str, *, seconds: float, connections: int, allow_private: bool) -> None:
        self.url = url
        self._target = httpx.URL(url)
        self._seconds = seconds
        self._allow_private = allow_private
        self._address = ""
        self._looked_up_at = -_ADDRESS_SECONDS
        self._client = httpx.AsyncClient(
            verify=_tls(),
            timeout=None,  # the whole attempt has its own limit
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"user-agent": f"Setia/{setia.__version__}", "accept": "*/*"},
        )

    async def send(self, body: str, headers: dict[str, str]) -> Reply:
        """One attempt. It arrived when the receiver answered with a status between 200 and 299."""
        try:
            check_url(self.url, allow_private=self._allow_private)
            async with asyncio.timeout(self._seconds):
                return await self._send(body, headers)
        except TimeoutError:
            self._looked_up_at = -_ADDRESS_SECONDS
            return Reply(None, f"no answer within {self._seconds:g} seconds")
        except UrlRefused as error:
            return Reply(None, f"refused to send: {error}")
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            self._looked_up_at = -_ADDRESS_SECONDS
            return Reply(None, f"{type(error).__name__}: {error}".rstrip(": "))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _send(self, body: str, headers: dict[str, str]) -> Reply:
        host = self._target.host
        address = await self._resolve(host)
        request = self._client.build_request(
            "POST",
            self._target.copy_with(host=address),
            content=body.encode(),
            headers={**headers, "content-type": "application/json", "host": self._target.netloc.decode("ascii")},
            extensions={"sni_hostname": host} if _literal(host) is None else {},
        )
        response = await self._client.send(request, stream=True)
        try:
            answer = bytearray()
            # Raw: a small compressed answer must not become a large one in our memory.
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > BODY_LIMIT:
                    break
        finally:
            await response.aclose()
        if response.is_success:
            return Reply(response.status_code)
        said = bytes(answer[:_EXCERPT]).decode("utf-8", "replace").replace("\x00", "").strip()
        if response.is_redirect:
            said = "redirects are not followed; give the endpoint its final URL"
        return Reply(response.status_code, f"HTTP {response.status_code}: {said}".rstrip(": "))

    async def _resolve(self, host: str) -> str:
        if time.monotonic() - self._looked_up_at < _ADDRESS_SECONDS:
            return self._address
        found = await addresses_of(host, self._target.port or 443)
        bad = next((address for address in found if not self._allow_private and not _is_public(address)), None)
        if bad is not None:
            raise UrlRefused(_private(f"{host} ({bad})"))
        self._address = str(found[0])
        self._looked_up_at = time.monotonic()
        return self._address


async def check_host(url: str, *, allow_private: bool) -> None:
    """Raise ``UrlRefused`` when the name in ``url`` leads to a private address now. A name unknown yet is let through:
    every attempt checks again."""
    host = httpx.URL(url).host
    if allow_private:
        return
    try:
        async with asyncio.timeout(3):
            found = await addresses_of(host, 443)
    except (OSError, TimeoutError, UnicodeError):
        return
    if not all(_is_public(address) for address in found):
        raise UrlRefused(_private(host))


async def addresses_of(host: str, port: int) -> list[_Address]:
    """All addresses of a name, or the address itself. Raises ``OSError`` when there is none."""
    literal = _literal(host)
    if literal is not None:
        return [literal]
    loop = asyncio.get_running_loop()

    def look_up() -> list[_Address]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]

    addresses = list(dict.fromkeys(await loop.run_in_executor(_resolvers(), look_up)))
    if not addresses:
        raise socket.gaierror(f"the name {host} has no address")
    return addresses


def _is_public(address: _Address) -> bool:
    """Whether an address, and the older one that may be wrapped in it, is out in the world."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _private(host: str) -> str:
    return (
        f"{host} is an address inside a private network; use one that the internet can reach "
        "(SETIA_WEBHOOK_ALLOW_PRIVATE=true allows private addresses for trials)"
    )


@cache
def _tls() -> ssl.SSLContext:
    """One for all senders: reading the authorities takes longer than an attempt."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def _resolvers() -> ThreadPoolExecutor:
    """Threads of their own, so that a slow name server holds up nothing else."""
    return ThreadPoolExecutor(32, thread_name_prefix="setia-resolve")
