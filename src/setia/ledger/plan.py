"""Planning: what is decided becomes balanced entries on a wallet, or a shortfall. Pure.

An entry moves a positive amount from one account (``debit``) to another (``credit``), so every transaction sums to
zero by construction. Each function changes the wallet in memory and returns the entries that explain the change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from setia.ledger.lots import Balance, Hold, HoldState, Lot, Wallet, spend_order
from setia.values.codes import MEMBER_ACCOUNTS, Account
from setia.values.stakes import NOBODY, Stake


@dataclass(slots=True)
class Entry:
    """One line of the book: ``amount`` steps of ``unit`` go from ``debit`` to ``credit``.

    ``no`` counts up per member. ``lot`` is the lot moved (its own number when the entry makes the lot, which then
    has ``activates_at``, ``expires_at`` and ``pool``). ``effective_at`` is the instant for as-of questions.
    ``stake``: of what is made or taken back the issuer's, of what is spent or given back where it is spent (see
    ``values.stakes``).
    """

    no: int
    unit: str
    amount: int
    debit: Account
    credit: Account
    lot: int | None
    rule: str
    effective_at: dt.datetime
    reason: str = ""
    pool: str = ""
    activates_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    stake: Stake = NOBODY


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The wallet has ``found`` of the ``wanted`` steps; nothing was planned."""

    unit: str
    wanted: int
    found: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How awarded units live: pending until ``activates_at``, over at ``expires_at``, of which ``pool``; and whose."""

    activates_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    pool: str = ""
    stake: Stake = NOBODY


def _book(
    wallet: Wallet,
    unit: str,
    amount: int,
    debit: Account,
    credit: Account,
    at: dt.datetime,
    *,
    lot: int | None = None,
    rule: str = "",
    reason: str = "",
    stake: Stake = NOBODY,
) -> Entry:
    assert amount > 0 and debit is not credit, f"an entry of {amount} {unit} from {debit} to {credit}"
    balance = wallet.balance(unit)
    balance.add(debit, -amount)
    balance.add(credit, amount)
    if debit in MEMBER_ACCOUNTS or credit in MEMBER_ACCOUNTS:
        wallet.touched_units.add(unit)
    if lot is not None:
        wallet.touched_lots.add(lot)
    wallet.seq += 1
    return Entry(wallet.seq, unit, amount, debit, credit, lot, rule, at, reason, stake=stake)


def plan_award(
    wallet: Wallet,
    unit: str,
    amount: int,
    *,
    origin: UUID,
    earned_at: dt.datetime,
    terms: Terms,
    source: Account = Account.ISSUED,
    rule: str = "",
    reason: str = "",
) -> list[Entry]:
    """Give ``amount`` to the member: debt is repaid first (no lot for that part), the rest becomes a lot."""
    entries: list[Entry] = []
    balance = wallet.balance(unit)
    is_pending = terms.activates_at is not None
    if not is_pending and balance.debt:
        repaid = min(amount, -balance.debt)
        why = reason or "repays_debt"
        entries.append(
            _book(wallet, unit, repaid, source, Account.DEBT, earned_at, rule=rule, reason=why, stake=terms.stake)
        )
        amount -= repaid
    if amount:
        into = Account.PENDING if is_pending else Account.AVAILABLE
        entry = _book(
            wallet, unit, amount, source, into, earned_at, lot=wallet.seq + 1, rule=rule, reason=reason,
            stake=terms.stake,
        )  # fmt: skip
        entry.activates_at, entry.expires_at, entry.pool = terms.activates_at, terms.expires_at, terms.pool
        lot = Lot(
            entry.no, unit, amount, amount, is_pending, earned_at, terms.activates_at, terms.expires_at, origin, rule,
            terms.pool, stake=terms.stake, pauses=wallet.pauses,
        )  # fmt: skip
        wallet.lots[lot.no] = lot
        wallet.new_lots.append(lot)
        entries.append(entry)
    return entries


def plan_spend(
    wallet: Wallet,
    unit: str,
    amount: int,
    at: dt.datetime,
    *,
    into: Account = Account.REDEEMED,
    rule: str = "",
    reason: str = "",
    lots: Iterable[Lot] | None = None,
    stake: Stake = NOBODY,
) -> list[Entry] | Shortfall:
    """Take ``amount`` of what is available, soonest expiry first; all of it or nothing.

    A member in debt can spend only what is available beyond the debt. ``lots`` narrows what may be taken. ``stake``:
    where it is spent.
    """
    chosen = wallet.open_lots(unit) if lots is None else sorted(lots, key=spend_order)
    found = sum(lot.left for lot in chosen) + wallet.balance(unit).debt
    if amount > found:
        return Shortfall(unit, amount, max(found, 0))
    return _take(wallet, unit, amount, chosen, Account.AVAILABLE, into, at, rule=rule, reason=reason, stake=stake)


def _take(
    wallet: Wallet,
    unit: str,
    amount: int,
    lots: Iterable[Lot],
    debit: Account,
    credit: Account,
    at: dt.datetime,
    *,
    rule: str = "",
    reason: str = "",
    stake: Stake = NOBODY,
) -> list[Entry]:
    """Take up to ``amount`` from ``lots`` in their order."""
    entries: list[Entry] = []
    for lot in lots:
        if not amount:
            break
        part = min(amount, lot.left)
        if part:
            lot.left -= part
            amount -= part
            entries.append(
                _book(wallet, unit, part, debit, credit, at, lot=lot.no, rule=rule, reason=reason, stake=stake)
            )
    return entries


def plan_take_out(wallet: Wallet, lot: Lot, amount: int, at: dt.datetime, *, into: Account, reason: str) -> Entry:
    """Take ``amount`` out of one lot, pending or not: it goes to another member, or should not have been given."""
    lot.left -= amount
    debit = Account.PENDING if lot.is_pending else Account.AVAILABLE
    return _book(wallet, lot.unit, amount, debit, into, at, lot=lot.no, rule=lot.rule, reason=reason)


def plan_put_in(
    wallet: Wallet, like: Lot, amount: int, at: dt.datetime, *, source: Account, reason: str
) -> list[Entry]:
    """Make a lot of ``amount`` with the dates, the pool, the issuer and the origin of another; one that is over ends
    at once."""
    activates_at = like.activates_at if like.activates_at is not None and like.activates_at > at else None
    into = Account.AVAILABLE if activates_at is None else Account.PENDING
    entry = _book(
        wallet, like.unit, amount, source, into, at, lot=wallet.seq + 1, rule=like.rule, reason=reason,
        stake=like.stake,
    )  # fmt: skip
    entry.activates_at, entry.expires_at, entry.pool = activates_at, like.expires_at, like.pool
    lot = Lot(
        entry.no, like.unit, amount, amount, activates_at is not None, like.earned_at, activates_at, like.expires_at,
        like.origin, like.rule, like.pool, stake=like.stake, pauses=wallet.pauses,
    )  # fmt: skip
    wallet.lots[lot.no] = lot
    wallet.new_lots.append(lot)
    ends = lot.ends_by(at)
    return [
        entry,
        *(plan_expiry(wallet, lot, at, reason="expired_while_spent") if ends is not None and ends <= at else []),
    ]


def plan_restoration_elsewhere(
    wallet: Wallet,
    theirs: Wallet,
    amount: int,
    at: dt.datetime,
    *,
    taken: Iterable[tuple[int, int]],
    source: Account = Account.REDEEMED,
    stake: Stake,
) -> list[Entry]:
    """Give ``amount`` back that was spent from lots of a wallet that is part of this one now (``theirs``), last taken
    first: as lots with the dates that those have."""
    entries: list[Entry] = []
    for number, part in reversed(list(taken)):
        part = min(part, amount)
        if part:
            amount -= part
            lot = theirs.lots[number]
            entries.append(_book(wallet, lot.unit, part, source, Account.TRANSFERRED, at, stake=stake))
            entries += plan_put_in(wallet, lot, part, at, source=Account.TRANSFERRED, reason="merged")
    return entries


def plan_activation(wallet: Wallet, lot: Lot, at: dt.datetime) -> list[Entry]:
    """Pending units become available; debt is repaid from them first."""
    entries: list[Entry] = []
    debt = -wallet.balance(lot.unit).debt
    repaid = min(debt, lot.left)
    if repaid:
        lot.left -= repaid
        entries.append(
            _book(
                wallet, lot.unit, repaid, Account.PENDING, Account.DEBT, at,
                lot=lot.no, rule=lot.rule, reason="repays_debt",
            )
        )  # fmt: skip
    if lot.left:
        entries.append(
            _book(wallet, lot.unit, lot.left, Account.PENDING, Account.AVAILABLE, at, lot=lot.no, rule=lot.rule)
        )
    lot.is_pending = False
    wallet.touched_lots.add(lot.no)
    return entries


def plan_expiry(wallet: Wallet, lot: Lot, at: dt.datetime, *, reason: str = "") -> list[Entry]:
    """What is left of ``lot`` ends."""
    left = lot.left
    if not left:
        return []
    lot.left, lot.expired = 0, lot.expired + left
    debit = Account.PENDING if lot.is_pending else Account.AVAILABLE
    return [_book(wallet, lot.unit, left, debit, Account.EXPIRED, at, lot=lot.no, rule=lot.rule, reason=reason)]


def plan_hold(wallet: Wallet, hold: Hold, at: dt.datetime) -> list[Entry] | Shortfall:
    """Set aside ``hold.amount``, remembering the lots it came from."""
    entries = plan_spend(wallet, hold.unit, hold.amount, at, into=Account.HELD)
    wallet.holds[hold.id] = hold
    wallet.touched_holds.add(hold.id)
    if isinstance(entries, Shortfall):
        hold.state = HoldState.DECLINED
        return entries
    hold.taken = [(entry.lot, entry.amount) for entry in entries if entry.lot is not None]
    return entries


def plan_commit(wallet: Wallet, hold: Hold, amount: int, at: dt.datetime, *, stake: Stake = NOBODY) -> list[Entry]:
    """Spend ``amount`` (≤ the hold) for good; the rest is free at once. ``stake``: where it is spent."""
    assert 0 < amount <= hold.amount and hold.state is HoldState.PLACED
    hold.state = HoldState.COMMITTED
    entries: list[Entry] = []
    rest: list[tuple[int, int]] = []
    for number, held in hold.taken:
        part = min(amount, held)
        amount -= part
        if part:
            entries.append(_book(wallet, hold.unit, part, Account.HELD, Account.REDEEMED, at, lot=number, stake=stake))
        if held - part:
            rest.append((number, held - part))
    return entries + _free(wallet, hold, rest, at)


def plan_release(wallet: Wallet, hold: Hold, at: dt.datetime, state: HoldState) -> list[Entry]:
    """Give all of the hold back (``state``: RELEASED or LAPSED)."""
    assert hold.state is HoldState.PLACED
    hold.state = state
    return _free(wallet, hold, hold.taken, at)


def _free(wallet: Wallet, hold: Hold, parts: list[tuple[int, int]], at: dt.datetime) -> list[Entry]:
    wallet.touched_holds.add(hold.id)
    entries: list[Entry] = []
    for number, amount in parts:
        entries += _back_into(wallet, number, amount, Account.HELD, at, ended="expired_while_held")
    return entries


def plan_reversal(
    wallet: Wallet,
    unit: str,
    amount: int,
    at: dt.datetime,
    *,
    origin: UUID,
    when_spent: str,
    into: Account = Account.REVERSED,
    rule: str = "",
    stake: Stake = NOBODY,
) -> tuple[list[Entry], int]:
    """Take back up to ``amount`` that activity ``origin`` earned; return the entries and what could not be taken.

    Order: its pending lots; then (unless ``only_pending``) its available lots; what of it expired unused needs no
    taking back and is only reclassified; then any other available lot; and with ``unlimited`` the rest is debt.
    ``stake``: of the award that is taken back, whosever lots have to stand for it.
    """
    own = sorted((lot for lot in wallet.lots.values() if lot.origin == origin and lot.unit == unit), key=spend_order)
    own.sort(key=lambda lot: (lot.rule != rule, lot.stake != stake))
    pending = [lot for lot in own if lot.is_pending]
    entries = _take(wallet, unit, amount, pending, Account.PENDING, into, at, rule=rule, stake=stake)
    wanted = amount - sum(entry.amount for entry in entries)
    if not wanted or when_spent == "only_pending":
        return entries, wanted
    mine = [lot for lot in own if not lot.is_pending]
    taken = _take(wallet, unit, wanted, mine, Account.AVAILABLE, into, at, rule=rule, stake=stake)
    wanted -= sum(entry.amount for entry in taken)
    entries += taken
    for lot in own:
        part = min(wanted, lot.expired)
        if part:
            lot.expired -= part
            wanted -= part
            entries.append(_book(wallet, unit, part, Account.EXPIRED, into, at, lot=lot.no, rule=rule, stake=stake))
    others = wallet.open_lots(unit)
    taken = _take(wallet, unit, wanted, others, Account.AVAILABLE, into, at, rule=rule, stake=stake)
    wanted -= sum(entry.amount for entry in taken)
    entries += taken
    if wanted and when_spent == "unlimited":
        entries.append(_book(wallet, unit, wanted, Account.DEBT, into, at, rule=rule, stake=stake))
        wanted = 0
    return entries, wanted


def plan_restoration(
    wallet: Wallet,
    unit: str,
    amount: int,
    at: dt.datetime,
    *,
    taken: Iterable[tuple[int, int]],
    source: Account = Account.REDEEMED,
    rule: str = "",
    stake: Stake = NOBODY,
) -> list[Entry]:
    """Give ``amount`` back into the lots it was ``taken`` from, last taken first. ``stake``: where it had been spent.

    A lot that has ended in the meantime takes its part back and ends at once: the member is where they would be had
    they not spent it.
    """
    entries: list[Entry] = []
    for number, part in reversed(list(taken)):
        part = min(part, amount)
        if not part:
            break
        amount -= part
        entries += _back_into(wallet, number, part, source, at, rule=rule, ended="expired_while_spent", stake=stake)
    assert not amount, f"{amount} {unit} to restore that were never taken"
    return entries


def _back_into(
    wallet: Wallet,
    number: int,
    amount: int,
    source: Account,
    at: dt.datetime,
    *,
    rule: str = "",
    ended: str,
    stake: Stake = NOBODY,
) -> list[Entry]:
    """Put ``amount`` back into its lot. If that has ended it ends at once (reason ``ended``); else debt comes first."""
    lot = wallet.lots[number]
    entries = [_book(wallet, lot.unit, amount, source, Account.AVAILABLE, at, lot=number, rule=rule, stake=stake)]
    lot.left += amount
    ends = lot.ends_by(at)
    if ends is not None and ends <= at:
        return entries + plan_expiry(wallet, lot, at, reason=ended)
    repaid = min(amount, -wallet.balance(lot.unit).debt)
    if repaid:
        lot.left -= repaid
        entries.append(
            _book(
                wallet, lot.unit, repaid, Account.AVAILABLE, Account.DEBT, at,
                lot=number, rule=rule, reason="repays_debt",
            )
        )  # fmt: skip
    return entries


def fold(balances: dict[str, Balance], entries: Iterable[Entry]) -> dict[str, Balance]:
    """Add ``entries`` to ``balances``: what verify and rebuild compare the cache with."""
    for entry in entries:
        balance = balances.setdefault(entry.unit, Balance())
        balance.add(entry.debit, -entry.amount)
        balance.add(entry.credit, entry.amount)
    return balances
