"""Is the book right?"""

from __future__ import annotations

from starlette.responses import Response

from setia.api.door import Call, Door, reply
from setia.api.scopes import Scope
from setia.ledger.verify import verify
from setia.programmes.store import fetch_programme

door = Door("/v1/admin", "Admin")


@door.post(
    "/programmes/{programme}/verify", Scope.ADMIN_VERIFY, "Check the book of a programme", gives="Verdict",
    answer={"clean": True, "findings": []}, fails=("not_found",), seconds=600.0,
)  # fmt: skip
async def check_book(call: Call) -> Response:
    """Every sum, lot, hold and number is computed again from the entries and compared. It changes nothing."""
    async with call.services.pool.connection() as conn:
        programme = (await fetch_programme(conn, call.programme)).id
        await conn.commit()
        findings = await verify(conn, programme)
    found = [{"code": finding.code, "message": finding.message, "data": finding.data} for finding in findings]
    return reply({"clean": not found, "findings": found})
