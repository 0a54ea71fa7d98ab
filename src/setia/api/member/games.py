"""Games and draws as a member's app meets them."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.gaming import care_json, games_json, list_plays
from setia.api.queries import PAGE
from setia.api.reading import Problems, read_object, read_text
from setia.api.reads import find_edition, look
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.api.writing import Json, instant, text
from setia.flow.raffles import answer_offer, list_entries
from setia.values.codes import Built
from setia.values.draws import prove

door = Door("/v1/member", "Member")

_READ: Final = ("not_found", "programme_not_published")
_WRITE: Final = ("invalid", "idempotency_mismatch", "programme_paused", "member_blocked")
SOURCE: Final = "member"
PLAYED: Final = {
    "game": "lucky-wheel", "prize": "fifty", "shown": {"segment": 2, "of": 5}, "free": True,
}  # fmt: skip
PROOF: Final = {
    "algorithm": "setia-chance-1", "period": "2026-11-02", "commitment": "ab" * 32, "seed": None,
    "what": "game lucky-wheel", "who": examples.MEMBER, "nonce": "4", "client_seed": "mine", "below": [100],
    "numbers": [17],
}  # fmt: skip
GAME: Final = {
    "game": "lucky-wheel", "title": "The lucky wheel", "kind": "wheel", "is_chance": True, "costs": {"spins": 1},
    "free_left": 1, "can_play": True, "why_not": None, "streak": 0, "questions": [], "symbols": [],
    "odds": [{"prize": "fifty", "title": "fifty", "exact": "3/20", "percent": "15.00"}],
    "prizes": [{"prize": "fifty", "title": "fifty", "units": {"points": "50"}, "rewards": [], "from": None,
                "line": None}],
}  # fmt: skip


@door.get(
    "/games", Scope.MEMBER_READ, "What can I play, and how likely is what?", gives="Games",
    answer={"games": [GAME], "care": {"until": None, "limit": {"times": 3, "per": "day"}, "later": None,
                                      "later_at": None}},
    fails=_READ,
)  # fmt: skip
async def games(call: Call) -> Response:
    """Every game with its prizes, the odds of the table in force (what is gone does not count), and why not."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply({"games": games_json(picture, call.language), "care": care_json(picture)})


@door.post(
    "/plays", Scope.MEMBER_PLAY, "Play a game",
    sends="Play", example={"game": "lucky-wheel", "client_seed": "mine"}, gives="Decision",
    answer=examples.decided("game.played", play=PLAYED, changes={}),
    fails=(*_WRITE, "game_unknown", "game_not_eligible", "excluded_from_play", "own_limit_reached",
           "play_limit_reached", "played_too_soon", "insufficient_balance", "chance_key_missing"),
)  # fmt: skip
async def play(call: Call) -> Response:
    """The prize is booked before this is answered: whoever loses the answer finds it under `/plays` and in the wallet.

    Send an `Idempotency-Key`, so that a repeated request does not play again. `client_seed` (64 letters, digits, `.`,
    `-`, `_`) enters the draw; a quiz wants `answers`: question → answer.
    """
    _, data = split(call.body, Built.PLAYED.value)
    return await submit(call, Built.PLAYED.value, data, member_id=call.member_id, source=SOURCE)


@door.get(
    "/plays", Scope.MEMBER_READ, "What did I play, and was it fair?", gives="Plays",
    answer={"plays": [{"activity": examples.ACTIVITY, "at": examples.Z, **PLAYED, "gone": [], "proof": PROOF}]},
    queries=PAGE[:1], fails=("invalid", *_READ),
)  # fmt: skip
async def plays(call: Call) -> Response:
    """Newest first, each with all that is needed to recompute it; `seed` is there once its day is over."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = await list_plays(call.services, conn, edition, call.member_id, call.query["limit"])
    return reply({"plays": found})


@door.post(
    "/play-limits", Scope.MEMBER_PLAY, "Play less, or not at all for a while",
    sends="PlayLimit", example={"until": "2026-12-31"}, gives="Decision",
    answer=examples.decided("play.limited", changes={}), fails=(*_WRITE, "exclusion_not_shortened"),
)  # fmt: skip
async def limit_play(call: Call) -> Response:
    """`until`: no games of chance and no draws up to this day; it can be moved out, and never in.

    `limit`: so many games of chance a day, week or month; a tighter one holds at once, a looser one after 24 hours.
    """
    _, data = split(call.body, Built.LIMITED.value)
    return await submit(call, Built.LIMITED.value, data, member_id=call.member_id, source=SOURCE)


@door.get(
    "/draws", Scope.MEMBER_READ, "Which draws are there, and where do I stand?", gives="Draws",
    answer={"draws": [{"draw": "new-year", "title": "New year", "tickets": "tickets", "from": None,
                       "until": examples.Z, "state": "open", "entry": examples.ACTIVITY, "entered": 2, "at_most": 10,
                       "root": None, "proof": None, "place": None}]},
    fails=_READ,
)  # fmt: skip
async def draws(call: Call) -> Response:
    """My tickets in each draw, the code of my entry, and after closing the proof that it is in the published list."""
    picture = await look(call.services, call.programme, call.member_id)
    out: list[Json] = []
    async with call.services.pool.connection() as conn:
        for raffle in picture.programme.draws.values():
            entries = await list_entries(conn, picture.edition.id, raffle.name)
            index = next((n for n, (member, _) in enumerate(entries) if member == call.member_id), None)
            cursor = await conn.execute(
                "SELECT root, settled_at FROM draws WHERE programme_id = %s AND draw = %s",
                [picture.edition.id, raffle.name],
            )
            closed = await cursor.fetchone()
            cursor = await conn.execute(
                """SELECT place, reward, state, due_at FROM draw_places
                   WHERE programme_id = %s AND draw = %s AND member_id = %s""",
                [picture.edition.id, raffle.name, call.member_id],
            )
            place = await cursor.fetchone()
            state = "open" if closed is None else "closed" if closed[1] is None else "settled"
            out.append(
                {
                    "draw": raffle.name,
                    "title": text(raffle.title, call.language, raffle.name),
                    "tickets": raffle.unit,
                    "from": instant(raffle.start),
                    "until": instant(raffle.end),
                    "state": state,
                    "entry": None if index is None else entries[index][1].code,
                    "entered": 0 if index is None else entries[index][1].tickets,
                    "at_most": raffle.at_most,
                    "root": None if closed is None else closed[0],
                    "proof": None if index is None or closed is None else prove([e for _, e in entries], index),
                    "place": None if place is None else _place_json(place),
                }
            )
    return reply({"draws": out})


def _place_json(row: tuple[Any, ...]) -> Json:
    place, reward, state, due_at = row
    return {"place": place, "reward": reward, "state": state, "answer_by": instant(due_at)}


@door.post(
    "/entries", Scope.MEMBER_PLAY, "Enter a draw",
    sends="DrawEntry", example={"draw": "new-year", "tickets": 2}, gives="Decision",
    answer=examples.decided("draw.entered", spent=[{"unit": "tickets", "amount": 2, "for": "draw:new-year"}],
                            changes={"tickets": {"available": -2}}, entry={"draw": "new-year", "tickets": 2,
                                                                           "entered": 2}),
    fails=(*_WRITE, "draw_unknown", "draw_not_open", "draw_not_eligible", "draw_limit_reached", "excluded_from_play",
           "insufficient_balance"),
)  # fmt: skip
async def enter(call: Call) -> Response:
    """Tickets are units: they are taken from the wallet. The id of the first entry is the code of all of them."""
    _, data = split(call.body, Built.ENTERED.value)
    return await submit(call, Built.ENTERED.value, data, member_id=call.member_id, source=SOURCE)


@door.post(
    "/offers", Scope.MEMBER_PLAY, "Say yes to what I won", sends="Offer", example={"draw": "new-year"},
    gives="Offered", answer={"draw": "new-year", "place": 1, "reward": "scooter"}, fails=("invalid", "not_found"),
)  # fmt: skip
async def accept(call: Call) -> Response:
    """Where winners have to answer within a time; after it the next alternate is asked."""
    found = Problems()
    sent = read_object(call.body, ("draw",), found)
    name = read_text(sent.get("draw"), "/draw", found)
    found.raise_any()
    return reply(await answer_offer(call.services.engine, call.programme, name, call.member_id))
