"""The settings that each part of a programme file knows: read by the parser, the JSON Schema and the messages."""

from __future__ import annotations

from typing import Final

GIVES: Final[dict[str, tuple[str, ...]]] = {
    "product": (),
    "product_where": (),
    "percent_off": ("lines", "from", "at_most"),
    "amount_off": ("lines", "from", "keep_rest"),
    "cheapest_of": ("lines", "from"),
    "delivery": ("from",),
    "cash_back": ("lines", "from", "at_most"),
    "gift_card": (),
    "badge": (),
    "choice": (),
    "access": (),
    "event": (),
    "experience": (),
    "partner": (),
}
"""Every form of ``gives`` of a reward, with the settings that it takes beside its own."""
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "programme": tuple(
        "programme title currency timezone founded units activities members metrics tiers plans "
        "groups badges avatars challenges leaderboards rules rewards games draws contests refunds holds guests late "
        "purchases adjustments stacking gift_cards changes partners budgets referral exchanges causes drops".split()
    ),
    "unit": tuple(
        "name decimals worth breakage pays expires pending rounding at_most limit transfer pools top_up remind".split()
    ),
    "pays": ("worth", "earn_on_paid", "same_order"),
    "top_up": ("least", "most", "earns"),
    "expires": tuple("after from until on min_life inactive_for activities exempt after_exemption".split()),
    "pending": ("for",),
    "rounding": ("mode", "at", "carry"),
    "transfer": ("expires", "min_life", "send", "receive"),
    "transfer_expires": ("after",),
    "quota": ("at_most", "per"),
    "unit_limit": ("at_most", "per", "over"),
    "pool": ("expires", "closed"),
    "activity": ("title", "fields", "lines"),
    "field": ("type", "required", "one_of"),
    "members": ("fields",),
    "metric": ("title", "sum", "count", "days", "earned", "streak", "on", "when", "freeze", "by", "over"),
    "freeze": ("times", "every"),
    "badge": ("title",),
    "avatar": ("title", "picture", "badge", "when", "while"),
    "leaderboard": ("title", "by", "top", "ties"),
    "challenge": tuple(
        "title sum count days earned streak on when freeze target steps over within from until join repeat rollback "
        "gives".split()
    ),
    "challenge_step": tuple("title sum count days earned streak on when freeze target".split()),
    "window": ("year_from", "every", "from"),
    "tiers": ("by", "levels", "keep", "drop", "refunds"),
    "level": ("title", "from", "to", "discount", "delivery"),
    "delivery": ("free_from", "speed"),
    "keep": ("for", "through", "plus"),
    "drop": ("by", "grace", "notice"),
    "plan": tuple(
        "title fee tax costs lasts trial notice dunning grace benefits with_tier cancel change closed".split()
    ),
    "plan_benefits": ("discount", "delivery"),
    "plan_discount": ("off", "lines"),
    "plan_delivery": ("free_from", "speed", "worth"),
    "plan_cancel": ("refund", "within", "ends"),
    "plan_change": ("when", "credit"),
    "group": ("pick",),
    "rule": tuple(
        "title on lines when chance give take limit budget schedule group pending expires pool issuer qualifying "
        "in_order".split()
    ),
    "limit": ("times", "per", "over"),
    "budget": ("money", "over"),
    "partner": ("title", "earns", "burns", "pack"),
    "earns": ("from", "owed"),
    "burns": ("from",),
    "pack": ("over",),
    "exchange": ("title", "take", "give", "partner", "fee", "at_least", "limit", "cancel"),
    "exchange_side": (),
    "cause": tuple("title takes worth least step schedule when match".split()),
    "match": ("by", "percent", "up_to"),
    "exchange_cancel": ("within",),
    "schedule": ("from", "until", "days", "hours"),
    "reward": tuple("title costs per stock valid pending when limit schedule group code codes partner gives".split()),
    "gives": (*GIVES, "lines", "from", "at_most", "keep_rest"),
    "reward_limit": ("times", "per"),
    "game": tuple(
        "kind title costs free limit pause prizes_on_return when visitors prizes reels symbols questions after".split()
    ),
    "game_limit": ("times", "per"),
    "visitors": ("claim_within", "times"),
    "prize": tuple("title weight line from day give stock otherwise".split()),
    "question": ("ask", "answers", "right"),
    "draw": tuple("title tickets from until at_most when prizes alternates answer_within beacon".split()),
    "draw_prize": ("reward", "winners"),
    "contest": tuple("title from until fields at_most slots when costs moderated votes result".split()),
    "contest_field": ("type", "title", "at_most", "one_of", "required"),
    "contest_votes": ("from", "until", "at_most", "per_day", "when", "shown"),
    "contest_result": ("by", "winners", "ties"),
    "refunds": tuple("method when_spent net_shortfall within unmatched_after vouchers part_used tenders".split()),
    "holds": ("lapse_after",),
    "guests": ("claim_within",),
    "late": ("accept", "future", "re_rate"),
    "gift_cards": ("unit", "least", "most", "refund_extends", "reload", "earns", "bought_with"),
    "purchases": ("eligible", "paid_with"),
    "adjustments": ("approve_above", "per_day"),
    "drop_of": ("title", "reward", "opens", "lobby", "admit", "every", "pass", "hold"),
    "changes": ("notice", "old_terms"),
    "old_terms": ("for", "until"),
    "stacking": ("pick", "percent_of", "order", "no_effect"),
    "referral": ("when", "first", "within", "wait", "claim_within", "who", "link", "hold"),
    "referral_hold": ("same", "ring", "friends", "per"),
}
