"""What so many of a unit are called, by the plural rules of CLDR, which Babel has."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale

from setia.language.model import Unit


def form(unit: Unit, number: Decimal, language: str) -> str | None:
    """The name of ``number`` of a unit in ``language``; None where it has one name for any number."""
    forms = unit.forms.get(language)
    return None if forms is None else forms[Locale(language).plural_form(number)]
