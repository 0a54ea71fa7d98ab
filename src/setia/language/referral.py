"""Reading ``referral:``: members bring friends."""

from __future__ import annotations

from typing import Final

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.friends import Crowd, Referral
from setia.language.nodes import Scalar
from setia.language.sections import Section, read_scalar
from setia.language.units import read_window_of
from setia.language.words import read_choice
from setia.values.codes import Built
from setia.values.instants import Span, Step
from setia.values.prints import KINDS

EXAMPLE: Final = "referral: {when: purchase.total >= 50, wait: 14 days}"
_LONGEST_RING: Final = 10
_MOST_FRIENDS: Final = 100_000


def read_referral(top: Section, draft: Draft) -> Referral | None:
    """Read how a friend qualifies, who may bring one, and what is held for review."""
    section = top.section("referral", "referral", "'referral'")
    if section is None:
        return None
    section.close()
    vocabulary = draft.vocabulary
    link = section.text("link")
    if link is not None and "{code}" not in link:
        message = "the link has no place for the code"
        section.error(DiagnosticCode.LINK_WITHOUT_CODE, message, "link", "write {code} where it belongs")
    same, ring, friends = _read_hold(section, draft)
    return Referral(
        when=section.condition("when", vocabulary.metric_scope((Built.PURCHASE.value,))),
        first=section.flag("first", default=True),
        within=section.span("within"),
        wait=section.span("wait", required="wait: 14 days") or Span(14, Step.DAYS),
        claim_within=section.span("claim_within") or Span(30, Step.DAYS),
        who=section.condition("who", vocabulary.standing_scope()),
        link=link or "",
        same=same,
        ring=ring,
        friends=friends,
    )


def _read_hold(section: Section, draft: Draft) -> tuple[tuple[str, ...], int, Crowd | None]:
    default = Referral(wait=Span(14, Step.DAYS))
    hold = section.section("hold", "referral_hold", "'hold'")
    if hold is None:
        return default.same, default.ring, None
    hold.close()
    same = default.same
    if hold.has("same"):
        node = hold.find("same")
        if isinstance(node, Scalar) and node.text == "none":
            same = ()
        else:
            found = [read_scalar(s, lambda t: read_choice(t, KINDS), draft.findings) for s in hold.texts("same")]
            same = tuple(kind for kind in found if kind is not None)
    ring = hold.integer("ring", 2, _LONGEST_RING) or default.ring
    most = hold.integer("friends", 1, _MOST_FRIENDS)
    if not hold.has("friends"):
        if hold.has("per"):
            message = "'per' says in which time, but not how many friends"
            hold.error(DiagnosticCode.MISSING_KEY, message, "per", "add `friends: 10`, or take it out")
        return same, ring, None
    window = read_window_of(hold, "per", "hold: {friends: 10, per: day}")
    return same, ring, None if most is None or window is None else Crowd(most, window)
