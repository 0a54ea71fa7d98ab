"""The chart of accounts, and what must hold for each."""

from __future__ import annotations

from setia.values.codes import MEMBER_ACCOUNTS, Account


def is_member_account(account: Account) -> bool:
    """Whether units in ``account`` belong to a member (and so are a liability of the operator)."""
    return account in MEMBER_ACCOUNTS


def breaks_sign(account: Account, balance: int) -> bool:
    """Whether ``balance`` is one that a member's ``account`` may never have: only debt is negative, and only debt."""
    return balance > 0 if account is Account.DEBT else balance < 0
