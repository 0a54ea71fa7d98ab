"""To which causes members can give, and what the causes get for it."""

from __future__ import annotations

from typing import Final

from setia.flow.pages.about_rules import opening
from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer
from setia.language.contracts import Cause

_MANY: Final = 1_000
"""Of how many units it is said what the cause gets for them."""


def causes(writer: Writer) -> list[Section]:
    """Each cause in a line, and what holds for all of them; nothing where there are none."""
    found = writer.programme.causes.values()
    if not found:
        return []
    lines = [*(_terms(writer, cause) for cause in found), writer.say("causes.all"), writer.say("causes.share")]
    return [Section("causes", writer.say("causes"), (Bullets(tuple(lines)),))]


def _terms(writer: Writer, cause: Cause) -> str:
    say, speaker, unit = writer.say, writer.speaker, writer.programme.units[cause.unit]
    many = _MANY * 10**unit.decimals
    found = [
        say(
            "cause", title=speaker.title(cause.title, cause.name), units=speaker.of(many, cause.unit),
            money=speaker.minor(cause.money(many, unit.decimals)),
        )
    ]  # fmt: skip
    found.append(say("cause.least", least=speaker.of(cause.least, cause.unit), step=speaker.of(cause.step, cause.unit)))
    if cause.match is not None:
        found.append(
            say(
                "cause.match", by=speaker.title(cause.match.by, ""), percent=speaker.percent(cause.match.share),
                money=speaker.minor(cause.match.up_to),
            )
        )  # fmt: skip
    if cause.when is not None:
        found.append(say("reward.when", condition=writer.phrases.of(cause.when)))
    if cause.schedule is not None:
        found += [line.rstrip(".") for line in opening(writer, cause.schedule)]
    return "; ".join(found) + "."
