"""The table at the end of the demo: what a book holds, counted in the database and not in what was sent to it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from rich.table import Table

from setia.app import Services
from setia.language.model import Programme
from setia.values.codes import Account, Built
from setia.values.money import format_scaled

_ACTIVITIES: Final = """
    SELECT count(*) FILTER (WHERE type = %(purchase)s), count(*) FILTER (WHERE type = ANY (%(returns)s))
    FROM activities WHERE programme_id = %(programme)s AND status = 'accepted'"""
_POINTS: Final = """
    SELECT coalesce(sum(amount) FILTER (WHERE debit = %(issued)s), 0)::bigint,
           coalesce(sum(amount) FILTER (WHERE credit = %(redeemed)s), 0)::bigint
             - coalesce(sum(amount) FILTER (WHERE debit = %(redeemed)s), 0)::bigint,
           coalesce(sum(amount) FILTER (WHERE credit = %(expired)s), 0)::bigint
             - coalesce(sum(amount) FILTER (WHERE debit = %(expired)s), 0)::bigint
    FROM entries WHERE programme_id = %(programme)s AND unit = %(unit)s"""
_OUTSTANDING: Final = """
    SELECT coalesce(sum(available + pending + held + debt), 0)::bigint
    FROM balances WHERE programme_id = %s AND unit = %s"""
_TIERS: Final = """
    SELECT tier, count(*) FROM member_states
    WHERE programme_id = %s AND progress IS NOT NULL AND member_id < 'ffffffff-0000-0000-0000-000000000000'
    GROUP BY tier"""


async def count(services: Services, programme_name: str) -> dict[str, Any]:
    """The figures of a programme's first unit, by the names that the demo's JSON has; units as the unit writes them."""
    edition = await services.edition(programme_name)
    programme = edition.versions[-1].programme
    unit = next(iter(programme.units.values()))
    async with services.pool.connection() as conn:
        bound: dict[str, Any] = {
            "programme": edition.id,
            "unit": unit.name,
            "purchase": Built.PURCHASE.value,
            "returns": [Built.RETURN.value, Built.CANCEL.value],
            "issued": Account.ISSUED.value,
            "redeemed": Account.REDEEMED.value,
            "expired": Account.EXPIRED.value,
        }
        row = await (await conn.execute(_ACTIVITIES, bound)).fetchone()
        assert row is not None
        purchases, returns = row
        row = await (await conn.execute(_POINTS, bound)).fetchone()
        assert row is not None
        issued, redeemed, expired = row
        row = await (await conn.execute(_OUTSTANDING, [edition.id, unit.name])).fetchone()
        assert row is not None
        outstanding = row[0]
        tiers: dict[str, int] = dict(await (await conn.execute(_TIERS, [edition.id])).fetchall())
    levels = [level.name for level in programme.tiers.levels] if programme.tiers is not None else list(tiers)
    return {
        "members": sum(tiers.values()),
        "purchases": purchases,
        "returns": returns,
        "points_issued": _units(issued, unit.decimals),
        "points_redeemed": _units(redeemed, unit.decimals),
        "points_expired": _units(expired, unit.decimals),
        "points_outstanding": _units(outstanding, unit.decimals),
        "liability": {"amount": liability(outstanding, programme), "currency": programme.currency},
        "members_per_tier": {name: tiers.get(name, 0) for name in levels},
    }


def liability(outstanding: int, programme: Programme) -> str:
    """What the first unit's outstanding steps are worth in the books, rounded to the minor unit of money."""
    unit = next(iter(programme.units.values()))
    return format_scaled(round(Fraction(outstanding, 10**unit.decimals) * unit.worth), programme.currency_decimals)


def _units(steps: int, decimals: int) -> int | str:
    return format_scaled(steps, decimals) if decimals else steps


def table(figures: dict[str, Any]) -> Table:
    """The figures for people."""
    found = Table(show_header=False, title="A year in the book", title_justify="left", title_style="bold")
    found.add_column(style="bold")
    found.add_column(justify="right")
    for key, value in figures.items():
        if key == "members_per_tier":
            for tier, members in value.items():
                found.add_row(f"members in {tier}", f"{members:,}")
        elif key == "liability":
            found.add_row("liability", f"{value['amount']} {value['currency']}")
        elif key == "verify":
            found.add_row("verify", value if isinstance(value, str) else f"{len(value)} findings", end_section=True)
        else:
            shown = f"{value:,.0f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
            found.add_row(key.replace("_", " "), shown)
    return found
