import datetime as dt

from setia.flow.clock import due_at
from setia.flow.work import Gathered, MemberWork
from setia.ledger.lots import Lot, Wallet
from setia.rules.progress import Progress
from tests.pure.flow.shop import DAY, EARN, HEAD, NOBODY, OPENED, version


def test_what_was_not_gathered_is_not_forgotten_when_something_nearer_is_worked_off() -> None:
    gathered = Gathered([version(HEAD + EARN)])
    progress = Progress(dt.date(2026, 1, 1), OPENED, settled_at=OPENED, version=1)
    member = MemberWork(NOBODY, Wallet(), progress, due_at=OPENED + 30 * DAY, has_all_lots=False)
    late = Lot(1, "points", 5, 5, True, OPENED, OPENED + DAY, OPENED + 90 * DAY, NOBODY)
    member.wallet.lots[1] = late
    member.due_at = due_at(gathered, member, OPENED)
    assert member.due_at == OPENED + DAY
    late.is_pending, late.activates_at = False, None
    assert due_at(gathered, member, OPENED + 2 * DAY) == OPENED + 30 * DAY
