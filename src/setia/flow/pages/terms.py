"""Terms and conditions: every setting that a member feels, in the order of a member's questions."""

from __future__ import annotations

from setia.flow.pages.about_cards import gift_cards
from setia.flow.pages.about_causes import causes
from setia.flow.pages.about_contests import contests
from setia.flow.pages.about_drops import drops
from setia.flow.pages.about_exchanges import exchanges
from setia.flow.pages.about_games import draws, games
from setia.flow.pages.about_goals import avatars, badges, boards, challenges
from setia.flow.pages.about_partners import partners
from setia.flow.pages.about_plans import plans
from setia.flow.pages.about_referral import referral
from setia.flow.pages.about_rest import changes, refunds, rest
from setia.flow.pages.about_rewards import rewards
from setia.flow.pages.about_rules import earning, measures
from setia.flow.pages.about_tiers import tiers
from setia.flow.pages.about_units import units
from setia.flow.pages.document import Document, Paragraph
from setia.flow.pages.worked import examples
from setia.flow.pages.writer import Writer


def terms(writer: Writer, *, with_examples: bool = True) -> Document:
    """The terms of a programme."""
    sections = (
        *units(writer), earning(writer), *challenges(writer), *badges(writer), *avatars(writer), *measures(writer),
        *boards(writer), *tiers(writer), *plans(writer), *rewards(writer),
        *gift_cards(writer), *partners(writer), *exchanges(writer), *causes(writer), *draws(writer),
        *contests(writer), *games(writer),
        *referral(writer),
        *drops(writer), refunds(writer), rest(writer), changes(writer),
        *(examples(writer) if with_examples else ()),
    )  # fmt: skip
    return Document(writer.speaker.language, page_title(writer, "terms"), opening(writer), sections)


def page_title(writer: Writer, page: str) -> str:
    """What a page is called."""
    programme = writer.programme
    return writer.say(f"{page}.title", programme=writer.speaker.title(programme.title, programme.name))


def opening(writer: Writer) -> tuple[Paragraph, ...]:
    """What a page begins with: of which version it speaks, and by which clock and money."""
    speaker, day = writer.speaker, writer.speaker.day_of(writer.at)
    if writer.number is None:
        said = writer.say("intro", day=day)
    else:
        said = writer.say("intro.version", number=speaker.number(writer.number), day=day)
    clock = writer.say("clock", zone=writer.programme.zone.key, currency=speaker.currency())
    return (Paragraph(f"{said} {clock}"),)
