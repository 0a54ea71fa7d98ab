"""What the demo does at last: serve, with keys to try."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any, Final

from rich.console import Console

from setia.api.keys import create_key
from setia.api.scopes import Audience
from setia.app import Services
from setia.cli._database import services
from setia.cli.serve import listen, serve
from setia.plumbing.settings import Settings, load_settings
from setia.values.ids import public_id

_MEMBER: Final = """
    SELECT b.member_id, i.value FROM balances b
    JOIN member_identifiers i ON i.member_id = b.member_id AND i.kind = 'external'
    WHERE b.programme_id = %s ORDER BY b.available DESC, b.pending DESC, b.member_id LIMIT 1"""


def serve_with_keys(console: Console, settings: Settings, dsn: str, port: int | None) -> None:
    """Make a key for each audience, show how to use it, and serve until Ctrl-C."""
    chosen = settings if port is None else load_settings(port=port)
    with closing(listen(chosen)) as sock:
        address = f"http://{chosen.host}:{sock.getsockname()[1]}"
        for line in asyncio.run(_lines(settings, dsn, address)):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        serve(chosen, dsn, sock)


async def _lines(settings: Settings, dsn: str, address: str) -> list[str]:
    async with services(settings, dsn) as found:
        programme, member, external = await _somebody(found)
        keys: dict[Audience, str] = {}
        async with found.pool.connection() as conn:
            now = found.clock.now()
            bound: dict[Audience, dict[str, Any]] = {
                Audience.TILL: {"programme": programme},
                Audience.MEMBER: {"programme": programme, "member_id": member},
                Audience.ADMIN: {},
            }
            for audience, binding in bound.items():
                _, keys[audience] = await create_key(
                    conn, audience, f"demo {audience}", at=now, by="setia demo", **binding
                )

    def curl(audience: Audience, path: str) -> str:
        return f"  curl -s {address}{path} -H 'Authorization: Bearer {keys[audience]}'"

    basket = (
        f'{{"member": {{"external_id": "{external}"}}, '
        '"lines": [{"sku": "1082185", "category": "PRODUCE", "amount": "12.50"}]}'
    )
    return [
        "",
        f"Setia serves {address} (documentation: {address}/docs); Ctrl-C ends it.",
        "",
        f"A till asks what a basket would bring {external}:",
        f"{curl(Audience.TILL, '/v1/till/quotes')} -H 'Content-Type: application/json' -d '{basket}'",
        "",
        "The member looks at their points:",
        curl(Audience.MEMBER, "/v1/member/balance"),
        "",
        "The operator looks at why:",
        curl(Audience.ADMIN, f"/v1/admin/programmes/{programme}/members/{public_id('mem', member)}/history"),
        "",
    ]


async def _somebody(found: Services) -> tuple[str, Any, str]:
    """The programme, and a member who has something to look at: id and external id."""
    async with found.pool.connection() as conn:
        row = await (await conn.execute("SELECT id, name FROM programmes ORDER BY id LIMIT 1")).fetchone()
        assert row is not None
        programme_id, name = row
        somebody = await (await conn.execute(_MEMBER, [programme_id])).fetchone()
        assert somebody is not None
    return name, somebody[0], somebody[1]
