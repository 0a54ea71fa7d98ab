"""Which programme a verb is about, when there is only one to choose from."""

from __future__ import annotations

from setia.app import Services
from setia.programmes.model import Edition
from setia.programmes.store import list_programmes
from setia.values.faults import Fault


class ProgrammeUnclear(Fault):
    """The book has no programme, or several and none was named."""

    code = "programme_unclear"


async def chosen_edition(services: Services, name: str | None) -> Edition:
    """The programme called ``name``, or the only one there is.

    Raises ``ProgrammeUnclear``, ``NotFound``, ``NotPublished``.
    """
    if name is not None:
        return await services.edition(name)
    async with services.pool.connection() as conn:
        names = [row.name for row in await list_programmes(conn) if row.latest]
    if len(names) == 1:
        return await services.edition(names[0])
    if not names:
        raise ProgrammeUnclear("nothing is published here yet; begin with `setia publish programme.yaml`")
    raise ProgrammeUnclear(f"there are several programmes; say which one with --programme: {', '.join(names)}")
