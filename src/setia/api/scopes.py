"""Who may ask what: three audiences, and a closed list of scopes for each."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Audience(StrEnum):
    """Whom a key is for; a key of one audience never opens a route of another."""

    TILL = "till"
    MEMBER = "member"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a key may do. The word before the colon is the audience."""

    TILL_IDENTIFY = "till:identify"
    TILL_JOIN = "till:join"
    TILL_QUOTE = "till:quote"
    TILL_PURCHASE = "till:purchase"
    TILL_RETURN = "till:return"
    TILL_HOLD = "till:hold"
    TILL_REDEEM = "till:redeem"
    TILL_PLANS = "till:plans"
    TILL_ACTIVITIES = "till:activities"
    TILL_VISITORS = "till:visitors"
    MEMBER_READ = "member:read"
    MEMBER_REDEEM = "member:redeem"
    MEMBER_PLAY = "member:play"
    MEMBER_PLANS = "member:plans"
    MEMBER_ERASE = "member:erase"
    ADMIN_PROGRAMMES_READ = "admin:programmes.read"
    ADMIN_PROGRAMMES_WRITE = "admin:programmes.write"
    ADMIN_PROGRAMMES_PUBLISH = "admin:programmes.publish"
    ADMIN_MEMBERS_READ = "admin:members.read"
    ADMIN_MEMBERS_WRITE = "admin:members.write"
    ADMIN_MEMBERS_ERASE = "admin:members.erase"
    ADMIN_BALANCES_ADJUST = "admin:balances.adjust"
    ADMIN_PAYMENTS = "admin:payments"
    ADMIN_EVENTS_READ = "admin:events.read"
    ADMIN_SETTLEMENTS_READ = "admin:settlements.read"
    ADMIN_SETTLEMENTS_WRITE = "admin:settlements.write"
    ADMIN_KEYS = "admin:keys"
    ADMIN_VERIFY = "admin:verify"
    ADMIN_DRAWS = "admin:draws"
    ADMIN_CONTESTS = "admin:contests"
    ADMIN_WEBHOOKS = "admin:webhooks"

    @property
    def audience(self) -> Audience:
        """The audience whose keys can have this scope."""
        return Audience(self.value.partition(":")[0])


SCOPES: Final[dict[Audience, tuple[Scope, ...]]] = {
    audience: tuple(scope for scope in Scope if scope.audience is audience) for audience in Audience
}
