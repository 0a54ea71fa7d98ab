"""What can be wrong with an expression: problems found while reading it, errors met while running it."""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Every kind of problem that reading an expression can report."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_COSTLY = "too_costly"
    UNEXPECTED_CHARACTER = "unexpected_character"
    WRONG_OPERATOR = "wrong_operator"
    SMART_QUOTE = "smart_quote"
    UNTERMINATED_TEXT = "unterminated_text"
    BAD_ESCAPE = "bad_escape"
    BAD_NUMBER = "bad_number"
    NUMBER_TOO_LONG = "number_too_long"
    AMBIGUOUS_NUMBER = "ambiguous_number"
    SYNTAX = "syntax"
    UNCLOSED_BRACKET = "unclosed_bracket"
    CHAINED_COMPARISON = "chained_comparison"
    NOT_SUPPORTED = "not_supported"
    EMPTY_LIST = "empty_list"
    MIXED_LIST = "mixed_list"
    UNKNOWN_NAME = "unknown_name"
    UNKNOWN_FIELD = "unknown_field"
    NO_FIELDS = "no_fields"
    UNKNOWN_FUNCTION = "unknown_function"
    UNKNOWN_METHOD = "unknown_method"
    WRONG_ARGUMENTS = "wrong_arguments"
    WRONG_TYPE = "wrong_type"
    CANNOT_COMPARE = "cannot_compare"
    WHOLE_RECORD = "whole_record"
    NOT_A_CONDITION = "not_a_condition"
    NOT_A_NUMBER = "not_a_number"
    ALWAYS_TRUE = "always_true"
    ALWAYS_FALSE = "always_false"
    COMPARED_WITH_ITSELF = "compared_with_itself"
    DIVISION_BY_ZERO = "division_by_zero"
    BAD_DATE = "bad_date"
    HAS_NEEDS_FIELD = "has_needs_field"
    HAS_ALWAYS_TRUE = "has_always_true"
    BAD_VARIABLE = "bad_variable"
    LISTS_TOO_DEEP = "lists_too_deep"
    STREAK_NEEDS_METRIC = "streak_needs_metric"
    STREAK_MIXES_PERIODS = "streak_mixes_periods"
    STREAK_IN_STREAK = "streak_in_streak"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about an expression's text.

    `offset` and `length` count characters of the source, so that whoever holds the file can point at a line and column.
    """

    code: Code
    message: str
    hint: str
    offset: int
    length: int


class EvaluationCode(StrEnum):
    """Every way in which a sound expression can still fail on the values it is given."""

    DIVISION_BY_ZERO = "division_by_zero"
    LIST_TOO_LONG = "list_too_long"


class EvaluationError(Exception):
    """An expression met values it cannot compute with; `code` is stable, `message` is for people."""

    def __init__(self, code: EvaluationCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
