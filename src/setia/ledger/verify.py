"""Whether the book is right: every cache is computed again from the entries, set by set, in SQL.

Each check is one query that returns what is wrong and nothing when all is well. They see one snapshot, so that a busy
server does not disturb them, and change nothing.
"""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from setia.plumbing.db import AsyncConnection
from setia.values.codes import Account
from setia.values.ids import public_id

MOST_FINDINGS: Final = 100
"""So many findings of each check are told one by one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong in the book. ``code`` is the check's; ``data`` has the keys and what was compared."""

    code: str
    message: str
    data: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ``query`` returns a row for each thing that is wrong; ``message`` is filled with its columns."""

    code: str
    title: str
    query: LiteralString
    message: str


Progress = Callable[[int, int, str], None]
"""Told before each check: how many are done, how many there are, the title of the next."""
Again = Callable[[AsyncConnection, int | None], AsyncIterator[Finding]]
"""Decides every activity again from its stored facts and yields those that come out otherwise; given by the flow."""

_OF_PROGRAMME: Final[LiteralString] = "(%(programme)s::int IS NULL OR programme_id = %(programme)s::int)"
_KNOWN: Final[LiteralString] = "(1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)"
_MADE_HERE: Final[LiteralString] = "('clock', 'consequence')"

CHECKS: Final = (
    Check(
        "unknown_account",
        "accounts of entries",
        f"""SELECT member_id, no, debit, credit FROM entries
            WHERE {_OF_PROGRAMME} AND (debit NOT IN {_KNOWN} OR credit NOT IN {_KNOWN} OR debit = credit OR amount <= 0)
            ORDER BY member_id, no""",
        "entry {no} of {member} moves units from account {debit} to {credit}: no such move exists",
    ),
    Check(
        "sum_not_zero",
        "sums over all accounts",
        f"""WITH house AS (
                SELECT programme_id, unit,
                       sum(amount * ((credit > 10)::int - (debit > 10)::int))::bigint AS amount
                FROM entries WHERE {_OF_PROGRAMME} GROUP BY programme_id, unit
            ), held AS (
                SELECT programme_id, unit, sum(available + pending + held + debt)::bigint AS amount
                FROM balances WHERE {_OF_PROGRAMME} GROUP BY programme_id, unit
            )
            SELECT programme_id, unit, coalesce(held.amount, 0) AS members, coalesce(house.amount, 0) AS house
            FROM house FULL JOIN held USING (programme_id, unit)
            WHERE coalesce(held.amount, 0) + coalesce(house.amount, 0) <> 0""",
        "members have {members} {unit}, the house {house}: they must add up to zero",
    ),
    Check(
        "balance_wrong",
        "balances against entries",
        f"""WITH folded AS (
                SELECT member_id, programme_id, unit,
                       sum(amount * ((credit = 1)::int - (debit = 1)::int))::bigint AS available,
                       sum(amount * ((credit = 2)::int - (debit = 2)::int))::bigint AS pending,
                       sum(amount * ((credit = 3)::int - (debit = 3)::int))::bigint AS held,
                       sum(amount * ((credit = 4)::int - (debit = 4)::int))::bigint AS debt
                FROM entries WHERE {_OF_PROGRAMME} GROUP BY member_id, programme_id, unit
            )
            SELECT member_id, unit, f.available || '/' || f.pending || '/' || f.held || '/' || f.debt AS wanted,
                   b.available || '/' || b.pending || '/' || b.held || '/' || b.debt AS found
            FROM folded f FULL JOIN (SELECT * FROM balances WHERE {_OF_PROGRAMME}) b
                 USING (member_id, programme_id, unit)
            WHERE (coalesce(f.available, 0), coalesce(f.pending, 0), coalesce(f.held, 0), coalesce(f.debt, 0))
               <> (coalesce(b.available, 0), coalesce(b.pending, 0), coalesce(b.held, 0), coalesce(b.debt, 0))
            ORDER BY member_id, unit""",
        "{member} has {found} {unit} (available/pending/held/debt), but the entries give {wanted}",
    ),
    Check(
        "sign_broken",
        "signs of balances",
        f"""SELECT member_id, unit, available || '/' || pending || '/' || held || '/' || debt AS found FROM balances
            WHERE {_OF_PROGRAMME} AND (available < 0 OR pending < 0 OR held < 0 OR debt > 0)
            ORDER BY member_id, unit""",
        "{member} has {found} {unit} (available/pending/held/debt): only debt may be below zero",
    ),
    Check(
        "lot_wrong",
        "lots against entries",
        f"""WITH folded AS (
                SELECT member_id, programme_id, lot AS no,
                       sum(amount * ((credit IN (1, 2))::int - (debit IN (1, 2))::int))::bigint AS left_,
                       sum(amount * ((credit = 2)::int - (debit = 2)::int))::bigint AS pending,
                       sum(amount * ((credit = 13)::int - (debit = 13)::int))::bigint AS expired,
                       max(amount) FILTER (WHERE no = lot) AS amount,
                       max(partner || ' ' || price || ' ' || owed) FILTER (WHERE no = lot) AS stake
                FROM entries WHERE lot IS NOT NULL AND {_OF_PROGRAMME} GROUP BY member_id, programme_id, lot
            )
            SELECT member_id, no, f.left_ || ' of ' || f.amount AS wanted, l.left_ || ' of ' || l.amount AS found
            FROM folded f FULL JOIN (SELECT * FROM lots WHERE {_OF_PROGRAMME}) l USING (member_id, programme_id, no)
            WHERE f.left_ IS DISTINCT FROM l.left_ OR f.amount IS DISTINCT FROM l.amount
               OR f.expired IS DISTINCT FROM l.expired
               OR f.stake IS DISTINCT FROM l.partner || ' ' || l.price || ' ' || l.owed
               OR f.pending <> CASE WHEN l.is_pending THEN l.left_ ELSE 0 END
            ORDER BY member_id, no""",
        "lot {no} of {member} has {found} left, but the entries give {wanted}",
    ),
    Check(
        "lots_and_balance_differ",
        "balances against lots and holds",
        f"""WITH kept AS (
                SELECT member_id, programme_id, unit,
                       coalesce(sum(left_) FILTER (WHERE NOT is_pending), 0)::bigint AS available,
                       coalesce(sum(left_) FILTER (WHERE is_pending), 0)::bigint AS pending
                FROM lots WHERE left_ <> 0 AND {_OF_PROGRAMME} GROUP BY member_id, programme_id, unit
            ), placed AS (
                SELECT member_id, programme_id, unit, sum(amount)::bigint AS held
                FROM holds WHERE state = 'placed' AND {_OF_PROGRAMME} GROUP BY member_id, programme_id, unit
            )
            SELECT member_id, unit, b.available || '/' || b.pending || '/' || b.held AS found,
                   coalesce(k.available, 0) || '/' || coalesce(k.pending, 0) || '/' || coalesce(p.held, 0) AS wanted
            FROM (SELECT * FROM balances WHERE {_OF_PROGRAMME}) b
            FULL JOIN kept k USING (member_id, programme_id, unit)
            FULL JOIN placed p USING (member_id, programme_id, unit)
            WHERE (coalesce(b.available, 0), coalesce(b.pending, 0), coalesce(b.held, 0))
               <> (coalesce(k.available, 0), coalesce(k.pending, 0), coalesce(p.held, 0))
            ORDER BY member_id, unit""",
        "{member} has {found} {unit} (available/pending/held), but lots and holds add up to {wanted}",
    ),
    Check(
        "entry_numbers_broken",
        "numbers of entries",
        f"""WITH numbered AS (
                SELECT member_id, programme_id, count(*) AS count, max(no) AS last, sum(no)::bigint AS total
                FROM (SELECT member_id, programme_id, no FROM entries WHERE {_OF_PROGRAMME}
                      UNION ALL SELECT member_id, programme_id, no FROM vouchers WHERE {_OF_PROGRAMME}) n
                GROUP BY member_id, programme_id
            )
            SELECT member_id, coalesce(n.count, 0) AS count, coalesce(n.last, 0) AS last, s.seq
            FROM (SELECT * FROM member_states WHERE {_OF_PROGRAMME}) s
            FULL JOIN numbered n USING (member_id, programme_id)
            WHERE s.seq IS NULL OR coalesce(n.count, 0) <> s.seq OR coalesce(n.last, 0) <> s.seq
               OR coalesce(n.total, 0) <> s.seq::bigint * (s.seq + 1) / 2
            ORDER BY member_id""",
        "{member} has {count} entries and vouchers up to number {last}; the last number given was {seq}",
    ),
    Check(
        "activity_numbers_broken",
        "numbers of activities",
        f"""WITH numbered AS (
                SELECT member_id, programme_id, count(*) AS count, max(no) AS last, count(DISTINCT no) AS distinct_
                FROM activities WHERE {_OF_PROGRAMME} GROUP BY member_id, programme_id
            )
            SELECT member_id, coalesce(n.count, 0) AS count, coalesce(n.last, 0) AS last, s.activity_seq AS seq
            FROM (SELECT * FROM member_states WHERE {_OF_PROGRAMME}) s
            FULL JOIN numbered n USING (member_id, programme_id)
            WHERE s.activity_seq IS NULL OR coalesce(n.count, 0) <> s.activity_seq
               OR coalesce(n.last, 0) <> s.activity_seq OR coalesce(n.distinct_, 0) <> s.activity_seq
            ORDER BY member_id""",
        "{member} has {count} activities up to number {last}; the last number given was {seq}",
    ),
    Check(
        "entry_without_activity",
        "activities of entries",
        f"""SELECT e.member_id, min(e.no) AS no, e.activity_id::text AS activity
            FROM (SELECT * FROM entries WHERE {_OF_PROGRAMME}) e
            LEFT JOIN activities a ON a.member_id = e.member_id AND a.id = e.activity_id
            WHERE a.id IS NULL OR a.programme_id <> e.programme_id OR a.status <> 'accepted'
               OR e.no < a.first_entry OR e.no >= a.first_entry + a.entry_span
            GROUP BY e.member_id, e.activity_id ORDER BY e.member_id, no""",
        "entry {no} of {member} is not of the activity {activity} that it names",
    ),
    Check(
        "voucher_without_activity",
        "activities of vouchers",
        f"""SELECT v.member_id, v.no, v.activity_id::text AS activity
            FROM (SELECT * FROM vouchers WHERE {_OF_PROGRAMME}) v
            LEFT JOIN activities a ON a.member_id = v.member_id AND a.id = v.activity_id AND a.status = 'accepted'
            WHERE a.id IS NULL AND NOT EXISTS (  -- of whoever the member has taken in
                SELECT FROM activities x WHERE x.id = v.activity_id AND x.programme_id = v.programme_id
                                           AND x.status = 'accepted')
            ORDER BY v.member_id, v.no""",
        "voucher {no} of {member} is not of the activity {activity} that it names",
    ),
    Check(
        "key_without_activity",
        "natural keys against activities",
        f"""SELECT k.member_id, k.source, k.external_id
            FROM (SELECT * FROM natural_keys WHERE {_OF_PROGRAMME}) k
            LEFT JOIN activities a ON a.member_id = k.member_id AND a.id = k.activity_id
            LEFT JOIN parked p ON p.id = k.activity_id AND p.state IN ('waiting', 'unmatched')
            WHERE p.id IS NULL AND (a.id IS NULL OR a.source <> k.source OR a.external_id <> k.external_id)
            ORDER BY k.source, k.external_id""",
        "'{external_id}' of {source} is kept as taken in for {member}, but no such activity is in the book",
    ),
    Check(
        "activity_without_key",
        "activities against natural keys",
        f"""SELECT a.member_id, a.source, a.external_id
            FROM (SELECT * FROM activities WHERE {_OF_PROGRAMME}) a
            LEFT JOIN natural_keys k ON k.programme_id = a.programme_id AND k.source = a.source
                                    AND k.external_id = a.external_id
            WHERE a.source NOT IN {_MADE_HERE} AND a.type <> 'balance.received'
              AND (k.external_id IS NULL OR (a.revision = 0 AND a.status = 'accepted' AND k.activity_id <> a.id))
            ORDER BY a.source, a.external_id""",
        "'{external_id}' of {source} ({member}) could be taken in a second time: its natural key is missing",
    ),
    Check(
        "event_numbers_broken",
        "numbers of events",
        f"""WITH numbered AS (
                SELECT member_id, programme_id, count(*) AS count, min(seq) AS first, max(seq) AS last,
                       count(DISTINCT seq) AS distinct_
                FROM outbox WHERE {_OF_PROGRAMME} GROUP BY member_id, programme_id
            )
            SELECT n.member_id, n.count, n.first, n.last, s.event_seq AS seq
            FROM numbered n LEFT JOIN member_states s USING (member_id, programme_id)
            WHERE s.event_seq IS DISTINCT FROM n.last OR n.distinct_ <> n.count OR n.count <> n.last - n.first + 1
            ORDER BY n.member_id""",
        "{member} has {count} events from number {first} to {last}; the last number given was {seq}",
    ),
    Check(
        "house_account_wrong",
        "budgets and stocks",
        f"""WITH moved AS (
                SELECT programme_id, account, sum(amount)::bigint AS amount
                FROM house_moves WHERE {_OF_PROGRAMME} GROUP BY programme_id, account
            )
            SELECT account, h.initial, h.left_ AS left, h.initial + coalesce(m.amount, 0) AS wanted
            FROM (SELECT * FROM house_accounts WHERE {_OF_PROGRAMME}) h
            FULL JOIN moved m USING (programme_id, account)
            WHERE h.left_ IS DISTINCT FROM h.initial + coalesce(m.amount, 0)
            ORDER BY account""",
        "'{account}' began with {initial} and has {left} left; activities say {wanted}",
    ),
    Check(
        "house_drawn_wrong",
        "budgets and packs against entries",
        f"""WITH moved AS (
                SELECT a.member_id, a.id AS activity_id,
                       coalesce(sum(change.value::bigint) FILTER (WHERE change.key LIKE 'budget:%%'), 0) AS budgets,
                       coalesce(sum(CASE WHEN change.key LIKE 'pack:%%' THEN change.value::bigint
                                         WHEN change.key LIKE 'overdrawn:%%' THEN -change.value::bigint END), 0)
                       AS packs
                FROM (SELECT * FROM activities WHERE house IS NOT NULL AND {_OF_PROGRAMME}) a
                CROSS JOIN LATERAL jsonb_each_text(a.house) change GROUP BY a.member_id, a.id
            ), given AS (
                SELECT member_id, activity_id,
                       sum(amount * ((credit = 17)::int - (debit = 17)::int)) AS budgets,
                       coalesce(sum(amount * ((credit IN (14, 17))::int - (debit IN (11, 17))::int))
                                FILTER (WHERE owed IN (4, 5)), 0) AS packs
                FROM entries WHERE (debit IN (11, 17) OR credit IN (14, 17)) AND {_OF_PROGRAMME}
                GROUP BY member_id, activity_id
            )
            SELECT member_id, activity_id,
                   coalesce(m.budgets, 0)::bigint AS budgets, coalesce(m.packs, 0)::bigint AS packs,
                   coalesce(g.budgets, 0)::bigint AS given, coalesce(g.packs, 0)::bigint AS issued
            FROM moved m FULL JOIN given g USING (member_id, activity_id)
            WHERE coalesce(m.budgets, 0) <> coalesce(g.budgets, 0) OR coalesce(m.packs, 0) <> coalesce(g.packs, 0)
            ORDER BY member_id, activity_id""",
        "activity {activity_id} of {member} moved {budgets} of budgets and {packs} of packs, its entries {given} and "
        "{issued}",
    ),
    Check(
        "donations_wrong",
        "donations against entries",
        f"""WITH booked AS (
                SELECT programme_id, unit, sum(amount * ((credit = 20)::int - (debit = 20)::int))::bigint AS amount
                FROM entries WHERE (credit = 20 OR debit = 20) AND {_OF_PROGRAMME} GROUP BY programme_id, unit
            ), given AS (
                SELECT programme_id, unit, sum(amount)::bigint AS amount
                FROM donations WHERE voided_at IS NULL AND {_OF_PROGRAMME} GROUP BY programme_id, unit
            )
            SELECT programme_id, unit, coalesce(b.amount, 0) AS wanted, coalesce(g.amount, 0) AS found
            FROM booked b FULL JOIN given g USING (programme_id, unit)
            WHERE coalesce(b.amount, 0) <> coalesce(g.amount, 0)""",
        "{found} {unit} stand on receipts of donations, but the entries give {wanted}",
    ),
    Check(
        "cause_owed_wrong",
        "what causes get against donations",
        f"""WITH given AS (
                SELECT programme_id, 'given:' || cause AS account, sum(money + matched)::bigint AS amount
                FROM donations WHERE voided_at IS NULL AND {_OF_PROGRAMME} GROUP BY programme_id, cause
            )
            SELECT account, coalesce(h.left_, 0) AS found, coalesce(g.amount, 0) AS wanted
            FROM (SELECT * FROM house_accounts WHERE account LIKE 'given:%%' AND {_OF_PROGRAMME}) h
            FULL JOIN given g USING (programme_id, account)
            WHERE coalesce(h.left_, 0) <> coalesce(g.amount, 0) ORDER BY account""",
        "'{account}' says {found}, but the donations add up to {wanted}",
    ),
    Check(
        "receipts_broken",
        "numbers of receipts",
        f"""WITH numbered AS (
                SELECT programme_id, year, count(*) AS count, max(number) AS last
                FROM donations WHERE {_OF_PROGRAMME} GROUP BY programme_id, year
            ), counted AS (
                SELECT programme_id, substr(account, 10)::int AS year, left_
                FROM house_accounts WHERE account LIKE 'receipts:%%' AND left_ > 0 AND {_OF_PROGRAMME}
            )
            SELECT year, coalesce(n.count, 0) AS count, coalesce(n.last, 0) AS last, coalesce(c.left_, 0) AS counted
            FROM numbered n FULL JOIN counted c USING (programme_id, year)
            WHERE n.count IS DISTINCT FROM n.last OR n.count IS DISTINCT FROM c.left_ ORDER BY year""",
        "there are {count} receipts of {year} up to number {last}; the last number given was {counted}",
    ),
    Check(
        "payout_wrong",
        "payouts against donations",
        f"""WITH paid AS (
                SELECT programme_id, cause, payout AS no, count(*) AS gifts, sum(money)::bigint AS money,
                       sum(matched)::bigint AS matched
                FROM donations WHERE payout IS NOT NULL AND {_OF_PROGRAMME} GROUP BY programme_id, cause, payout
            )
            SELECT cause, no, p.gifts || ' gifts, ' || p.money || ' and ' || p.matched AS found,
                   d.gifts || ' gifts, ' || d.money || ' and ' || d.matched AS wanted
            FROM (SELECT * FROM payouts WHERE {_OF_PROGRAMME}) p FULL JOIN paid d USING (programme_id, cause, no)
            WHERE (p.gifts, p.money, p.matched) IS DISTINCT FROM (d.gifts, d.money, d.matched) ORDER BY cause, no""",
        "payout {no} to '{cause}' says {found} added, but its gifts add up to {wanted}",
    ),
    Check(
        "closing_wrong",
        "closed months against entries",
        f"""SELECT u.month, u.unit, u.closing, u.closing_money, u.breakage,
                   f.steps::bigint AS wanted, floor(f.value)::bigint AS wanted_money,
                   floor(f.value * u.breakage_rate)::bigint AS wanted_breakage,
                   j.steps::bigint AS journal, j.money::bigint AS journal_money
            FROM (SELECT * FROM closing_units WHERE {_OF_PROGRAMME}) u
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(a.amount), 0) AS steps,
                       coalesce(sum(a.amount * CASE WHEN a.account <> 4 AND o.partner <> ''
                                                    THEN o.price * u.price_scale ELSE u.worth END), 0) AS value
                FROM closings c
                JOIN entries e ON e.programme_id = c.programme_id AND e.unit = u.unit
                              AND e.effective_at < c.ends_at AND e.recorded_at <= c.known_at
                LEFT JOIN entries o ON o.member_id = e.member_id AND o.programme_id = e.programme_id AND o.no = e.lot
                CROSS JOIN LATERAL (VALUES (e.debit, -e.amount), (e.credit, e.amount)) AS a (account, amount)
                WHERE c.programme_id = u.programme_id AND c.month = u.month AND a.account < 5
            ) f
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(l.steps), 0) AS steps, coalesce(sum(l.money), 0) AS money FROM closing_lines l
                WHERE l.programme_id = u.programme_id AND l.unit = u.unit AND l.month <= u.month
            ) j
            WHERE u.closing <> f.steps OR u.closing_money <> floor(f.value) OR j.steps <> u.closing
               OR u.breakage <> floor(f.value * u.breakage_rate) OR j.money <> u.closing_money - u.breakage
            ORDER BY u.month, u.unit""",
        "{month} was closed with {closing} {unit} worth {closing_money} less {breakage}; entries say {wanted}, "
        "{wanted_money} less {wanted_breakage}, the journal {journal} and {journal_money}",
    ),
    Check(
        "state_without_member",
        "members of states",
        f"""SELECT s.member_id FROM (SELECT * FROM member_states WHERE {_OF_PROGRAMME}) s
            LEFT JOIN members m USING (member_id) WHERE m.member_id IS NULL ORDER BY s.member_id""",
        "{member} has a place in the book, but is no member",
    ),
)

assert {account.value for account in Account} == {*range(1, 5), *range(11, 21)}, "the queries name accounts"


async def verify(
    conn: AsyncConnection,
    programme: int | None = None,
    progress: Progress | None = None,
    *,
    again: Again | None = None,
) -> list[Finding]:
    """Check the book of ``programme`` (its id; None: of all) and tell all that is wrong, at most 100 of each check.

    ``again``: decide every activity once more and compare (slower). An empty list: the book is right.
    """
    is_ours = conn.info.transaction_status is TransactionStatus.IDLE and not conn.autocommit
    if is_ours:
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    findings: list[Finding] = []
    async with conn.transaction():
        await conn.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'")
        total = len(CHECKS) + (again is not None)
        for number, check in enumerate(CHECKS):
            if progress is not None:
                progress(number, total, check.title)
            findings += await _run(conn, check, programme)
        if again is not None:
            if progress is not None:
                progress(len(CHECKS), total, "every decision once more")
            async for finding in again(conn, programme):
                findings.append(finding)
        if progress is not None:
            progress(total, total, "")
    if is_ours:
        await conn.rollback()
    return findings


async def _run(conn: AsyncConnection, check: Check, programme: int | None) -> list[Finding]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(check.query, {"programme": programme})
        rows = await cursor.fetchmany(MOST_FINDINGS + 1)
        more = cursor.rowcount - MOST_FINDINGS
    findings = []
    for row in rows[:MOST_FINDINGS]:
        member: UUID | None = row.pop("member_id", None)
        data = {**row, "member": public_id("mem", member)} if member is not None else row
        findings.append(Finding(check.code, check.message.format(**data), data))
    if more > 0:
        findings.append(Finding(check.code, f"and {more} more like these", {"more": more}))
    return findings
