"""Drops, as a frozen type."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from setia.language.contracts import Text
from setia.values.instants import Span


@dataclass(frozen=True, slots=True)
class ProductDrop:
    """A moment at which a scarce reward can be had, by whoever stands in line for it.

    ``opens``: an instant. ``lobby``: so long before it one may arrive, and whoever does is drawn. ``admit`` people are
    let in ``every`` so often; a pass is good ``pass_for`` so long, and holding the piece at the checkout ``hold``.
    """

    name: str
    title: Text
    reward: str
    opens: dt.datetime
    lobby: Span
    admit: int
    every: Span
    pass_for: Span
    hold: Span
