"""What one member's activity sets off at another, in memory: right after its cause, and on and on."""

import datetime as dt

import pytest

from setia.flow import kinds
from setia.flow.memory import MemoryBook
from setia.flow.work import Decision, Gathered, MemberWork, Version, send_onward
from setia.language.parse import load_programme
from setia.values.outcomes import Declined

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ASKED = "survey.answered"
PROGRAMME = """
programme: shop
currency: EUR
timezone: UTC
units: {points: {name: points}}
activities: {survey.answered: {fields: {score: integer}}}
rules: {survey: {on: survey.answered, give: {points: 10}}}
late: {accept: 1 day}
"""


def tell_everybody(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    score = decision.activity.body["score"]
    for other in gathered.members if score else ():
        if other != member.id:
            send_onward(decision, other, ASKED, {"score": score - 1})
    return None


def test_it_is_decided_after_its_cause_however_late_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, ASKED, kinds.Kind(tell_everybody, is_rated=True))  # type: ignore[arg-type]
    programme = load_programme(PROGRAMME).programme
    assert programme is not None
    book = MemoryBook([Version(1, AT, programme)])
    first, second = book.join(AT), book.join(AT)
    activity = book.activity(ASKED, first, AT + dt.timedelta(hours=1), {"score": 2})
    made = [d for d in book.handle(activity) if d.activity.type == ASKED]
    assert [(d.activity.source, d.activity.member_id, d.status) for d in made] == [
        ("memory", first.id, "accepted"),
        ("onward", second.id, "accepted"),
        ("onward", first.id, "accepted"),
    ]
    assert [member.wallet.balance("points").available for member in (first, second)] == [20, 10]
    # Its cause was taken in time, so it is not refused for having come late.
    late = book.activity(ASKED, second, AT + dt.timedelta(hours=1), {"score": 1})
    late.recorded_at = AT + dt.timedelta(hours=20)
    first.progress.settled_at = AT + dt.timedelta(days=9)
    assert [d.status for d in book.handle(late) if d.activity.type == ASKED] == ["accepted", "accepted"]
    assert book.handle(late)[-1].status == "duplicate"
