"""Games and draws as the surfaces show them: odds, what can be played, and what is needed to recompute a play."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any
from uuid import UUID

from setia.api.declines import message
from setia.api.reads import Picture
from setia.api.writing import Json, activity_id, instant, text, units
from setia.app import Services
from setia.flow.stored import ROW, Row, row_of
from setia.games.seeds import Committed
from setia.language.model import Game, Prize, Programme
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.rules.evaluate import Question, evaluate
from setia.rules.facts import collect
from setia.rules.games import KINDS
from setia.rules.luck import add_luck
from setia.rules.playing import odds
from setia.rules.rulebook import rulebook
from setia.state.progress import OwnLimit
from setia.values.activities import Activity
from setia.values.chance import ALGORITHM, Chance
from setia.values.codes import Built
from setia.values.ids import public_id
from setia.values.instants import local_date
from setia.values.outcomes import Declined

_SHOWN = Chance("", bytes(32))
"""Numbers for asking whether somebody could play; what they would land on is thrown away."""


def share_json(share: Fraction) -> Json:
    """A share, exactly and in percent with two decimals, cut off."""
    hundredths = share.numerator * 10_000 // share.denominator
    return {"exact": f"{share.numerator}/{share.denominator}", "percent": f"{hundredths // 100}.{hundredths % 100:02}"}


def odds_json(game: Game, house: dict[str, int], language: str) -> list[Json] | None:
    """How likely each prize is by the table in force; None for a game that is no chance."""
    found = odds(game, house)
    if found is None:
        return None
    return [
        {"prize": prize, "title": text(game.prizes[prize].title, language, prize) if prize else None,
         **share_json(share)}
        for prize, share in found.items()
    ]  # fmt: skip


def games_json(picture: Picture, language: str) -> list[Json]:
    """The games on offer to a member."""
    return [_game_json(picture, game, language) for game in picture.programme.games.values()]


def _game_json(picture: Picture, game: Game, language: str) -> Json:
    programme = picture.programme
    day = local_date(picture.now, programme.zone)
    free = None
    if game.free is not None:
        buckets = picture.progress.limits.get(f"free/{game.name}", {})
        used = game.free.window.value(buckets, day, picture.progress.joined_on)
        free = max(game.free.amount - used, 0)
    no = why_not(picture, game)
    before = picture.progress.games.get(game.name)
    return {
        "game": game.name,
        "title": text(game.title, language, game.name),
        "kind": game.kind,
        "is_chance": KINDS[game.kind].is_chance(game),
        "costs": {unit: units(programme, unit, steps) for unit, steps in game.costs.items()},
        "free_left": free,
        "can_play": no is None,
        "why_not": None if no is None else {"code": no.code.value, "message": message(programme, no.code, no.facts)},
        "odds": odds_json(game, picture.house, language),
        "prizes": [_prize_json(prize, language) for prize in game.prizes.values()],
        "questions": [
            {"question": question.name, "ask": text(question.ask, language, question.name),
             "answers": {name: text(words, language, name) for name, words in question.answers.items()}}
            for question in game.questions.values()
        ],
        "symbols": list(game.symbols),
        "streak": before.streak if before is not None and before.day >= day.toordinal() - 1 else 0,
    }  # fmt: skip


def _prize_json(prize: Prize, language: str) -> Json:
    gives = {give.unit: give.amount.source for give in prize.rule.gives if give.unit and give.amount}
    return {
        "prize": prize.name,
        "title": text(prize.title, language, prize.name),
        "units": gives,
        "rewards": [give.reward for give in prize.rule.gives if give.reward],
        "from": prize.least or None,
        "line": list(prize.line) or None,
    }


def why_not(picture: Picture, game: Game) -> Declined | None:
    """Why the member cannot play now: the same question that a play asks, with numbers that nobody sees."""
    book, kind = rulebook(picture.programme), Built.PLAYED.value
    body: dict[str, Any] = {"game": game.name}
    wallet = {unit: (balance.spendable, balance.pending) for unit, balance in picture.wallet.balances.items()}
    facts = collect(book, book.plan(kind), picture.progress, wallet, picture.house, body, picture.now)
    asked = Activity(UUID(int=0), kind, "", "", picture.member.id, picture.now, picture.now, body)
    add_luck(picture.programme, book.plan(kind), picture.progress, _SHOWN, asked, facts)
    return evaluate(Question(book, kind, body, picture.now, facts)).declined


def care_json(picture: Picture) -> Json:
    """What a member has asked for their own care."""
    care = picture.progress.care
    now = care.limit_at(picture.now)
    is_coming = care.later_at is not None and care.later_at > picture.now
    return {
        "until": None if care.until is None else care.until.isoformat(),
        "limit": _own_json(now),
        "later": _own_json(care.later) if is_coming else None,
        "later_at": instant(care.later_at) if is_coming else None,
    }


def _own_json(limit: OwnLimit | None) -> Json | None:
    return None if limit is None else {"times": limit.times, "per": limit.per}


async def list_plays(
    services: Services, conn: AsyncConnection, edition: Edition, member_id: UUID, limit: int
) -> list[Json]:
    """The member's plays, newest first, each with all that is needed to recompute it."""
    cursor = await conn.execute(
        f"""SELECT {ROW} FROM activities a
            WHERE a.member_id = %s AND a.programme_id = %s AND a.type = 'game.played' AND a.status = 'accepted'
            ORDER BY a.no DESC LIMIT %s""",  # noqa: S608 - ROW is a literal of ours
        [member_id, edition.id, limit],
    )
    rows = [row_of(row) for row in await cursor.fetchall()]
    committed = await services.engine.seeds.list_committed(conn, edition.id, services.clock.now(), limit=10_000)
    by_period = {found.period: found for found in committed}
    versions = {version.number: version.programme for version in edition.versions}
    return [_play_json(versions[row.version], row, by_period) for row in rows]


def _play_json(programme: Programme, row: Row, committed: dict[str, Committed]) -> Json:
    play, body = row.result.play, row.activity.body
    out: Json = {
        "activity": activity_id(row.activity.id),
        "at": instant(row.activity.occurred_at),
        "game": play["game"],
        "prize": play["prize"],
        "shown": play["shown"],
        "free": play["free"],
        "gone": play.get("gone", []),
        "proof": None,
    }
    game = programme.games[play["game"]]
    if "numbers" in play:
        found = committed.get(play["period"])
        who = body["drawn"]["visitor"] if "drawn" in body else public_id("mem", row.activity.member_id)
        out["proof"] = {
            "algorithm": ALGORITHM,
            "period": play["period"],
            "commitment": None if found is None else found.commitment,
            "seed": None if found is None else found.seed,
            "what": f"game {game.name}",
            "who": who,
            "nonce": str(play["nonce"]),
            "client_seed": body.get("client_seed", ""),
            "below": list(KINDS[game.kind].below(game)),
            "numbers": play["numbers"],
        }
    return out


def committed_json(found: Committed) -> Json:
    """A commitment as everybody may read it."""
    return {
        "period": found.period,
        "commitment": found.commitment,
        "published_at": _z(found.published_at),
        "ends_at": instant(found.ends_at),
        "seed": found.seed,
    }


def _z(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
