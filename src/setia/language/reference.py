"""The page about diagnostics, written from the codes: ``python -m setia.language.reference FILE``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from setia.language.diagnostics import DiagnosticCode as D
from setia.language.expressions import Code

SECTIONS: Final[tuple[tuple[str, D], ...]] = (
    ("The file", D.FILE_TOO_LARGE),
    ("The form of a setting", D.UNKNOWN_KEY),
    ("References", D.UNKNOWN_UNIT),
    ("Partners", D.PACK_WITHOUT_EARNING),
    ("Tiers", D.FIRST_LEVEL_ABOVE_ZERO),
    ("Settings without effect", D.ACTIVATION_WITHOUT_PENDING),
    ("Money in units", D.CARDS_NOT_MONEY),
    ("Loops", D.MONEY_LOOP),
    ("Warnings", D.UNIT_NEVER_GIVEN),
)
"""Headings of the page, each with the first code below it."""

MEANINGS: Final[dict[D, str]] = {
    D.FILE_TOO_LARGE: "The file is larger than 1 MiB; a programme is a few kilobytes.",
    D.EMPTY_FILE: "There is nothing in the file but blanks and comments.",
    D.BAD_YAML: "The file is not YAML: a bracket, a quote or an indentation is wrong here or just before.",
    D.SEVERAL_DOCUMENTS: "One file is one programme; `---` begins a second one.",
    D.ALIAS_NOT_ALLOWED: "Anchors (`&name`) and aliases (`*name`) are refused: write the value out.",
    D.TAG_NOT_ALLOWED: "Tags (`!!name`) are refused: each setting knows what kind of value it takes.",
    D.TOO_DEEP: "More than 32 lists and mappings inside each other.",
    D.TOO_MANY_NODES: "More than 20,000 values in one file.",
    D.BAD_KEY: "A key is a list, a mapping, empty, or `<<`.",
    D.DUPLICATE_KEY: "The same key twice in one mapping; only one of them would count.",
    D.UNKNOWN_KEY: "There is no such setting; the hint lists those that are.",
    D.MISSING_KEY: "A setting without which the rest has no meaning.",
    D.CONFLICTING_KEYS: "Two settings of which only one can be given.",
    D.WRONG_SHAPE: "A value where a mapping or list belongs, or the other way round, or nothing at all.",
    D.BAD_NAME: "A name with letters that names cannot have.",
    D.RESERVED_NAME: "A name that means something else already.",
    D.BAD_CHOICE: "Not one of the words that the setting takes.",
    D.BAD_NUMBER: "Not a number, or with more decimals than are kept. `1_000.50` is one, `010` and `1,000` are not.",
    D.OUT_OF_RANGE: "A number or a text beyond what the setting takes.",
    D.ZERO_IS_NOT_UNLIMITED: "0 as a limit would mean nothing at all. For no limit, leave the setting out.",
    D.BAD_PERCENT: "Not a percentage between 0 and 100, such as `15 %`.",
    D.BAD_SPAN: "Not a length of time such as `14 days`, or not one that this setting takes.",
    D.BAD_WINDOW: "Not a time to count over, such as `month`, `12 months` or `lifetime`.",
    D.BAD_DATE: "Not a day of the calendar; for fixed days of the year, not one that every year has.",
    D.BAD_HOURS: "Not hours of a day, such as `17:00-19:00`.",
    D.BAD_LANGUAGE: "Not a language code such as `id`, `ms` or `en`.",
    D.BAD_CODE: "A public code with fewer than three letters and digits, which are what is compared.",
    D.CHOICE_OF_ONE: "A `choice` of fewer than two rewards.",
    D.CHOICE_OF_CHOICES: "A `choice` among whose rewards is one that is a choice itself.",
    D.MONEY_WITHOUT_UNITS: "A reward that costs money alone is a sale: `money` stands beside units.",
    D.UNKNOWN_CURRENCY: "Not an ISO 4217 code.",
    D.UNKNOWN_TIMEZONE: "Not a name of the IANA time zone list.",
    D.SAID_TWICE: "The same word twice in one list.",
    D.UNKNOWN_UNIT: "No unit of that name is declared under `units:`.",
    D.UNKNOWN_METRIC: "No metric of that name is declared under `metrics:`.",
    D.UNKNOWN_ACTIVITY: "Neither a built-in activity nor one declared under `activities:`.",
    D.UNKNOWN_REWARD: "No reward of that name is declared under `rewards:`.",
    D.UNKNOWN_GROUP: "No group of that name is declared under `groups:`.",
    D.UNKNOWN_POOL: "No pool of that name is declared at a unit that the rule gives.",
    D.UNKNOWN_PLAN: "No plan of that name is declared under `plans:`.",
    D.UNKNOWN_PARTNER: "No partner of that name is declared under `partners:`.",
    D.UNKNOWN_BUDGET: "No budget of that name is declared under `budgets:`.",
    D.PACK_WITHOUT_EARNING: "A pack of a unit that the partner's contract does not let members earn with it.",
    D.OWED_WITH_PACK: "When the price is owed, of a partner whose units come out of a pack that is paid for already.",
    D.TERMS_NOT_ASCENDING: "The terms of a contract stand in the order of the days from which they hold.",
    D.ISSUER_DOES_NOT_EARN: "A rule gives units on account of a partner whose contract has no price for them.",
    D.PARTNER_DOES_NOT_BURN: "A reward costs units for which the partner that provides it gets no price.",
    D.ACTIVITY_NOT_RULED: "The activity exists, but rules and metrics cannot be on it.",
    D.BUILT_IN_ACTIVITY: "Built-in activities cannot be declared again; only purchases can have more fields.",
    D.LINES_WITHOUT_PURCHASE: "Only purchases have lines.",
    D.UNCLEAR_ACTIVITY: "A sum does not tell which activities it adds up: say `on:`.",
    D.MIXED_BENEFIT: "A benefit is a number in one level and something else in another.",
    D.FIRST_LEVEL_ABOVE_ZERO: "The lowest level has to start at 0, so that everybody has one.",
    D.LEVELS_NOT_ASCENDING: "Each level starts above the one before it.",
    D.LEVELS_OVERLAP: "A level's `to` lies before its own start or reaches into the next level.",
    D.LAST_LEVEL_ENDS: "The highest level has a `to`, though nothing lies above it.",
    D.TIER_CASCADE: "Reaching a level gives what decides the level, so one step up could bring the next.",
    D.STARVED_TIER: "A rule empties the wallet at or below the balance that a level needs: nobody can hold it.",
    D.ACTIVATION_WITHOUT_PENDING: "Expiry counts from activation, but nothing is ever pending.",
    D.CARRY_BY_LINE: "Rounding line by line leaves no fraction to carry.",
    D.CAP_WITHOUT_GIVING: "`at_most` on a unit that no rule gives.",
    D.POOL_WITHOUT_RULE: "A pool that no rule gives from.",
    D.LIMIT_WITHOUT_GIVING: "A limit on a unit that the rule does not give.",
    D.LIMIT_NEVER_REACHED: "A limit above the most that the rule can give in that time.",
    D.BUDGET_WITHOUT_GIVING: "A budget of a unit that the rule does not give.",
    D.BUDGET_WITHOUT_COST: "A budget of money for a unit that costs nothing: it has no worth.",
    D.GROUP_OF_ONE: "A group with fewer than two rules or rewards has nothing to choose from.",
    D.GROUP_OF_BOTH: "A group of rules and rewards, of which neither can win over the other.",
    D.GROUP_WITHOUT_DISCOUNT: "A group at a reward that lowers no purchase, and so competes with none.",
    D.STACKING_WITHOUT_DISCOUNT: "`stacking`, or `vouchers` under `refunds`, where no reward lowers a purchase.",
    D.PART_USED_WITHOUT_REST: "`part_used` where no reward is bought that keeps its rest.",
    D.VOUCHER_NEVER_MADE: "`valid` or `pending` on a reward that is had by its code alone: no voucher is made of it.",
    D.UNREACHABLE_RULE: "In a group that picks the first, a rule stands behind one that always applies.",
    D.GRACE_WITHOUT_DROP: "A grace period where no level is ever lost after a review.",
    D.NOTICE_WITHOUT_REVIEW: "A notice where no level is ever reviewed or lost.",
    D.KEEP_WITHOUT_PERIOD: "`through: next_window` where the measure is not counted in periods that end.",
    D.SCHEDULE_BACKWARDS: "A schedule that ends before it starts. `until` is the first moment at which it is closed.",
    D.SCHEDULE_NEVER_OPEN: "None of the schedule's weekdays falls into its time.",
    D.SHORTFALL_WITHOUT_WORTH: "`net_shortfall` where no unit says what it is worth in money.",
    D.SHORTFALL_UNLIMITED: "`net_shortfall` where balances go below zero, so that nothing is ever short.",
    D.RERATE_WITHOUT_TIERS: "`re_rate` without tiers.",
    D.ORDER_WITHOUT_REACHING: "`in_order` on a rule that is not on `<unit>.reached`.",
    D.ORDER_GIVES_UNITS: "`in_order` on a rule that gives units: an order can use rewards alone.",
    D.EXEMPTION_WITHOUT_CONDITION: "`after_exemption` without `exempt`.",
    D.PENDING_WITHOUT_UNIT: "`pending` on a rule that gives no units.",
    D.EXPIRY_WITHOUT_UNIT: "`expires` on a rule that gives no units.",
    D.QUALIFYING_WITHOUT_METRIC: "`qualifying` where no metric counts what the rule gives.",
    D.DISCOUNT_CAP_WITHOUT_PERCENT: "`at_most` on a reward that is not a percentage.",
    D.PENDING_ALREADY_NONE: "`pending: none` for units that are active at once anyway.",
    D.TRANSFER_WITHOUT_EXPIRY: "What becomes of the dates of sent units, where units have no dates.",
    D.TERMS_WITHOUT_COST: "`per`, `when`, `limit` or `schedule` on a reward that only rules give.",
    D.RULE_DOES_NOTHING: "A rule that neither gives nor takes.",
    D.REFUND_WINDOW_WITHOUT_REFUND: "`within` on a plan whose cancellation refunds nothing.",
    D.CREDIT_WITHOUT_REST: "`credit` where another price begins at the end of the period, when nothing is left of it.",
    D.UNREACHABLE_DISCOUNT: "A discount of a plan that stands behind one for all lines.",
    D.FEE_TERMS_WITHOUT_FEE: "`trial`, `notice`, `dunning`, `grace`, `cancel` or `change` of a plan that has no fee.",
    D.LENGTH_WITHOUT_GIVING: "`lasts` on a plan that neither units buy nor a rule gives.",
    D.GIVING_WITHOUT_LENGTH: "A plan that units buy or a rule gives, without `lasts`.",
    D.DUNNING_AFTER_LAPSE: "Payment asked for again after the plan has lapsed, or steps of dunning that do not rise.",
    D.NOTICE_BEFORE_START: "A notice that is as long as the period, or longer.",
    D.WITH_TIER_WITHOUT_DISCOUNTS: "`with_tier` where not both the plan and a level have a discount.",
    D.CHANGE_TO_NOTHING: "`change` where there is no other price and no other plan to change to.",
    D.PLAN_WITHOUT_BENEFITS: "A plan that no rule, discount or delivery makes a difference for.",
    D.CHANCE_CERTAIN: "A `chance` of 0 % or 100 %.",
    D.SETTING_OF_OTHER_GAME: "A setting that this kind of game does not have.",
    D.STOCK_FALLS_IN_A_CIRCLE: "Prizes that stand in for each other when they are gone.",
    D.PRIZE_NEVER_WON: "A prize that nobody can win: too many right answers, or a line that a prize above it takes.",
    D.FREE_WITHOUT_COST: "`free` plays of a game that costs nothing.",
    D.ALTERNATES_WITHOUT_ANSWER: "`alternates` of a draw whose winners have nothing to answer.",
    D.CARDS_NOT_MONEY: "Gift cards and top-ups hold money: their unit pays 1 of the currency, with as many decimals.",
    D.SEVERAL_TOP_UPS: "A second unit with `top_up`: a line of kind `top_up` would not say which one it fills.",
    D.CARDS_END_BY_INACTIVITY: "The unit of gift cards ends by inactivity; what is on a card ends by date.",
    D.EXTENSION_WITHOUT_EXPIRY: "`refund_extends` where what is on a card never ends.",
    D.EARNS_TWICE: "What buys the money earns, and what it pays for earns again.",
    D.TENDER_CANNOT_PAY: "`paid_with` names something that pays for no purchase.",
    D.ORDER_OF_ONE_TENDER: "`paid_with` where there is one thing at most that pays.",
    D.REFERRAL_WITHOUT_GIVING: "Members bring friends, but no rule gives anything for it.",
    D.RULE_WITHOUT_REFERRAL: "A rule or a metric is on friends, but the programme has no `referral:`.",
    D.LINK_WITHOUT_CODE: "The link that members share has no `{code}` in it.",
    D.MONEY_LOOP: "A purchase paid with units gives at least as many units back, again and again.",
    D.CARD_LOOP: "Units buy gift cards that pay for purchases which give at least as many units back, again and again.",
    D.REACHED_WITHOUT_TAKING: "A rule on a full wallet leaves it full, and so would apply without end.",
    D.UNIT_NEVER_GIVEN: "No rule gives the unit.",
    D.REWARD_NEVER_GIVEN: "The reward has no price and no rule gives it.",
    D.METRIC_NOT_USED: "No condition, amount or ladder looks at the metric.",
    D.BUDGET_NOT_USED: "No rule draws on the shared budget.",
    D.TAKES_TOO_MUCH: "A rule on a full wallet takes more than its condition makes sure is there.",
    D.WAIT_SHORTER_THAN_REFUNDS: "Friends count while their purchase can still go back (`refunds: {within: …}`).",
}


def reference() -> str:
    """Return the page."""
    headings = {code: heading for heading, code in SECTIONS}
    lines = [
        "# Diagnostics",
        "",
        "Everything that `setia check` can find in a programme file. A finding names file, line and column,",
        "and says what to do. Errors keep a programme from being published; warnings do not. This page is written from",
        "the code: change it there and run `python -m setia.language.reference docs/reference/diagnostics.md`.",
    ]
    for code in D:
        if code in headings:
            lines += ["", f"## {headings[code]}", "", "| code | meaning |", "|---|---|"]
        lines.append(f"| `{code}` | {MEANINGS[code]} |")
    lines += [
        "",
        "## Expressions",
        "",
        "A problem inside a condition or an amount is placed at the character that it is about.",
        "",
    ]
    lines += [f"- `expression.{code}`" for code in Code]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
