"""Members who bring friends: codes, review, and what a friend who stays sets off at the referrer. Pure.

The referral stands with the friend. What the referrer is like is looked at without locking (``Gathered.peeks``), so a
moment later it may be otherwise: what has to be exact (how many friends in a window) the referrer's own decision says,
and it looks again when the friend qualifies.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from setia.flow.apply import announce
from setia.flow.work import Decision, Gathered, MemberWork, Version, peek, send_onward
from setia.language.friends import Referral
from setia.rules.facts import member_env
from setia.rules.rulebook import rulebook
from setia.state.bringing import HELD, OPEN, QUALIFIED, REFUSED, Brought, note_return, safe_at
from setia.state.bringing import note_purchase as remember
from setia.state.progress import Progress
from setia.values.activities import Body
from setia.values.codes import Built, DeclineCode, EventName
from setia.values.instants import Until, deadline, local_date
from setia.values.outcomes import Declined, Result

JOINED = "referral.joined"
FRIEND_STAYS = "referral.qualified"
_PRINTS_KEPT = 10
_FRIENDS = "referral/friends"
"""The key under which a referrer's friends are counted among the limits."""


def claim(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A member brings the code of whoever brought them."""
    return come(gathered, member, version, decision, decision.activity.body["code"])


def come(gathered: Gathered, member: MemberWork, version: Version, decision: Decision, code: str) -> Declined | None:
    """The member came by ``code``: from now on their purchases are looked at; or why not."""
    policy, activity, progress = version.programme.referral, decision.activity, member.progress
    referrer = gathered.referrers.get(code)
    seen = None if referrer is None else peek(gathered, referrer)
    if policy is None or referrer is None or seen is None:
        return Declined(DeclineCode.REFERRAL_CODE_UNKNOWN, {"code": code})
    if referrer == member.id:
        return Declined(DeclineCode.REFERRER_NOT_PERMITTED_TO_REDEEM, {"code": code})
    brought = progress.brought or Brought()
    if brought.by is not None:
        return Declined(DeclineCode.REFERRAL_ALREADY_CLAIMED, {})
    until = deadline(progress.joined_at, policy.claim_within, Until.END_OF_DAY, version.programme.zone)
    if activity.occurred_at >= until or brought.bought:
        return Declined(DeclineCode.REFERRAL_WINDOW_CLOSED, {"until": until.isoformat()})
    if seen.is_blocked or not _may_refer(version, policy, seen.progress, activity.occurred_at):
        return Declined(DeclineCode.REFERRER_NOT_ELIGIBLE, {"code": code})
    brought.by, brought.state, brought.claimed_at = referrer, OPEN, activity.occurred_at
    progress.brought = brought
    note_prints(member, version, activity.body)
    announce(decision, member, EventName.REFERRAL_JOINED, {"referrer": referrer.hex})
    why = suspicions(gathered, version, member)
    if policy.friends is not None and _friends_at(version, policy, seen.progress, activity.occurred_at) >= (
        policy.friends.amount
    ):
        why.append("velocity")
    if why:
        _hold(member, decision, why)
    else:
        _greet(brought, decision)
    send_onward(decision, referrer, Built.FRIEND_JOINED.value, {"friend": member.id.hex})
    decision.answer["referral"] = {"state": brought.state}
    return None


def friend_joined(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A friend came by this member's code: they are counted, and one too many is held."""
    policy, activity, progress = version.programme.referral, decision.activity, member.progress
    if policy is None or policy.friends is None:
        return None
    day = local_date(activity.occurred_at, version.programme.zone)
    buckets = progress.limits.setdefault(_FRIENDS, {})
    bucket = policy.friends.window.bucket(day, progress.joined_on)
    buckets[bucket] = buckets.get(bucket, 0) + 1
    if _friends_at(version, policy, progress, activity.occurred_at) > policy.friends.amount:
        friend = UUID(hex=activity.body["friend"])
        send_onward(decision, friend, Built.REFERRAL_FLAGGED.value, {"why": ["velocity"]})
    return None


def flag(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """The referrer's side found something wrong with this referral."""
    brought = member.progress.brought
    if brought is not None and brought.state == OPEN:
        _hold(member, decision, list(decision.activity.body["why"]))
    return None


def review(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Somebody has looked at a referral that was held: it goes on, or is refused for good."""
    brought, activity = member.progress.brought, decision.activity
    if brought is None or brought.state != HELD:
        state = "" if brought is None else brought.state
        return Declined(DeclineCode.REFERRAL_NOT_HELD, {"state": state})
    decision.answer["referral"] = {"why": list(brought.why)}
    if activity.body["action"] == "refuse":
        brought.state, brought.settled_at = REFUSED, activity.recorded_at
    else:
        brought.excused = sorted({*brought.excused, *brought.why})
        brought.state, brought.why, brought.not_before = OPEN, [], activity.recorded_at
        if not brought.is_greeted:
            _greet(brought, decision)
    decision.answer["referral"]["state"] = brought.state
    announce(decision, member, EventName.REFERRAL_REVIEWED, {"state": brought.state})
    return None


def friend_qualified(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A friend of this member has bought and kept it; the rules are asked next what that gives."""
    brought = member.progress.brought = member.progress.brought or Brought()
    brought.friends += 1
    decision.activity.body = {**decision.activity.body, "number": brought.friends}
    data = {"friend": decision.activity.body["friend"], "number": brought.friends}
    announce(decision, member, EventName.FRIEND_QUALIFIED, data)
    return None


def fall_due(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> None:
    """The friend's purchase cannot go back any more: they qualify, unless there is something to look at."""
    brought, activity = member.progress.brought, decision.activity
    assert brought is not None and brought.by is not None
    why = suspicions(gathered, version, member)
    if why:
        _hold(member, decision, why)
        return
    brought.state, brought.settled_at, brought.sales = QUALIFIED, activity.occurred_at, []
    decision.follow.append((FRIEND_STAYS, {}))
    announce(decision, member, EventName.REFERRAL_QUALIFIED, {"referrer": brought.by.hex})
    send_onward(decision, brought.by, Built.FRIEND_QUALIFIED.value, {"friend": member.id.hex})


def note_purchase(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> None:
    """Remember an accepted purchase: whose it may be by its prints, and whether a referral waits for it."""
    policy, activity = version.programme.referral, decision.activity
    if policy is None:
        return
    note_prints(member, version, activity.body)
    brought = member.progress.brought = member.progress.brought or Brought()
    counts = decision.result.brings
    remember(policy, brought, activity.id, activity.occurred_at, version.programme.zone, counts=counts)
    if brought.state == OPEN and "prints" in activity.body:
        why = suspicions(gathered, version, member)
        if why:
            _hold(member, decision, why)


def note_amendment(
    member: MemberWork, version: Version, sale: UUID, at: dt.datetime, old: Result, new: Result, *, is_void: bool
) -> None:
    """Remember what went back of a purchase, or that a revision made it one that counts."""
    policy, brought = version.programme.referral, member.progress.brought
    if policy is None or brought is None:
        return
    note_return(brought, sale, is_void=is_void, counts=new.brings)
    if new.brings and not old.brings:
        brought.sales.append((sale.hex, safe_at(policy, at, version.programme.zone)))


def note_prints(member: MemberWork, version: Version, body: Body) -> None:
    """Remember by what the member could be known; of each kind the last few."""
    policy = version.programme.referral
    if policy is None:
        return
    for kind, found in body.get("prints", {}).items():
        if kind in policy.same:
            kept = [one for one in member.progress.prints.get(kind, []) if one != found]
            member.progress.prints[kind] = [*kept, found][-_PRINTS_KEPT:]


def suspicions(gathered: Gathered, version: Version, member: MemberWork) -> list[str]:
    """What has to be looked at before anything is given for this friend, except what was excused before."""
    policy, brought = version.programme.referral, member.progress.brought
    if policy is None or brought is None or brought.by is None:
        return []
    seen = peek(gathered, brought.by)
    theirs = {} if seen is None else seen.progress.prints
    found = [
        f"same_{kind}"
        for kind in policy.same
        if set(theirs.get(kind, ())).intersection(member.progress.prints.get(kind, ()))
    ]
    if _is_ring(gathered, member.id, brought.by, policy.ring):
        found.append("ring")
    return [why for why in found if why not in brought.excused]


def _is_ring(gathered: Gathered, friend: UUID, referrer: UUID, longest: int) -> bool:
    """Whether the friend is among those who brought the referrer, so that the chain closes within ``longest``."""
    above: UUID | None = referrer
    for _ in range(longest - 1):
        seen = None if above is None else peek(gathered, above)
        above = None if seen is None or seen.progress.brought is None else seen.progress.brought.by
        if above == friend:
            return True
    return False


def _friends_at(version: Version, policy: Referral, progress: Progress, at: dt.datetime) -> int:
    assert policy.friends is not None
    day = local_date(at, version.programme.zone)
    return policy.friends.window.value(progress.limits.get(_FRIENDS, {}), day, progress.joined_on)


def _may_refer(version: Version, policy: Referral, progress: Progress, at: dt.datetime) -> bool:
    if policy.who is None:
        return True
    env = member_env(version.programme, progress.joined_on, progress.attributes, at)
    tiers = version.programme.tiers
    if tiers is not None:
        env |= rulebook(version.programme).tier_env.get(progress.tier_at(at) or tiers.levels[0].name, {})
    return policy.who.test(env)


def _greet(brought: Brought, decision: Decision) -> None:
    brought.is_greeted = True
    decision.follow.append((JOINED, {}))


def _hold(member: MemberWork, decision: Decision, why: list[str]) -> None:
    brought = member.progress.brought
    assert brought is not None and brought.by is not None
    brought.state, brought.why = HELD, why
    member.is_touched = True
    decision.answer["referral"] = {"state": HELD, "why": why}
    announce(decision, member, EventName.REFERRAL_HELD, {"referrer": brought.by.hex})
