"""What can be wrong with a programme file: the closed list of codes, and one finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Severity = Literal["error", "warning"]


class DiagnosticCode(StrEnum):
    """Every kind of finding, in the order of the reference. ``MEANINGS`` explains each.

    A problem inside an expression has a code of its own, ``expression.<code>``.
    """

    # The file.
    FILE_TOO_LARGE = "file_too_large"
    EMPTY_FILE = "empty_file"
    BAD_YAML = "bad_yaml"
    SEVERAL_DOCUMENTS = "several_documents"
    ALIAS_NOT_ALLOWED = "alias_not_allowed"
    TAG_NOT_ALLOWED = "tag_not_allowed"
    TOO_DEEP = "too_deep"
    TOO_MANY_NODES = "too_many_nodes"
    BAD_KEY = "bad_key"
    DUPLICATE_KEY = "duplicate_key"
    # The form of a setting.
    UNKNOWN_KEY = "unknown_key"
    MISSING_KEY = "missing_key"
    CONFLICTING_KEYS = "conflicting_keys"
    WRONG_SHAPE = "wrong_shape"
    BAD_NAME = "bad_name"
    RESERVED_NAME = "reserved_name"
    BAD_CHOICE = "bad_choice"
    BAD_NUMBER = "bad_number"
    OUT_OF_RANGE = "out_of_range"
    ZERO_IS_NOT_UNLIMITED = "zero_is_not_unlimited"
    BAD_PERCENT = "bad_percent"
    BAD_SPAN = "bad_span"
    BAD_WINDOW = "bad_window"
    BAD_DATE = "bad_date"
    BAD_HOURS = "bad_hours"
    BAD_LANGUAGE = "bad_language"
    BAD_CODE = "bad_code"
    CHOICE_OF_ONE = "choice_of_one"
    CHOICE_OF_CHOICES = "choice_of_choices"
    MONEY_WITHOUT_UNITS = "money_without_units"
    UNKNOWN_CURRENCY = "unknown_currency"
    UNKNOWN_TIMEZONE = "unknown_timezone"
    SAID_TWICE = "said_twice"
    # References.
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_METRIC = "unknown_metric"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_ACTIVITY = "unknown_activity"
    UNKNOWN_REWARD = "unknown_reward"
    UNKNOWN_GROUP = "unknown_group"
    UNKNOWN_BADGE = "unknown_badge"
    UNKNOWN_POOL = "unknown_pool"
    UNKNOWN_PLAN = "unknown_plan"
    UNKNOWN_PARTNER = "unknown_partner"
    UNKNOWN_BUDGET = "unknown_budget"
    ACTIVITY_NOT_RULED = "activity_not_ruled"
    BUILT_IN_ACTIVITY = "built_in_activity"
    LINES_WITHOUT_PURCHASE = "lines_without_purchase"
    UNCLEAR_ACTIVITY = "unclear_activity"
    MIXED_BENEFIT = "mixed_benefit"
    # Partners.
    PACK_WITHOUT_EARNING = "pack_without_earning"
    OWED_WITH_PACK = "owed_with_pack"
    TERMS_NOT_ASCENDING = "terms_not_ascending"
    ISSUER_DOES_NOT_EARN = "issuer_does_not_earn"
    PARTNER_DOES_NOT_BURN = "partner_does_not_burn"
    EXCHANGE_WITHOUT_OUTSIDE = "exchange_without_outside"
    EXCHANGE_NOT_PRICED = "exchange_not_priced"
    # Tiers.
    FIRST_LEVEL_ABOVE_ZERO = "first_level_above_zero"
    LEVELS_NOT_ASCENDING = "levels_not_ascending"
    LEVELS_OVERLAP = "levels_overlap"
    LAST_LEVEL_ENDS = "last_level_ends"
    TIER_CASCADE = "tier_cascade"
    STARVED_TIER = "starved_tier"
    # Settings without effect.
    ACTIVATION_WITHOUT_PENDING = "activation_without_pending"
    CARRY_BY_LINE = "carry_by_line"
    CAP_WITHOUT_GIVING = "cap_without_giving"
    POOL_WITHOUT_RULE = "pool_without_rule"
    LIMIT_WITHOUT_GIVING = "limit_without_giving"
    LIMIT_NEVER_REACHED = "limit_never_reached"
    BUDGET_WITHOUT_GIVING = "budget_without_giving"
    BUDGET_WITHOUT_COST = "budget_without_cost"
    GROUP_OF_ONE = "group_of_one"
    GROUP_OF_BOTH = "group_of_both"
    GROUP_WITHOUT_DISCOUNT = "group_without_discount"
    STACKING_WITHOUT_DISCOUNT = "stacking_without_discount"
    PART_USED_WITHOUT_REST = "part_used_without_rest"
    VOUCHER_NEVER_MADE = "voucher_never_made"
    UNREACHABLE_RULE = "unreachable_rule"
    GRACE_WITHOUT_DROP = "grace_without_drop"
    NOTICE_WITHOUT_REVIEW = "notice_without_review"
    KEEP_WITHOUT_PERIOD = "keep_without_period"
    SCHEDULE_BACKWARDS = "schedule_backwards"
    SCHEDULE_NEVER_OPEN = "schedule_never_open"
    SHORTFALL_WITHOUT_WORTH = "shortfall_without_worth"
    SHORTFALL_UNLIMITED = "shortfall_unlimited"
    RERATE_WITHOUT_TIERS = "rerate_without_tiers"
    DROP_WITHOUT_STOCK = "drop_without_stock"
    ORDER_WITHOUT_REACHING = "order_without_reaching"
    ORDER_GIVES_UNITS = "order_gives_units"
    REMINDER_WITHOUT_EXPIRY = "reminder_without_expiry"
    REMINDER_BEFORE_EARNING = "reminder_before_earning"
    FOUNDED_WITHOUT_RULE = "founded_without_rule"
    EXEMPTION_WITHOUT_CONDITION = "exemption_without_condition"
    PENDING_WITHOUT_UNIT = "pending_without_unit"
    EXPIRY_WITHOUT_UNIT = "expiry_without_unit"
    QUALIFYING_WITHOUT_METRIC = "qualifying_without_metric"
    DISCOUNT_CAP_WITHOUT_PERCENT = "discount_cap_without_percent"
    PENDING_ALREADY_NONE = "pending_already_none"
    TRANSFER_WITHOUT_EXPIRY = "transfer_without_expiry"
    TERMS_WITHOUT_COST = "terms_without_cost"
    RULE_DOES_NOTHING = "rule_does_nothing"
    REFUND_WINDOW_WITHOUT_REFUND = "refund_window_without_refund"
    CREDIT_WITHOUT_REST = "credit_without_rest"
    UNREACHABLE_DISCOUNT = "unreachable_discount"
    FEE_TERMS_WITHOUT_FEE = "fee_terms_without_fee"
    LENGTH_WITHOUT_GIVING = "length_without_giving"
    GIVING_WITHOUT_LENGTH = "giving_without_length"
    DUNNING_AFTER_LAPSE = "dunning_after_lapse"
    NOTICE_BEFORE_START = "notice_before_start"
    WITH_TIER_WITHOUT_DISCOUNTS = "with_tier_without_discounts"
    CHANGE_TO_NOTHING = "change_to_nothing"
    CHANCE_CERTAIN = "chance_certain"
    SETTING_OF_OTHER_GAME = "setting_of_other_game"
    STOCK_FALLS_IN_A_CIRCLE = "stock_falls_in_a_circle"
    PRIZE_NEVER_WON = "prize_never_won"
    FREE_WITHOUT_COST = "free_without_cost"
    ALTERNATES_WITHOUT_ANSWER = "alternates_without_answer"
    # Money in units.
    CARDS_NOT_MONEY = "cards_not_money"
    SEVERAL_TOP_UPS = "several_top_ups"
    CARDS_END_BY_INACTIVITY = "cards_end_by_inactivity"
    EXTENSION_WITHOUT_EXPIRY = "extension_without_expiry"
    EARNS_TWICE = "earns_twice"
    NO_GIFT_CARDS = "no_gift_cards"
    CARD_IN_ORDER = "card_in_order"
    TENDER_CANNOT_PAY = "tender_cannot_pay"
    ORDER_OF_ONE_TENDER = "order_of_one_tender"
    REFERRAL_WITHOUT_GIVING = "referral_without_giving"
    RULE_WITHOUT_REFERRAL = "rule_without_referral"
    LINK_WITHOUT_CODE = "link_without_code"
    # Loops.
    MONEY_LOOP = "money_loop"
    CARD_LOOP = "card_loop"
    REACHED_WITHOUT_TAKING = "reached_without_taking"
    # Warnings.
    UNIT_NEVER_GIVEN = "unit_never_given"
    REWARD_NEVER_GIVEN = "reward_never_given"
    BADGE_NEVER_GIVEN = "badge_never_given"
    METRIC_NOT_USED = "metric_not_used"
    BUDGET_NOT_USED = "budget_not_used"
    TAKES_TOO_MUCH = "takes_too_much"
    PLAN_WITHOUT_BENEFITS = "plan_without_benefits"
    WAIT_SHORTER_THAN_REFUNDS = "wait_shorter_than_refunds"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file: line and column, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``code`` is a ``DiagnosticCode`` or ``expression.<code>``; ``hint`` says what to do, or is empty."""

    code: str
    severity: Severity
    message: str
    file: str
    line: int
    column: int
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.message}{hint}"


class Findings:
    """Collects the diagnostics of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Diagnostic] = []

    def error(self, code: DiagnosticCode, message: str, place: Place, hint: str = "") -> None:
        """Note an error at ``place``."""
        self.add(code.value, "error", message, place, hint)

    def add(self, code: str, severity: Severity, message: str, place: Place, hint: str) -> None:
        """Note a finding under any code."""
        self._found.append(Diagnostic(code, severity, message, self.file, place.line, place.column, hint))

    def take(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Note findings that are complete already."""
        self._found += diagnostics

    @property
    def has_errors(self) -> bool:
        """Whether anything found keeps the programme from running."""
        return any(found.severity == "error" for found in self._found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All findings in the order of the file, each once."""
        return tuple(sorted(dict.fromkeys(self._found), key=lambda found: (found.line, found.column)))
