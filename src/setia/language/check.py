"""Whether a programme makes sense as a whole: a list of small checks, each of which returns all its findings.

They run on a programme whose parts are all sound. What they refuse is mostly what would have no effect: a setting that
does nothing is a promise that somebody believes in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from setia.language import (
    check_exchanges,
    check_loops,
    check_money,
    check_partners,
    check_plans,
    check_referral,
    check_rules,
    check_tiers,
    check_units,
)
from setia.language.diagnostics import Diagnostic
from setia.language.model import Programme
from setia.language.nodes import Places

Check = Callable[[Programme, Places], list[Diagnostic]]

CHECKS: Final[tuple[Check, ...]] = (
    *check_units.CHECKS,
    *check_money.CHECKS,
    *check_tiers.CHECKS,
    *check_plans.CHECKS,
    *check_rules.CHECKS,
    *check_partners.CHECKS,
    *check_exchanges.CHECKS,
    *check_loops.CHECKS,
    *check_referral.CHECKS,
)


def check(programme: Programme, places: Places) -> list[Diagnostic]:
    """Return what all checks find."""
    return [found for one in CHECKS for found in one(programme, places)]
