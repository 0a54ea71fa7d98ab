"""Games and draws: what a play costs, who may play, what can be won and how likely, who wins and how it is drawn."""

from __future__ import annotations

from fractions import Fraction

from setia.flow.pages.document import Block, Bullets, Section, Table
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import Game, Prize, Raffle
from setia.rules.playing import odds


def games(writer: Writer) -> list[Section]:
    """A section for each game; nothing where there are none."""
    found = tuple(game_section(writer, game) for game in writer.programme.games.values())
    return [Section("games", writer.say("games"), (), found)] if found else []


def game_section(writer: Writer, game: Game) -> Section:
    """How a game is played, and its prizes."""
    blocks: list[Block] = [Bullets(tuple(playing(writer, game))), prizes(writer, game)]
    if game.questions:
        blocks.append(Bullets(tuple(_questions(writer, game))))
    return Section(f"game-{game.name}", sentence(writer.speaker.title(game.title, game.name)), tuple(blocks))


def playing(writer: Writer, game: Game) -> list[str]:
    """What a play costs, how often, and who may."""
    say, speaker = writer.say, writer.speaker
    found = [say(f"game.kind.{game.kind}")]
    if game.costs:
        found.append(say("game.costs", costs=writer.costs(game.costs)))
    if game.free is not None:
        found.append(say("game.free", limit=writer.limit(game.free).partition(";")[0]))
    if game.limit is not None:
        found.append(say("game.limit", limit=writer.limit(game.limit).partition(";")[0]))
    if game.pause is not None:
        found.append(say("game.pause", span=speaker.span(game.pause)))
    if game.when is not None:
        found.append(say("rule.when", condition=writer.phrases.of(game.when)))
    if game.visitors is not None:
        count = game.visitors.times
        times = say("once") if count == 1 else say("times", count=speaker.number(count))
        found.append(say("game.visitors", times=times, span=speaker.span(game.visitors.claim_within)))
    if game.reels:
        symbols = [f"{name.replace('_', ' ')} × {speaker.number(weight)}" for name, weight in game.symbols.items()]
        found.append(say("game.reels", count=speaker.number(game.reels), symbols=speaker.listed(symbols)))
    if game.costs:
        found.append(say(f"game.back.{game.takes_back}"))
    if game.kind == "check_in":
        found.append(say(f"game.after.{game.after}"))
    return found


def prizes(writer: Writer, game: Game) -> Table:
    """What can be won, how, how likely while nothing is gone, and how many there are."""
    say = writer.say
    likely = odds(game, {}) or {}
    rows = tuple(_prize(writer, game, prize, likely.get(prize.name)) for prize in game.prizes.values())
    head = (say("game.prize"), say("game.win"), say("game.odds"), say("reward.terms"))
    return Table(say("game.prizes"), head, rows)


def _prize(writer: Writer, game: Game, prize: Prize, chance: Fraction | None) -> tuple[str, ...]:
    say, speaker = writer.say, writer.speaker
    name = sentence(speaker.title(prize.title, prize.name))
    won = speaker.listed(writer.give(give) for give in prize.rule.gives) if prize.rule.gives else say("none")
    if prize.line:
        how = " ".join(symbol.replace("_", " ") for symbol in prize.line)
    elif prize.least:
        how = say(f"game.least.{'day' if game.kind == 'check_in' else 'right'}", count=speaker.number(prize.least))
    else:
        how = ""
    likely = "" if chance is None else speaker.percent(Fraction(round(chance * 10**6), 10**6))
    terms = []
    if prize.stock is not None:
        terms.append(say("reward.stock", count=speaker.number(prize.stock)))
    if prize.otherwise is not None:
        other = game.prizes[prize.otherwise]
        terms.append(say("game.otherwise", prize=speaker.title(other.title, other.name)))
    return name, won, "; ".join(filter(None, (how, likely))) or say("none"), "; ".join(terms) or say("none")


def _questions(writer: Writer, game: Game) -> list[str]:
    speaker = writer.speaker
    return [
        writer.say("game.question", ask=speaker.title(question.ask, question.name),
                   answers=speaker.listed((speaker.title(text, name) for name, text in question.answers.items()),
                                          either=True))
        for question in game.questions.values()
    ]  # fmt: skip


def draws(writer: Writer) -> list[Section]:
    """A section for each draw; nothing where there are none."""
    found = tuple(
        Section(f"draw-{raffle.name}", sentence(writer.speaker.title(raffle.title, raffle.name)),
                (Bullets(tuple(drawing(writer, raffle))),))
        for raffle in writer.programme.draws.values()
    )  # fmt: skip
    return [Section("draws", writer.say("draws"), (), found)] if found else []


def drawing(writer: Writer, raffle: Raffle) -> list[str]:
    """Who takes part, until when, what is won, and how it is drawn."""
    say, speaker = writer.say, writer.speaker
    unit = writer.programme.units[raffle.unit]
    found = [say("draw.tickets", unit=speaker.unit(unit))]
    if raffle.start is not None:
        found.append(say("schedule.from", at=speaker.moment(raffle.start)))
    found.append(say("draw.until", at=speaker.moment(raffle.end)))
    if raffle.at_most is not None:
        found.append(say("draw.at_most", amount=speaker.steps(raffle.at_most, unit)))
    if raffle.when is not None:
        found.append(say("rule.when", condition=writer.phrases.of(raffle.when)))
    won = [say("draw.prize", count=speaker.number(prize.winners), reward=writer.reward(prize.reward))
           for prize in raffle.prizes]  # fmt: skip
    found.append(say("draw.prizes", prizes=speaker.listed(won)))
    if raffle.alternates:
        found.append(say("draw.alternates", count=speaker.number(raffle.alternates)))
    if raffle.answer_within is not None:
        found.append(say("draw.answer", span=speaker.span(raffle.answer_within)))
    if raffle.beacon is not None:
        found.append(say("draw.beacon", beacon=raffle.beacon))
    return [*found, say("draw.proof")]
