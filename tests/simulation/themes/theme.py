"""What a theme is, and what its auditors share."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.simulation.auditor import Auditor, Member
from tests.simulation.programmes import COMMON, OPENED, Known
from tests.simulation.shop import Shop

View = dict[str, Any]
"""Everything that can be looked at, by a path that a person can read."""


class Keeper(Auditor):
    """An auditor that can be asked for everything at once. ``told``: what the last step's receipt has to say."""

    facts: ClassVar[Known] = {}

    def __init__(self) -> None:
        super().__init__([(OPENED, {**COMMON, **self.facts})])
        self.told: dict[str, Any] = {}
        self.depth = 0

    def handle(self, step: dict[str, Any]) -> str:
        """Book a step, and the returns that waited for it."""
        self.depth += 1
        status = super().handle(step)
        self.depth -= 1
        return status

    def say(self, **said: Any) -> None:
        """Put something on the receipt of the step itself; a return that waited for it has a receipt of its own."""
        if self.depth == 1:
            self.told |= said

    def tell(self, step: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Book a step; its status and what its receipt says."""
        self.told = {}
        status = self.handle(step)
        return status, self.told if status == "accepted" else {}

    def advance_rest(self, now: dt.datetime) -> None:
        """Work off the clock of all that is no member."""

    def view(self) -> View:
        """Everything as it should be now."""
        found: View = {}
        for number, member in enumerate(self.members):
            found[f"member {number}: points"] = self.balance(number)
            found[f"member {number}: lots"] = self.lots(number)
            found |= self.view_of(f"member {number}", member)
        return found | self.view_of_house()

    def view_of(self, who: str, member: Member) -> View:
        """What a member has beside points."""
        return {}

    def statement(self) -> View:
        """What is settled with others; looked at when the clock is worked off."""
        return {}

    def view_of_house(self) -> View:
        """What is scarce for everybody."""
        return {}


@dataclass(frozen=True)
class Theme:
    """A programme, the life of its shop by chance, and who keeps its books by hand."""

    name: str
    text: str
    shop: Callable[[int], Shop]
    keeper: Callable[[], Keeper]
