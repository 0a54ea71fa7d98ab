"""What a play leaves behind in the member's memory, and what is told of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from setia.flow.apply import announce
from setia.flow.work import Decision, MemberWork, Version
from setia.rules.contests import OF_CONTESTS
from setia.state.progress import Before
from setia.values.codes import Account, Built, EventName
from setia.values.instants import local_date

NOW_ONLY: Final = OF_CONTESTS | {Built.PLAYED.value, Built.ENTERED.value}
"""Activities that happen when they come in, whatever clock the caller has: else yesterday's play would be open."""
NEVER_TRIED: Final = frozenset((Built.PLAYED.value,))
"""What is not shown before it counts: who saw where the wheel stops would turn it only then."""
MOST_PLAYED: Final = 100
"""Of so many plays, the last ones, it is remembered from which lots they were paid, so that a return can say so or
undo them."""


def note_play(member: MemberWork, version: Version, decision: Decision) -> None:
    """Remember a game that was played or a draw that was entered, and announce it."""
    activity, progress, play = decision.activity, member.progress, decision.result.play
    if "draw" in play:
        name = play["draw"]
        progress.entered[name] = progress.entered.get(name, 0) + play["tickets"]
        announce(decision, member, EventName.DRAW_ENTERED, {"draw": name, "tickets": play["tickets"]})
        decision.answer["entry"] = {"draw": name, "tickets": play["tickets"], "entered": progress.entered[name]}
        return
    name, prize = play["game"], play["prize"]
    if "drawn" in activity.body:
        progress.visitor = activity.body["drawn"]["visitor"]
    else:
        progress.plays += 1
        day = local_date(activity.occurred_at, version.programme.zone)
        progress.games[name] = Before(activity.occurred_at, day.toordinal(), play.get("streak", 0))
        for entry in decision.entries:
            if entry.credit is Account.REDEEMED and entry.lot is not None and entry.rule == name:
                progress.played.append((entry.lot, name, prize, activity.id.hex))
        del progress.played[:-MOST_PLAYED]
    decision.answer["play"] = {key: play[key] for key in ("game", "prize", "shown", "free")}
    announce(decision, member, EventName.GAME_PLAYED, {"game": name, "prize": prize})


def tell_played(holders: Iterable[MemberWork], decision: Decision, sale: UUID) -> None:
    """Of a return: the plays for which units of the sale were used. Those that were not undone stay played, and what
    they won stays."""
    played = {
        id_: {"game": game, "prize": prize}
        for member in holders
        for number, game, prize, id_ in member.progress.played
        if (lot := member.wallet.lots.get(number)) is not None and lot.origin == sale
    }
    if played:
        decision.answer["played"] = list(played.values())


def tell_won(member: MemberWork, decision: Decision) -> None:
    """Announce the prize of a draw."""
    body = decision.activity.body
    announce(decision, member, EventName.DRAW_SETTLED, {name: body[name] for name in ("draw", "place", "reward")})
