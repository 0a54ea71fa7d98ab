"""With whom else members collect and spend. What partners owe each other is theirs, and no term."""

from __future__ import annotations

from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer
from setia.language.contracts import Partner


def partners(writer: Writer) -> list[Section]:
    """Each partner with what is collected and spent there; nothing where there are none."""
    lines = [line for partner in writer.programme.partners.values() for line in promises(writer, partner)]
    return [Section("partners", writer.say("partners"), (Bullets(tuple(lines)),))] if lines else []


def promises(writer: Writer, partner: Partner) -> list[str]:
    """What a partner does for members, from when on."""
    gaps = {"partner": writer.partner(partner.name)}
    found: list[str] = []
    for key, contracts in (("earns", partner.earns), ("burns", partner.burns)):
        for terms in contracts:
            units = writer.speaker.listed(writer.speaker.unit(writer.programme.units[unit]) for unit in terms.prices)
            said = writer.say(f"partner.{key}", units=units, **gaps)
            if terms.start is not None:
                said = writer.say("partner.from", promise=said, at=writer.speaker.moment(terms.start))
            found.append(said + ".")
    if partner.pack is not None:
        unit = writer.speaker.unit(writer.programme.units[partner.pack.unit])
        found.append(writer.say(f"partner.pack.{partner.pack.over}", unit=unit, **gaps))
    return found
