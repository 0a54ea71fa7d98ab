"""The JSON Schema of a programme file, for editors: completion, explanation on hover, a first look at the form.

The parser is stricter; the schema never refuses what the parser takes.
``python -m setia.language.schema [FILE]`` writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from setia.language.games import SETTINGS_OF
from setia.language.keys import KEYS
from setia.language.model import FieldKind, RoundAt, Rounding
from setia.language.partners import OWED
from setia.language.schema_draws import DRAWS
from setia.language.schema_forms import (
    _AMOUNT,
    _CAUSES,
    _CONDITION,
    _COUNTED,
    _COUNTED_TITLE,
    _DAY,
    _DROP,
    _EXPIRES,
    _FIELDS,
    _FLAG,
    _GOALS,
    _INSTANT,
    _LABEL,
    _NUMBER,
    _PENDING,
    _PERCENT,
    _PLAIN,
    _SPAN,
    _TEXT,
    _TITLE,
    _TYPES,
    _UNITS,
    _WINDOW,
    _WORD,
    Json,
    _choice,
    _map,
    _one_or_many,
    _ref,
)
from setia.language.words import DAYS
from setia.values.instants import Until
from setia.values.money import CURRENCIES
from setia.values.prints import KINDS as PRINTS

FILE: Final = Path(__file__).with_name("programme.schema.json")

SETTINGS: Final[dict[str, dict[str, tuple[str, Json]]]] = {
    "programme": {
        "programme": ("The name of the programme, for machines.", {"type": "string", "pattern": _LABEL}),
        "title": ("The name that people read.", _TITLE),
        "currency": ("The ISO 4217 code of the money that everything is counted in.", _choice(*sorted(CURRENCIES))),
        "timezone": ("The IANA time zone of the programme's days.", {"type": "string", "examples": ["Asia/Jakarta"]}),
        "founded": ("The day on which the brand began; its anniversaries are `brand.anniversary`.", _INSTANT),
        "units": ("What is counted in wallets: points, stars, stamps.", _map(_ref("unit"), _WORD)),
        "activities": (
            "What else may come in, and fields of your own.",
            {"type": "object", "additionalProperties": {"anyOf": [_ref("activity"), {"type": "null"}]}},
        ),
        "members": ("Fields of members.", _ref("members")),
        "metrics": ("What is counted for each member over a time.", _map(_ref("metric"), _WORD)),
        "tiers": ("The ladder of levels.", _ref("tiers")),
        "plans": ("Memberships that are paid for, bought with units or given.", _map(_ref("plan"), _LABEL)),
        "groups": ("Rules of which not all may win.", _map(_ref("group"), _LABEL)),
        "badges": ("What members collect and show.", _map(_ref("badge"), _LABEL)),
        "avatars": ("Pictures that members can be shown by.", _map(_ref("avatar"), _LABEL)),
        "challenges": ("Metrics with a goal, and what reaching it gives.", _map(_ref("challenge"), _LABEL)),
        "leaderboards": ("Members who agreed to it, ranked by a metric.", _map(_ref("leaderboard"), _LABEL)),
        "rules": ("The promises.", _map(_ref("rule"), _LABEL)),
        "rewards": ("What units buy and rules give.", _map(_ref("reward"), _LABEL)),
        "games": ("What members play.", _map(_ref("game"), _LABEL)),
        "draws": ("Raffles.", _map(_ref("draw"), _LABEL)),
        "contests": ("What members enter and vote for.", _map(_ref("contest"), _LABEL)),
        "refunds": ("What happens when a purchase goes back.", _ref("refunds")),
        "holds": ("How long units can be set aside.", _ref("holds")),
        "guests": ("Purchases without a member.", _ref("guests")),
        "late": ("Activities that arrive late or early.", _ref("late")),
        "purchases": ("What counts of a purchase.", _ref("purchases")),
        "adjustments": ("Corrections by hand.", _ref("adjustments")),
        "stacking": ("How several rewards lower one purchase.", _ref("stacking")),
        "gift_cards": ("Cards with money on them, which whoever has the code can spend.", _ref("gift_cards")),
        "changes": ("What members are promised when the programme changes.", _ref("changes")),
        "partners": (
            "With whom else units are earned and burned, and by which contract.",
            _map(_ref("partner"), _LABEL),
        ),
        "budgets": ("What several rules may give together.", _map(_ref("budget"), _LABEL)),
        "referral": ("How members bring friends.", _ref("referral")),
        "exchanges": ("Units that become other units.", _map(_ref("exchange"), _LABEL)),
        "causes": ("To what members can give units.", _map(_ref("cause"), _LABEL)),
        "drops": ("When scarce rewards can be had, by whoever stands in line for them.", _map(_ref("drop_of"), _LABEL)),
    },
    "unit": {
        "name": ("What people call it.", _COUNTED_TITLE),
        "decimals": ("How many decimals are counted, 0 to 6.", _NUMBER),
        "worth": ("Money a unit, for the books.", _NUMBER),
        "breakage": ("The share that is never expected to be spent, for the books.", _PERCENT),
        "pays": ("Money a unit when it pays for a purchase.", {"anyOf": [_NUMBER, _ref("pays")]}),
        "expires": ("When units end.", _EXPIRES),
        "pending": ("How long units wait before they can be spent.", _PENDING),
        "rounding": (
            "How fractions are settled.",
            {"anyOf": [_choice(*(mode.value for mode in Rounding)), _ref("rounding")]},
        ),
        "at_most": ("The most a wallet may hold.", _NUMBER),
        "limit": ("What all rules together may give a member in a window.", _ref("unit_limit")),
        "transfer": ("How members may send it to each other.", {"anyOf": [_choice("allowed"), _ref("transfer")]}),
        "pools": ("Sources with an expiry of their own.", _map(_ref("pool"), _LABEL)),
        "top_up": ("Money can be put into it by a purchase.", {"anyOf": [_choice("allowed"), _ref("top_up")]}),
        "remind": ("How long before they end members are reminded.", _SPAN),
    },
    "top_up": {
        "least": ("The least that one line puts in.", _NUMBER),
        "most": ("The most that one line puts in.", _NUMBER),
        "earns": ("Whether that money earns like goods.", _FLAG),
    },
    "pays": {
        "worth": ("Money a unit.", _NUMBER),
        "earn_on_paid": ("Whether the part paid with units earns units too.", _FLAG),
        "same_order": ("Whether what an order earns can pay for it.", _FLAG),
    },
    "expires": {
        "after": ("How long a unit lives.", _SPAN),
        "from": ("From when that is counted.", _choice("earned", "activated")),
        "until": ("To which end it is rounded up.", _choice(*(until.value for until in Until))),
        "on": ("Fixed last days of each year.", _one_or_many(_DAY)),
        "min_life": ("The least time a unit lives.", _SPAN),
        "inactive_for": ("After how long without activity the wallet ends.", _SPAN),
        "activities": ("Which activities count.", _TYPES),
        "exempt": ("While this holds, nothing ends.", _CONDITION),
        "after_exemption": ("How long units live when the exemption ends.", _SPAN),
    },
    "pending": {"for": ("How long.", _SPAN)},
    "rounding": {
        "mode": ("Which way.", _choice(*(mode.value for mode in Rounding))),
        "at": ("Where the one rounding happens.", _choice(*(place.value for place in RoundAt))),
        "carry": ("Whether the fraction waits for the next activity.", _FLAG),
    },
    "transfer": {
        "expires": (
            "What becomes of the dates.",
            {"anyOf": [_choice("keep", "reset"), _ref("transfer_expires")]},
        ),
        "min_life": ("Units with less life left cannot be sent.", _SPAN),
        "send": ("The most a member may send.", _ref("quota")),
        "receive": ("The most a member may receive.", _ref("quota")),
    },
    "transfer_expires": {"after": ("How long received units live.", _SPAN)},
    "quota": {"at_most": ("How many units.", _NUMBER), "per": ("In which time.", _WINDOW)},
    "unit_limit": {
        "at_most": ("How many units all rules together may give.", _NUMBER),
        "per": ("In which time.", _WINDOW),
        "over": ("What happens above it.", _choice("trim", "reject")),
    },
    "pool": {
        "expires": ("When units of this source end.", _EXPIRES),
        "closed": ("How long they live when the source is closed.", _SPAN),
    },
    "activity": {
        "title": ("What people call it.", _TITLE),
        "fields": ("Its fields.", _FIELDS),
        "lines": ("Fields of the lines of a purchase.", _FIELDS),
    },
    "field": {
        "type": ("The kind of value.", _choice(*(kind.value for kind in FieldKind))),
        "required": ("Whether it must be there.", _FLAG),
        "one_of": ("The values that are allowed.", _one_or_many(_TEXT)),
    },
    "members": {"fields": ("Fields of your own.", _FIELDS)},
    "metric": {
        "title": ("What people call it.", _TITLE),
        **_COUNTED,
        "by": ("The text field whose values are counted apart.", {"type": "string", "examples": ["line.category"]}),
        "over": ("The time.", _WINDOW),
    },
    **_GOALS,
    "challenge": {
        "title": ("What people read.", _TITLE),
        **_COUNTED,
        "target": ("What has to be reached.", _NUMBER),
        "steps": ("Several goals, all of which have to be reached.", _map(_ref("challenge_step"), _LABEL)),
        "over": ("The period in which it has to be reached.", _WINDOW),
        "within": ("The days in which all has to happen.", _SPAN),
        "from": ("Its first day or instant.", _INSTANT),
        "until": ("The first day, or instant, at which it is closed again.", _INSTANT),
        "join": ("Whether members have to join it.", _FLAG),
        "repeat": ("Whether it can be completed again.", _FLAG),
        "rollback": ("Whether a return takes back what was given.", _FLAG),
        "gives": ("What is given.", _UNITS | {"additionalProperties": _one_or_many(_AMOUNT)}),
    },
    "challenge_step": {
        "title": ("What people read.", _TITLE),
        **_COUNTED,
        "target": ("What has to be reached.", _NUMBER),
    },
    "window": {
        "year_from": ("The first day of the year.", _DAY),
        "every": ("The length of a period.", _SPAN),
        "from": ("Where the first period begins.", _choice("joining")),
    },
    "tiers": {
        "by": ("A metric, several of them, or balance.<unit>.", _one_or_many({"type": "string"})),
        "levels": ("The levels, from the lowest.", _map(_ref("level"), _LABEL)),
        "keep": ("How long a level is kept.", {"anyOf": [_choice("while_reached"), _SPAN, _ref("keep")]}),
        "drop": (
            "What happens when it is not confirmed.",
            {"anyOf": [_choice("one_level", "to_balance", "never"), _ref("drop")]},
        ),
        "refunds": ("Whether a refund can take a level away.", _choice("protect", "follow")),
    },
    "level": {
        "title": ("What people call it.", _TITLE),
        "from": (
            "The least value of the measure; of several metrics, of each of them, or `any` of several such.",
            {"anyOf": [_NUMBER, {"type": "object", "minProperties": 1}]},
        ),
        "to": ("Only for reading: the last value of the level.", _NUMBER),
        "discount": ("Off every purchase.", _PERCENT),
        "delivery": ("What delivery costs.", {"anyOf": [_choice("free"), _ref("delivery")]}),
    },
    "delivery": {
        "free_from": ("From which order total delivery is free.", _NUMBER),
        "speed": ("How fast it is.", _TEXT),
    },
    "keep": {
        "for": ("So long from the day it was reached.", _SPAN),
        "through": ("To the end of the next period.", _choice("next_window")),
        "plus": ("And so much longer.", _SPAN),
    },
    "drop": {
        "by": ("How far.", _choice("one_level", "to_balance", "never")),
        "grace": ("How much later.", _SPAN),
        "notice": ("How long before members are told.", _SPAN),
    },
    "plan": {
        "title": ("What people read.", _TITLE),
        "fee": (
            "What it costs, for each time that it can be paid for.",
            {"type": "object", "minProperties": 1, "additionalProperties": _NUMBER, "examples": [{"year": 39.99}]},
        ),
        "tax": ("The tax that the fee contains, as a share of what is without tax.", _PERCENT),
        "costs": ("What it costs in units.", _map(_NUMBER, _WORD)),
        "lasts": ("How long units or a rule give it for.", _SPAN),
        "trial": ("How long it is free at first, once for each member.", _SPAN),
        "notice": ("How long before it is due an invoice is written.", _SPAN),
        "dunning": ("How long after it was due payment is asked for again.", _one_or_many(_SPAN)),
        "grace": ("How long it goes on unpaid.", _SPAN),
        "benefits": ("What it brings; read as plan.<name>.", _ref("plan_benefits")),
        "with_tier": ("How its discount goes with that of the level.", _choice("both", "best")),
        "cancel": ("What goes back when it is cancelled, and when it ends.", _ref("plan_cancel")),
        "change": ("When another price or plan begins.", _ref("plan_change")),
        "closed": ("Whether nobody can start it any more.", _FLAG),
    },
    "plan_benefits": {
        "discount": (
            "A percentage off, or several for some lines.",
            {"anyOf": [_PERCENT, {"type": "array", "minItems": 1, "items": _ref("plan_discount")}]},
        ),
        "delivery": ("Free delivery.", {"anyOf": [_choice("free"), _ref("plan_delivery")]}),
    },
    "plan_discount": {
        "off": ("The percentage.", _PERCENT),
        "lines": ("Which lines of the purchase.", _CONDITION),
    },
    "plan_delivery": {
        "free_from": ("From which total on.", _NUMBER),
        "speed": ("How fast.", _TEXT),
        "worth": ("What it counts where a purchase does not tell its price.", _NUMBER),
    },
    "plan_cancel": {
        "refund": ("What of the fee goes back.", _choice("full", "pro_rata", "less_benefits", "none")),
        "within": ("How long after the beginning of the period.", _SPAN),
        "ends": ("When the benefits end.", _choice("at_once", "at_period_end")),
    },
    "plan_change": {
        "when": ("When the other one begins.", _choice("at_once", "at_period_end")),
        "credit": ("Whether what is left of the fee is credited.", _choice("pro_rata", "none")),
    },
    "group": {"pick": ("Which rules win.", _choice("first", "best", "all"))},
    "rule": {
        "title": ("What people read.", _TITLE),
        "on": ("Which activities.", _TYPES),
        "lines": ("Which lines of the purchase.", _CONDITION),
        "when": ("Only if this holds.", _CONDITION),
        "chance": ("How likely it gives at all.", _PERCENT),
        "give": ("What is given.", _UNITS | {"additionalProperties": _one_or_many(_AMOUNT)}),
        "take": ("What is taken.", _UNITS),
        "limit": ("How much or how often a member gets it.", _one_or_many(_ref("limit"))),
        "budget": (
            "How much all members get together, or the name of a budget that is shared.",
            {"anyOf": [{"type": "string", "pattern": _LABEL}, _ref("budget")]},
        ),
        "schedule": ("When the rule is open.", _ref("schedule")),
        "group": ("With which rules it competes.", {"type": "string"}),
        "pending": ("How long what it gives waits.", {"anyOf": [_choice("none"), *_PENDING["anyOf"]]}),
        "expires": ("When what it gives ends.", _EXPIRES),
        "pool": ("The source of what it gives.", {"type": "string"}),
        "issuer": ("The partner whose units it gives, wherever that is.", {"type": "string"}),
        "qualifying": ("Whether metrics of earned units count it.", _FLAG),
        "in_order": ("Whether what the order fills up can be used in it.", _FLAG),
    },
    "limit": {
        "times": ("How often.", _NUMBER),
        "per": ("In which time.", _WINDOW),
        "over": ("What happens above it.", _choice("trim", "reject")),
    },
    "budget": {
        "money": ("How much money, instead of units: counted at what each unit costs.", _NUMBER),
        "over": ("What happens when it is used up.", _choice("trim", "reject")),
    },
    "partner": {
        "title": ("What people call it.", _TITLE),
        "earns": ("The price of each unit that is earned with it, which it owes.", _one_or_many(_ref("earns"))),
        "burns": ("The price of each unit that is burned with it, which it gets.", _one_or_many(_ref("burns"))),
        "pack": ("Units that it has paid for beforehand.", _ref("pack")),
    },
    "earns": {
        "from": ("The first day or instant of these terms.", _INSTANT),
        "owed": ("When the price is owed.", _choice(*OWED)),
    },
    "burns": {"from": ("The first day or instant of these terms.", _INSTANT)},
    "exchange": {
        "title": ("What people call it.", _TITLE),
        "take": ("What the member gives: so much.", _ref("exchange_side")),
        "give": ("What the member gets for it.", _ref("exchange_side")),
        "partner": ("Whose own the other unit is, where it is not the programme's.", {"type": "string"}),
        "fee": ("What is taken besides, once each time.", _ref("exchange_side")),
        "at_least": ("The least that can be exchanged.", _NUMBER),
        "limit": ("The most that a member can exchange.", _ref("quota")),
        "cancel": ("How long it can be undone.", _ref("exchange_cancel")),
    },
    "exchange_side": {},
    **_CAUSES,
    "exchange_cancel": {"within": ("How long.", _SPAN)},
    "pack": {"over": ("What happens when it is used up.", _choice("trim", "reject", "overdraw"))},
    "schedule": {
        "from": ("Its first day or instant.", _INSTANT),
        "until": ("The first day, or instant, at which it is closed again.", _INSTANT),
        "days": ("Days of the week.", _one_or_many(_choice(*DAYS))),
        "hours": ("Hours of the day.", _one_or_many({"type": "string", "examples": ["17:00-19:00"]})),
    },
    "reward": {
        "title": ("What people read.", _TITLE),
        "costs": ("What it costs: units, and money with them.", _map(_NUMBER, _WORD)),
        "per": ("For how many pieces.", _NUMBER),
        "stock": ("How many there are.", _NUMBER),
        "valid": ("How long the voucher can be used.", _SPAN),
        "pending": ("How long it waits before it can be used.", _SPAN),
        "when": ("Who may have it.", _CONDITION),
        "limit": ("How often a member may have it.", _ref("reward_limit")),
        "schedule": ("When it can be claimed, and its code be used.", _ref("schedule")),
        "group": ("With which rewards it competes.", {"type": "string"}),
        "code": ("The public code by which anybody has it.", {"type": "string", "examples": ["SUMMER10"]}),
        "codes": ("Whether imported codes are handed out with it, or bring it.", _choice("pool", "bearer")),
        "partner": ("Who provides it, and gets the price of the units that it costs.", {"type": "string"}),
        "gives": ("What it is.", _ref("gives")),
    },
    "gives": {
        "product": ("The SKU of a free product.", _TEXT),
        "product_where": ("Which product is free.", _CONDITION),
        "percent_off": ("A percentage off.", _PERCENT),
        "amount_off": ("Money off.", _NUMBER),
        "cheapest_of": ("Of so many pieces the cheapest is free.", _NUMBER),
        "delivery": ("What delivery becomes.", _choice("free", "fast", "free_fast")),
        "cash_back": ("Money given back: a percentage of the purchase, or an amount.", _PLAIN),
        "gift_card": ("What is on the gift card that it hands over.", _NUMBER),
        "badge": ("The badge that it gives.", {"type": "string"}),
        "choice": ("Rewards of which the member picks one.", {"type": "array", "items": {"type": "string"}}),
        "access": ("What it opens: a product, an hour, a room.", _TEXT),
        "event": ("What the member takes part in; its seats are the stock.", _TEXT),
        "experience": ("Anything else, in words.", _TEXT),
        "partner": ("What a partner gives for it.", _TEXT),
        "lines": ("Which lines it looks at.", _CONDITION),
        "from": ("From which worth of them on.", _NUMBER),
        "at_most": ("The largest discount.", _NUMBER),
        "keep_rest": ("Whether what one purchase leaves of the amount stays for the next.", _FLAG),
    },
    "reward_limit": {"times": ("How often.", _NUMBER), "per": ("In which time.", _WINDOW)},
    "game": {
        "kind": ("How it is played.", _choice(*SETTINGS_OF)),
        "title": ("What people read.", _TITLE),
        "costs": ("What one play takes.", _map(_NUMBER, _WORD)),
        "free": ("How often it costs nothing.", _ref("game_limit")),
        "limit": ("How often a member may play.", _ref("game_limit")),
        "pause": ("The least time between two plays.", _SPAN),
        "prizes_on_return": ("What becomes of a prize when its play is returned.", _choice("keep", "take_back")),
        "when": ("Who may play.", _CONDITION),
        "visitors": ("Who is no member yet may play and keep the prize by joining.", _ref("visitors")),
        "prizes": ("What can be won.", _map(_ref("prize"), _LABEL)),
        "reels": ("How many reels a slot machine has.", _NUMBER),
        "symbols": ("What is on a reel, and how often.", _map(_NUMBER, _LABEL)),
        "questions": ("What a quiz asks.", _map(_ref("question"), _LABEL)),
        "after": ("What follows the last day of a streak.", _choice("begin_again", "stay")),
    },
    "game_limit": {"times": ("How often.", _NUMBER), "per": ("In which time.", _WINDOW)},
    "visitors": {
        "claim_within": ("How long what was won waits for the visitor to join.", _SPAN),
        "times": ("How often a visitor plays a day.", _NUMBER),
    },
    "prize": {
        "title": ("What people read.", _TITLE),
        "weight": ("Its share of a wheel or of the cards.", _NUMBER),
        "line": ("The symbols that win it.", {"type": "array", "minItems": 2, "items": _TEXT}),
        "from": ("How many right answers win it.", _NUMBER),
        "day": ("On which day of a streak it is given.", _NUMBER),
        "give": ("What is won.", _UNITS | {"additionalProperties": _one_or_many(_AMOUNT)}),
        "stock": ("How often it can be won at all.", _NUMBER),
        "otherwise": ("The prize that stands in when it is gone.", {"type": "string"}),
    },
    "question": {
        "ask": ("The question.", _TITLE),
        "answers": ("What can be chosen.", _map(_TITLE, _LABEL)),
        "right": ("The right answer.", _TEXT),
    },
    **DRAWS,
    "refunds": {
        "method": ("How much is taken back.", _choice("ask_again", "proportional")),
        "when_spent": (
            "How far the wallet may go down.",
            _choice("only_pending", "within_balance", "unlimited"),
        ),
        "net_shortfall": ("Whether what is short lowers the money given back.", _FLAG),
        "within": ("How long a purchase can go back.", _SPAN),
        "unmatched_after": ("When a return without its sale becomes a case.", _SPAN),
        "vouchers": ("What becomes of vouchers that a returned purchase used.", _choice("come_back", "stay_used")),
        "part_used": ("What a reward used in part gives back when it is cancelled.", _choice("share", "refuse")),
        "tenders": ("To what the money goes back.", _choice("ratio", "last_first", "first_first")),
    },
    "holds": {"lapse_after": ("After how long a hold lapses.", _SPAN)},
    "guests": {"claim_within": ("How long a purchase can be claimed.", _SPAN)},
    "late": {
        "accept": ("How late an activity may arrive.", _SPAN),
        "future": ("How far a till's clock may be ahead.", _SPAN),
        "re_rate": ("How far back purchases are decided again when the tier changes.", _SPAN),
    },
    "gift_cards": {
        "unit": ("What is on a card.", {"type": "string", "pattern": _WORD}),
        "least": ("The least that a card is sold with.", _NUMBER),
        "most": ("The most that a card is sold with.", _NUMBER),
        "refund_extends": ("How long what comes back to a card lives at least.", _SPAN),
        "reload": ("Whether a card that was sold already takes more money.", _FLAG),
        "earns": ("Whether what buys cards earns like goods.", _FLAG),
        "bought_with": ("What may pay for cards.", _choice("money", "units")),
    },
    "purchases": {
        "eligible": ("Which lines earn.", _CONDITION),
        "paid_with": ("In which order units and gift cards pay.", _one_or_many({"type": "string"})),
    },
    "adjustments": {
        "approve_above": ("Up to how much of a unit one person corrects alone.", _map(_NUMBER, _WORD)),
        "per_day": ("How much of a unit one person gives alone on a local day.", _map(_NUMBER, _WORD)),
    },
    "drop_of": _DROP,
    "changes": {
        "notice": ("How long before it takes effect a version that takes something away is published.", _SPAN),
        "old_terms": (
            "Who stays under the version before this one; `kept`: who had joined by then, for good.",
            {"anyOf": [_choice("kept"), _ref("old_terms")]},
        ),
    },
    "old_terms": {
        "for": ("The members for whom this holds; without it: those who had joined by then.", _CONDITION),
        "until": ("Until when; without it: for good.", _INSTANT),
    },
    "stacking": {
        "pick": ("How many of them count.", _choice("all", "best", "first")),
        "percent_of": ("Of what a percentage is taken.", _choice("running", "initial")),
        "order": ("Which comes first.", _choice("as_sent", "as_declared")),
        "no_effect": ("Whether a voucher that lowers nothing is used up.", _choice("prevent", "force")),
    },
    "referral": {
        "when": ("Which purchase of the friend counts.", _CONDITION),
        "first": ("Whether only the friend's first purchase counts.", _FLAG),
        "within": ("How soon after joining that must be.", _SPAN),
        "wait": ("How long the purchase has to stand: the return window.", _SPAN),
        "claim_within": ("How soon after joining the code has to be brought.", _SPAN),
        "who": ("Who may bring friends.", _CONDITION),
        "link": ("The address that members share; {code} stands for their code.", _TEXT),
        "hold": ("What is held until somebody has looked at it.", _ref("referral_hold")),
    },
    "referral_hold": {
        "same": ("What friend and referrer must not share.", _one_or_many(_choice(*PRINTS, "none"))),
        "ring": ("Up to how many members a ring is looked for.", _NUMBER),
        "friends": ("How many friends of one member are not too many.", _NUMBER),
        "per": ("In which time.", _WINDOW),
    },
}
"""What each setting means, and its form."""

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "exchange": ("take", "give"),
    "exchange_cancel": ("within",),
    "cause": ("takes", "worth"),
    "match": ("by", "up_to"),
    "programme": ("programme", "currency", "timezone", "units"),
    "freeze": ("every",),
    "challenge": ("gives",),
    "leaderboard": ("by",),
    "challenge_step": ("target",),
    "quota": ("at_most", "per"),
    "unit_limit": ("at_most", "per"),
    "pending": ("for",),
    "pool": ("expires",),
    "field": ("type",),
    "tiers": ("by", "levels"),
    "drop_of": ("reward", "opens", "admit"),
    "level": ("from",),
    "plan": ("benefits",),
    "plan_discount": ("off",),
    "group": ("pick",),
    "rule": ("on",),
    "limit": ("per",),
    "reward": ("gives",),
    "reward_limit": ("times", "per"),
    "game": ("kind", "prizes"),
    "game_limit": ("times", "per"),
    "visitors": ("claim_within",),
    "question": ("ask", "answers", "right"),
    "draw": ("tickets", "until", "prizes"),
    "draw_prize": ("reward",),
    "contest": ("until", "fields", "result"),
    "contest_field": ("type",),
    "holds": ("lapse_after",),
    "guests": ("claim_within",),
    "gift_cards": ("unit",),
    "referral": ("wait",),
}
_FREE: Final[dict[str, Json]] = {
    "plan_benefits": {"anyOf": [_PLAIN, {"type": "array"}]},
    "level": {"anyOf": [_PLAIN, {"type": "array"}]},
    **dict.fromkeys(("limit", "budget", "earns", "burns", "pack", "exchange_side"), _NUMBER),
}
"""Sections with names of the programme's own beside their settings."""


def programme_schema() -> Json:
    """Return the schema (JSON Schema 2020-12)."""
    sections = {kind: _section(kind) for kind in KEYS}
    top = sections.pop("programme")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Setia programme",
        **top,
        "$defs": sections,
    }


def _section(kind: str) -> Json:
    settings = SETTINGS[kind]
    found: Json = {
        "type": "object",
        "properties": {name: {"description": settings[name][0], **settings[name][1]} for name in KEYS[kind]},
        "additionalProperties": _FREE.get(kind, False),
    }
    if kind in REQUIRED:
        found["required"] = list(REQUIRED[kind])
    if kind in ("unit", "rule", "metric", "level"):
        found["type"] = ["object", "null"] if kind == "unit" else "object"
    return found


def schema_text() -> str:
    """Return the schema as it is kept in the package."""
    return json.dumps(programme_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else FILE).write_text(schema_text(), encoding="utf-8")
