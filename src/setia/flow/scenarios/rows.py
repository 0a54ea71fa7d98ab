"""What programmes must be able to do, as numbered rows: a scenario names those that it shows.

A: kinds of programme. B: bonuses. C: rewards. D: the rules behind them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROWS: Final[dict[str, str]] = {
    "A1": "Points for purchases and for other actions, at a rate by channel, category, product, partner or time",
    "A2": "Stars and coins for spending, or one a visit however much is bought",
    "A3": "Tiers that raise the rate and open benefits",
    "A4": "Paid membership: fee, trial, renewal, lapse, cancellation, and benefits while it lasts",
    "A5": "Points given to a cause, and the cause's statement",
    "A6": "Games: wheel, scratch card, quiz, check-in, badges, avatars, leaderboard; also before joining",
    "A7": "Partners who earn and burn one currency or exchange currencies, and who owes whom",
    "A8": "Several kinds of programme together on one member",
    "A9": "A stamp card",
    "A10": "Miles by distance and fare, status by segments and spend, awards in miles",
    "A11": "A bank's points over many products of one house",
    "A12": "A template for each trade",
    "B1": "Streaks and periods: so much a month, so many months running",
    "B2": "A referral that pays both, once the friend really buys, and watches for abuse",
    "B3": "Birthday, the day of joining, and the brand's own anniversary",
    "B4": "By place: out-of-town buyers get delivery or points",
    "B5": "By habit: a discount on what this member buys often",
    "B6": "A membership raised by points or by purchases",
    "B7": "Welcome bonus and a completed profile",
    "B8": "Tenure: something for members who stayed",
    "B9": "Surprise gifts, by rule or at random, within a budget",
    "B10": "Campaigns, happy hours, daily offers, multipliers; reminders of what is about to expire",
    "B11": "Public recognition, with the member's consent",
    "C1": "Percentage off, amount off, a free product, free or faster delivery from a threshold",
    "C2": "Vouchers with codes, generated or imported, and gift cards with a balance",
    "C3": "Access: early, for members only, events with seats, priority service, experiences",
    "C4": "Prize draws, contests and quizzes",
    "C5": "Travel, rewards of partners, gifts to causes, cash back",
    "C6": "A choice between rewards, and points plus money",
    "C7": "Stock, eligibility, limits and validity; reserve, confirm, cancel; nothing is spent twice",
    "C8": "A fair waiting room when a scarce reward comes out",
    "D1": "Rules of earning and redeeming: expiry, pending points, caps, budgets, stacking, rounding",
    "D2": "Refunds, cancellations, corrections, late and out-of-order records: exact and explained",
    "D3": "Versions: draft, schedule, launch, change, roll back; promises made are kept",
    "D4": "Terms, questions and answers, and how it works, written from the definition in three languages",
    "D5": "Budgets and cost: caps of campaigns, cost of rewards, liability before launch",
    "D6": "Goals of the programme and a checklist before launch",
}
"""Number → what it is about, in one line."""

ELSEWHERE: Final[dict[str, str]] = {"D4": "tests/pure/flow/test_pages.py"}
"""Rows that no activity shows, and the tests that show them."""

CASE: Final = re.compile(r"[A-J]\d\d", re.ASCII)
"""The number of a hard case, such as A25; files of the same case begin with it: ``a25_…``."""


def case_of_file(path: Path | str) -> str:
    """The case that a scenario's file name begins with; empty when it begins with none."""
    head = Path(path).stem.partition("_")[0].upper()
    return head if CASE.fullmatch(head) else ""
