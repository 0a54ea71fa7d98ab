"""Reading ``games:`` and ``draws:``.

A kind of game is a file in ``rules/games`` and a line in ``SETTINGS_OF`` here, which says which settings it has beyond
those that every game has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.expressions import Scope
from setia.language.model import DrawPrize, Game, Limit, Prize, QuizQuestion, Raffle, Rule, Visitors
from setia.language.nodes import Mapping, Sequence
from setia.language.rules import read_costs, read_gives, read_in_zone
from setia.language.sections import Section, mapping_of, number_of, scalar_of, wrong_shape
from setia.language.units import read_window_of
from setia.language.words import listed, read_choice
from setia.values.codes import Built
from setia.values.instants import EVERY_DAY, LIFETIME
from setia.values.money import LARGEST

ANY: Final = "any"
"""In a line of a slot machine: whatever symbol."""
LIMIT_EXAMPLE: Final = "limit: {times: 3, per: day}"
MOST_WEIGHT: Final = 10**9
MOST_REELS: Final = 5
MOST_SYMBOLS: Final = 10


@dataclass(frozen=True, slots=True)
class SettingsOf:
    """What a kind of game is told with: ``own`` settings of the game, ``each`` of a prize, and whether it is chance."""

    own: tuple[str, ...]
    each: str
    is_chance: bool


SETTINGS_OF: Final[dict[str, SettingsOf]] = {
    "wheel": SettingsOf((), "weight", is_chance=True),
    "scratch": SettingsOf((), "weight", is_chance=True),
    "slots": SettingsOf(("reels", "symbols"), "line", is_chance=True),
    "quiz": SettingsOf(("questions",), "from", is_chance=False),
    "check_in": SettingsOf(("after",), "day", is_chance=False),
}
_ONCE: Final = {"quiz": Limit(None, 1, LIFETIME, "reject"), "check_in": Limit(None, 1, EVERY_DAY, "reject")}
"""How often these can be played where nothing is said."""
_EXAMPLES: Final = {"weight": "weight: 10", "line": "line: [seven, seven, seven]", "from": "from: 3", "day": "day: 7"}
_OWN: Final = tuple(dict.fromkeys(name for found in SETTINGS_OF.values() for name in found.own))
_EACH: Final = tuple(dict.fromkeys(found.each for found in SETTINGS_OF.values()))
_EVERY_GAME: Final = "wheel"


def read_games(top: Section, draft: Draft) -> None:
    """Read all games into the draft; they come after the rules, whose names they may not have."""
    for name, section in top.named("games", "game", "game", is_word=False):
        section.close()
        if name in draft.rules:
            message = f"a rule is called '{name}' too: what is given is told by one name"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, section.place, "give the game another name")
        draft.games[name] = _read_game(name, section, draft)


def _read_game(name: str, section: Section, draft: Draft) -> Game:
    kind = section.read("kind", lambda text: read_choice(text, SETTINGS_OF), "kind: wheel") or ""
    form = SETTINGS_OF.get(kind, SETTINGS_OF[_EVERY_GAME])
    for key in _OWN:
        if kind and key not in form.own and section.has(key):
            _of_other_game(section, key, kind)
    symbols = _read_symbols(section, draft) if "symbols" in form.own else {}
    reels = 0
    if "reels" in form.own:
        section.find("reels", "reels: 3")
        reels = section.integer("reels", 2, MOST_REELS) or 0
    questions = _read_questions(section, draft) if "questions" in form.own else {}
    costs = read_costs(section, draft)
    free = _read_times(section, "free")
    if free is not None and not costs:
        message = "every play is free already: the game costs nothing"
        section.error(DiagnosticCode.FREE_WITHOUT_COST, message, "free", "add `costs:`, or make it a `limit:`")
    visitors = _read_visitors(section, kind)
    scope = draft.vocabulary.rule_scope((Built.PLAYED.value,))
    game = Game(
        name=name,
        title=section.titled("title", name),
        kind=kind,
        prizes=_read_prizes(name, kind, section, scope, draft, reels=reels, symbols=symbols),
        costs=costs,
        free=free,
        limit=_read_limit(section, kind),
        pause=section.span("pause"),
        when=section.condition("when", draft.vocabulary.common_scope()),
        visitors=visitors,
        reels=reels,
        symbols=symbols,
        questions=questions,
        after=_read_after(section),
        takes_back=_read_takes_back(section, costs),
    )
    _check_prizes(game, section)
    return game


def _of_other_game(section: Section, key: str, kind: str) -> None:
    others = [name for name, found in SETTINGS_OF.items() if key in (*found.own, found.each)]
    message = f"'{key}' means nothing in a game of kind {kind}"
    section.error(DiagnosticCode.SETTING_OF_OTHER_GAME, message, key, f"it is of {listed(others)}: take it out")


def _read_takes_back(section: Section, costs: dict[str, int]) -> bool:
    said = section.read("prizes_on_return", lambda text: read_choice(text, ["keep", "take_back"]))
    if said is not None and not costs:
        message = "'prizes_on_return' means nothing: the game costs nothing, so that no purchase gives a play of it"
        section.error(DiagnosticCode.CONFLICTING_KEYS, message, "prizes_on_return", "add `costs:`, or take it out")
    return said == "take_back"


def _read_after(section: Section) -> Literal["begin_again", "stay"]:
    after = section.read("after", lambda text: read_choice(text, ["begin_again", "stay"]))
    return "stay" if after == "stay" else "begin_again"


def _read_times(section: Section, key: str) -> Limit | None:
    inner = section.section(key, "game_limit", f"'{key}'")
    if inner is None:
        return None
    inner.close()
    example = f"{key}: {{times: 1, per: day}}"
    inner.find("times", example)
    times = inner.integer("times", 1, 10**6)
    window = read_window_of(inner, "per", example)
    return None if times is None or window is None else Limit(None, times, window, "reject")


def _read_limit(section: Section, kind: str) -> Limit | None:
    if kind == "check_in" and section.has("limit"):
        message = "a check-in is once a day already"
        section.error(DiagnosticCode.SETTING_OF_OTHER_GAME, message, "limit", "take it out")
    return _read_times(section, "limit") or _ONCE.get(kind)


def _read_visitors(section: Section, kind: str) -> Visitors | None:
    inner = section.section("visitors", "visitors", "'visitors'")
    if inner is None:
        return None
    inner.close()
    if kind in SETTINGS_OF and not SETTINGS_OF[kind].is_chance:
        message = f"a {kind} is of members: it remembers who played before"
        section.error(DiagnosticCode.SETTING_OF_OTHER_GAME, message, "visitors", "take it out")
    within = inner.span("claim_within", required="visitors: {claim_within: 7 days}")
    times = inner.integer("times", 1, 1_000) or 1
    return None if within is None else Visitors(within, times)


def _read_symbols(section: Section, draft: Draft) -> dict[str, int]:
    node = section.find("symbols", "symbols: {cherry: 5, bell: 3, seven: 1}")
    symbols: dict[str, int] = {}
    for name, entry in {}.items() if node is None else mapping_of(node, draft.findings, "'symbols'").items():
        if name == ANY:
            message = f"'{ANY}' stands for every symbol"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, entry.key.place, "call the symbol otherwise")
        scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
        if scalar is not None:
            symbols[name] = number_of(scalar, f"'{name}'", 1, 10**6, 0, draft.findings) or 1
    if len(symbols) > MOST_SYMBOLS:
        message = f"{len(symbols)} symbols are on a reel"
        section.error(DiagnosticCode.OUT_OF_RANGE, message, "symbols", f"at most {MOST_SYMBOLS}")
    return symbols


def _read_questions(section: Section, draft: Draft) -> dict[str, QuizQuestion]:
    section.find("questions", "questions: {origin: {ask: Where from?, answers: {java: Java, bali: Bali}, right: java}}")
    found: dict[str, QuizQuestion] = {}
    for name, inner in section.named("questions", "question", "question", is_word=False):
        inner.close()
        inner.find("ask", "ask: Where does it grow?")
        node = inner.find("answers", "answers: {java: Java, bali: Bali}")
        entries = {} if node is None else mapping_of(node, draft.findings, "'answers'")
        texts = Section("question", Mapping(entries, inner.place), inner.place, draft.findings, "'answers'")
        texts.known = tuple(entries)
        answers = {answer: texts.titled(answer, answer) for answer in entries}
        right = inner.read("right", lambda text, answers=answers: read_choice(text, answers), "right: java")  # type: ignore[misc]
        found[name] = QuizQuestion(name, inner.titled("ask", name), answers, right or "")
    return found


def _read_prizes(
    game: str, kind: str, section: Section, scope: Scope, draft: Draft, *, reels: int, symbols: dict[str, int]
) -> dict[str, Prize]:
    section.find("prizes", "prizes: {ten: {weight: 1, give: {points: 10}}, nothing: {weight: 9}}")
    prizes: dict[str, Prize] = {}
    each = SETTINGS_OF[kind].each if kind in SETTINGS_OF else ""
    for name, inner in section.named("prizes", "prize", "prize", is_word=False):
        inner.close()
        for key in _EACH:
            if each and key != each and inner.has(key):
                _of_other_game(inner, key, kind)
        if each:
            inner.find(each, _EXAMPLES[each])
        weight = inner.integer("weight", 1, MOST_WEIGHT) if each == "weight" else None
        least = inner.integer(each, 1, 1_000) if each in ("from", "day") else None
        line: tuple[str, ...] = ()
        if each == "line":
            line = _read_line(inner, reels, symbols, draft)
        gives = tuple(read_gives(inner, "give", scope, draft))
        _refuse_pools(inner, "give", [give.reward for give in gives if give.reward], draft)
        title = inner.titled("title", name)
        rule = Rule(game, title, (Built.PLAYED.value,), 0, gives=gives)
        stock = inner.integer("stock", 1, LARGEST)
        prizes[name] = Prize(name, title, rule, weight or 0, line, least or 0, stock, inner.text("otherwise"))
    return prizes


def _refuse_pools(section: Section, key: str, rewards: list[str], draft: Draft) -> None:
    """What is won is promised when the wheel stops: imported codes could be gone before they are handed out."""
    for name in rewards:
        if name in draft.rewards and draft.rewards[name].codes == "pool":
            message = f"the imported codes of '{name}' could be gone when it is won"
            hint = "give a reward whose codes are made here"
            section.error(DiagnosticCode.CONFLICTING_KEYS, message, key, hint)


def _read_line(section: Section, reels: int, symbols: dict[str, int], draft: Draft) -> tuple[str, ...]:
    node = section.find("line")
    if node is None or not reels:
        return ()
    if not isinstance(node, Sequence) or len(node.items) != reels:
        wrong_shape(node, draft.findings, "'line'", f"a list of {reels} symbols, one for each reel")
        return ()
    words = [scalar_of(item, draft.findings, "an item of 'line'") for item in node.items]
    for word in words:
        if word is not None:
            draft.check_known(word.text, [*symbols, ANY], "symbol", DiagnosticCode.BAD_CHOICE, word.place)
    return tuple(word.text for word in words if word is not None)


def _check_prizes(game: Game, section: Section) -> None:
    """Prizes that fall back on each other, or that nobody can ever win."""
    for name, prize in game.prizes.items():
        place = section.findings
        at = section.node.entries["prizes"].value
        assert isinstance(at, Mapping)
        where = at.entries[name].key.place
        if prize.otherwise is not None:
            if prize.otherwise not in game.prizes:
                message = f"there is no prize '{prize.otherwise[:60]}' in this game"
                place.error(DiagnosticCode.BAD_CHOICE, message, where, f"known: {listed(game.prizes)}")
                continue
            if prize.stock is None and not any(give.reward for give in prize.rule.gives):
                message = f"'otherwise' of '{name}' never comes into effect: the prize has no end"
                place.error(DiagnosticCode.CONFLICTING_KEYS, message, where, "add `stock:`, or take it out")
            seen = [name]
            while (following := game.prizes[seen[-1]].otherwise) is not None and following in game.prizes:
                if following in seen:
                    message = f"when '{name}' is gone it falls back on itself: {' → '.join([*seen, following])}"
                    place.error(DiagnosticCode.STOCK_FALLS_IN_A_CIRCLE, message, where, "let the last one be nothing")
                    break
                seen.append(following)
        if game.questions and prize.least > len(game.questions):
            message = f"'{name}' needs {prize.least} right answers, and there are {len(game.questions)} questions"
            place.error(DiagnosticCode.PRIZE_NEVER_WON, message, where, "ask for fewer, or add questions")
        before = [other for other in game.prizes.values() if other.name != name]
        if game.kind == "quiz" and any(other.least == prize.least for other in before):
            message = f"another prize of this game is won from {prize.least} right answers, too"
            place.error(DiagnosticCode.SAID_TWICE, message, where, "one prize for each number")
        if game.kind == "check_in" and any(other.least == prize.least for other in before):
            message = f"another prize of this game is won on day {prize.least}, too"
            place.error(DiagnosticCode.SAID_TWICE, message, where, "one prize a day: it may give several things")
        if prize.line and any(_covers(other, prize) for other in list(game.prizes.values())[: _index(game, name)]):
            message = f"'{name}' is never won: a prize above it wins with every one of its lines"
            place.error(DiagnosticCode.PRIZE_NEVER_WON, message, where, "put the rarer line first")


def _index(game: Game, name: str) -> int:
    return list(game.prizes).index(name)


def _covers(other: Prize, prize: Prize) -> bool:
    """Whether every line that wins ``prize`` wins ``other``."""
    return all(theirs in (ANY, ours) for theirs, ours in zip(other.line, prize.line, strict=False))


# Draws ----------------------------------------------------------------------------------------------------------------


def read_draws(top: Section, draft: Draft) -> None:
    """Read all raffles into the draft."""
    for name, section in top.named("draws", "draw", "draw", is_word=False):
        section.close()
        if name in draft.rules or name in draft.games:
            message = f"a rule or a game is called '{name}' too: what is given is told by one name"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, section.place, "give the draw another name")
        raffle = _read_draw(name, section, draft)
        if raffle is not None:
            draft.draws[name] = raffle


def _read_draw(name: str, section: Section, draft: Draft) -> Raffle | None:
    unit = section.text("tickets", "tickets: tickets")
    known = unit is not None and draft.check_unit(unit, section.value_at("tickets"))
    start = read_in_zone(section, "from", draft)
    end = read_in_zone(section, "until", draft, "until: 2026-12-31 20:00")
    if start is not None and end is not None and start >= end:
        message = "the draw closes before it opens"
        section.error(
            DiagnosticCode.SCHEDULE_BACKWARDS, message, "until", "`until` is the moment at which it is closed"
        )
    alternates = section.integer("alternates", 1, 1_000) or 0
    within = section.span("answer_within")
    if alternates and within is None:
        message = "nobody moves up: winners have nothing to answer"
        hint = "add `answer_within: 7 days`, or take the alternates out"
        section.error(DiagnosticCode.ALTERNATES_WITHOUT_ANSWER, message, "alternates", hint)
    prizes = tuple(_read_draw_prizes(section, draft))
    at_most = section.integer("at_most", 1, 10**9)
    when = section.condition("when", draft.vocabulary.common_scope())
    beacon = section.text("beacon")
    title = section.titled("title", name)
    if not known or unit is None or end is None:
        return None
    scale = 10 ** draft.units[unit].decimals
    if scale != 1:
        message = f"a ticket is a whole one, and {unit} has decimals"
        section.error(DiagnosticCode.CONFLICTING_KEYS, message, "tickets", "use a unit without decimals")
    return Raffle(name, title, unit, start, end, prizes, at_most, when, alternates, within, beacon)


def _read_draw_prizes(section: Section, draft: Draft) -> list[DrawPrize]:
    example = "prizes: [{reward: scooter, winners: 1}]"
    node = section.find("prizes", example)
    found: list[DrawPrize] = []
    if node is None:
        return found
    if not isinstance(node, Sequence) or not node.items:
        wrong_shape(node, draft.findings, "'prizes'", f"a list, for example {example}")
        return found
    for item in node.items:
        if not isinstance(item, Mapping):
            wrong_shape(item, draft.findings, "an item of 'prizes'", "{reward: scooter, winners: 1}")
            continue
        inner = Section("draw_prize", item, item.place, draft.findings, "a prize")
        inner.close()
        reward = inner.text("reward", "reward: scooter")
        winners = inner.integer("winners", 1, 10_000) or 1
        if reward is not None and draft.check_reward(reward, inner.value_at("reward")):
            _refuse_pools(inner, "reward", [reward], draft)
            if reward in draft.rewards and draft.rewards[reward].stock is not None:
                message = f"the stock of '{reward}' could be gone before the winners are drawn"
                hint = "take its `stock:` out: there are as many as there are winners"
                inner.error(DiagnosticCode.CONFLICTING_KEYS, message, "reward", hint)
            found.append(DrawPrize(reward, winners))
    return found
