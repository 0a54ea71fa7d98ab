"""What is gathered for a batch, and what its decisions are: the shapes between gather, decide and record.

``gather`` fills a ``Gathered`` (from PostgreSQL under locks, or from memory), ``decide`` changes it activity by
activity, and ``record`` writes the decisions and whatever of it was touched.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from setia.language.model import Programme
from setia.ledger.lots import Wallet
from setia.ledger.plan import Entry
from setia.rules.contests import Contests
from setia.rules.in_force import in_force, next_change
from setia.state.plans import Effects
from setia.state.progress import Progress
from setia.values.activities import Activity, Body
from setia.values.chance import Luck
from setia.values.codes import Built, EventName
from setia.values.ids import uuid7
from setia.values.outcomes import Result
from setia.values.pauses import Pauses


@dataclass(frozen=True, slots=True)
class Version:
    """A published programme version: in force from ``effective_at`` until the next one is."""

    number: int
    effective_at: dt.datetime
    programme: Programme
    programmes: dict[int, Programme] = field(default_factory=dict, compare=False, repr=False)
    """All that are known, by number, so that what an older version promised can be kept."""


@dataclass(slots=True)
class Voucher:
    """A reward in a member's hand. ``state``: issued, used, cancelled, lapsed, revoked.

    ``no`` is unique within the member: vouchers and entries share one numbering (``Wallet.seq``). ``code`` is what is
    typed or scanned ("" until it is recorded). ``left``: pieces that are not used yet, or minor units where ``worth``
    says how many there were. ``activates_at``: it cannot be used before. ``version``: the one that promised it.
    ``card``: the wallet of the gift card that it is; what is ``left`` is there, and the voucher has no code.
    """

    no: int
    reward: str
    quantity: int
    activity_id: UUID
    rule: str
    issued_at: dt.datetime
    valid_until: dt.datetime | None
    state: str = "issued"
    cost: dict[str, int] = field(default_factory=dict)
    code: str = ""
    left: int = 0
    worth: int = 0
    activates_at: dt.datetime | None = None
    version: int = 0
    card: UUID | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it was used and it is still in the member's hand."""
        return self.state == "issued" and self.left == (self.worth or self.quantity)


@dataclass(frozen=True, slots=True)
class KnownCode:
    """Where a code leads: to the voucher ``no`` of ``member_id``, or (both None) to whoever brings an imported one."""

    reward: str
    member_id: UUID | None = None
    no: int | None = None
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Reservation:
    """Pieces of a scarce ``account`` (``stock:<reward>``, ``code:<code>``), or what was promised of any account of the
    house (``code`` is empty then), set aside for a cart until ``until``.

    It lapses by itself: whoever looks at the account after that counts it no more.
    """

    account: str
    code: str
    session: str
    member_id: UUID
    quantity: int
    taken_at: dt.datetime
    until: dt.datetime


@dataclass(slots=True)
class MemberWork:
    """One member of the batch, locked: wallet and progress as they stand, changed by each decision.

    ``due_at``: the earliest instant at which the clock has something to do (None: nothing is planned);
    ``vouchers``: those that the batch refers to. ``is_touched``: progress, seq or due_at must be written.
    ``has_all_lots``: every open lot was gathered (else only balances are known, and what was not gathered has nothing
    to do before ``unseen_due_at``, which is the ``due_at`` that was gathered).
    """

    id: UUID
    wallet: Wallet
    progress: Progress
    event_seq: int = 0
    due_at: dt.datetime | None = None
    is_blocked: bool = False
    is_touched: bool = False
    is_new: bool = False
    has_all_lots: bool = True
    vouchers: dict[int, Voucher] = field(default_factory=dict)
    unseen_due_at: dt.datetime | None = field(init=False)

    def __post_init__(self) -> None:
        self.unseen_due_at = self.due_at


@dataclass(slots=True)
class Standing:
    """An activity as it is booked now, after the returns, revisions and re-ratings that amended it.

    ``first_body`` is what came in at first, ``body`` what is left of it, ``facts`` what was known then, ``result``
    what is booked now. ``taken``: unit (with where it was spent, see ``amend.where``) → (lot, steps) that the spending
    of the activity took and that were not restored.
    ``returned``: line id → quantity × 1000 already returned. ``is_void``: fully returned or cancelled.
    ``short``: unit → steps that should have been taken back and could not be.
    ``first_result``: what was booked at first, where it has been amended since (None: ``result``).
    ``undone``: ids (hex) of its consequences that were taken back. ``cards``: gift card (hex of its wallet) → (lot,
    steps) of the card that the sale took and that were not given back.
    """

    activity: Activity
    version: int
    body: Body
    facts: dict[str, Any]
    result: Result
    revision: int = 0
    taken: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    is_void: bool = False
    first_result: Result | None = None
    undone: list[str] = field(default_factory=list)
    short: dict[str, int] = field(default_factory=dict)
    cards: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def first_body(self) -> Body:
        """The body of the first record."""
        return self.activity.body


@dataclass(slots=True)
class Event:
    """Something to announce. ``seq`` counts up per member without gaps; ``data`` is JSON."""

    member_id: UUID
    seq: int
    name: EventName
    occurred_at: dt.datetime
    data: dict[str, Any]


@dataclass(slots=True)
class Decision:
    """What an activity came to.

    ``status``: "accepted", "declined" (recorded, moved nothing), "duplicate" (``activity`` is the recorded one, and
    nothing new is written), "parked" (waits for its sale). ``of``: the activity that this one amends, whose standing
    after it is ``standing``. ``house``: change of each constrained house account ("budget:<rule>", "stock:<reward>").
    ``answer``: facts for the caller that are no entries: shortfall, restored, payable, hold, voucher numbers, kept.
    ``effects``: what it brings about for a plan outside of the book: invoices, payments to ask for, refunds.
    ``beside``: decisions of other members that are made with it, such as what the receiver of a transfer gets.
    ``onward``: activities of other members that it sets off, decided by themselves afterwards (``send_onward``).
    ``reserved`` and ``freed``: reservations that begin and end by it. ``lapsed``: numbers of vouchers that are over.
    ``follow``: consequences for the same member that it asks for, as (type, body); they come with it.
    """

    activity: Activity
    status: str
    version: int
    result: Result
    facts: dict[str, Any] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)
    of: UUID | None = None
    standing: Standing | None = None
    house: dict[str, int] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    beside: list[Decision] = field(default_factory=list)
    onward: list[Activity] = field(default_factory=list)
    reserved: list[Reservation] = field(default_factory=list)
    freed: list[Reservation] = field(default_factory=list)
    lapsed: list[int] = field(default_factory=list)
    effects: Effects | None = None
    follow: list[tuple[str, Body]] = field(default_factory=list)


@dataclass(slots=True)
class Recorded:
    """An activity that is already in the book under some natural key."""

    activity_id: UUID
    member_id: UUID
    type: str
    revision: int
    decision: Decision | None = None  # filled when the key came in again, so that the same answer can be given
    declined: dict[tuple[UUID, int], Decision] = field(default_factory=dict)  # revisions, by member and number


@dataclass(frozen=True, slots=True)
class Peek:
    """Another member as they stood a moment ago: nothing of it is locked, and nothing may be changed."""

    progress: Progress
    is_blocked: bool


NaturalKey = tuple[str, str]
"""(source, external id)."""

CLOCK = "clock"
"""The source of what the clock brings."""
CONSEQUENCE = "consequence"
"""The source of what another activity sets off."""
ONWARD = "onward"
"""The source of what another member's activity sets off."""


def send_onward(decision: Decision, member_id: UUID, kind: str, body: Body, part: str = "") -> None:
    """Let ``decision`` set off an activity of another member: written with it, decided afterwards, exactly once.

    Its natural key is made of its type, of the activity that sets it off and of ``part``, so that one decision can
    send each kind once to each member, or once for each part. It is recorded as of when its cause was, since from then
    on it stands in the book.
    """
    cause = decision.activity
    external_id = f"{kind}:{cause.id.hex}:{member_id.hex}{f':{part}' if part else ''}"
    milliseconds = max(int(stands_at(cause).timestamp() * 1000), 0)
    decision.onward.append(
        Activity(
            uuid7(milliseconds, sha256(external_id.encode()).digest()),
            kind, ONWARD, external_id, member_id, cause.occurred_at, cause.recorded_at, body,
        )
    )  # fmt: skip


def stands_at(activity: Activity) -> dt.datetime:
    """The instant whose wallet and tier an activity meets.

    That is when it comes in; but what the clock brings, and what that sets off, happens at its own instant, so that it
    comes to the same however late the clock is worked off.
    """
    return activity.occurred_at if activity.source in (CLOCK, CONSEQUENCE) else activity.recorded_at


@dataclass(slots=True)
class Gathered:
    """Everything a batch can need, read and locked in one go.

    ``recorded`` has the natural keys of the batch and of the sales it refers to, as far as they are in the book;
    ``standings`` the activities that the batch amends, by id; ``later`` the member's later sales, gathered for a late
    activity under a ``re_rate`` policy, oldest first; ``parked`` the returns that wait for a sale of the batch.
    ``gifts``: sale → the donations of a share of it; ``paid_out``: the donations among ``standings`` that are paid out.
    ``passes``: (drop, member) → until when the member has a pass. ``contests``: what was entered and voted for.
    ``house``: what constrained house accounts have left. ``codes``: where the codes of the batch lead, by their
    canonical form. ``reservations``: those of the accounts of the batch, lapsed ones among them. ``consequences``: what
    the activities that may be amended have set off, by the activity's id and their own. ``cards``: digest of a gift
    card's code → the wallet it opens. ``luck``: where random numbers come from; None where none may be drawn.
    ``once``: of members that are to be merged, what they got that is given once (see ``flow.once``).
    ``referrers``: whose code is whose; ``peeks``: other members as they stood, looked at without locking them.
    ``pauses``: when the programme was paused.
    ``only``: the version, where there is but one.
    """

    versions: list[Version]
    members: dict[UUID, MemberWork] = field(default_factory=dict)
    recorded: dict[NaturalKey, Recorded] = field(default_factory=dict)
    standings: dict[UUID, Standing] = field(default_factory=dict)
    later: dict[UUID, list[UUID]] = field(default_factory=dict)
    parked: dict[NaturalKey, list[Activity]] = field(default_factory=dict)
    house: dict[str, int] = field(default_factory=dict)
    consequences: dict[UUID, dict[UUID, Decision]] = field(default_factory=dict)
    codes: dict[str, KnownCode] = field(default_factory=dict)
    reservations: list[Reservation] = field(default_factory=list)
    once: dict[UUID, dict[str, list[tuple[UUID, str, str, int]]]] = field(default_factory=dict)
    luck: Luck | None = None
    passes: dict[tuple[str, UUID], dt.datetime] = field(default_factory=dict)
    plays: dict[UUID, Decision] = field(default_factory=dict)  # of games that a return may undo
    only: Version | None = field(init=False, default=None)
    pauses: Pauses = field(default_factory=Pauses)
    contests: Contests = field(default_factory=Contests)

    def __post_init__(self) -> None:
        self.know_versions()

    def know_versions(self) -> None:
        """Tell each version of all others."""
        for version in self.versions:
            version.programmes.update((other.number, other.programme) for other in self.versions)
        self.only = self.versions[0] if len(self.versions) == 1 else None

    cards: dict[str, UUID] = field(default_factory=dict)

    gifts: dict[UUID, list[UUID]] = field(default_factory=dict)
    paid_out: set[UUID] = field(default_factory=set)
    referrers: dict[str, UUID] = field(default_factory=dict)
    peeks: dict[UUID, Peek] = field(default_factory=dict)

    def version_at(self, at: dt.datetime, member: MemberWork | None = None) -> Version | None:
        """The version that holds at ``at`` (for ``member``, who may keep the old terms); None before the first."""
        only = self.only
        if only is not None:  # asked many times for each activity
            return only if only.effective_at <= at else None
        return in_force(self.versions, at, None if member is None else member.progress)

    def next_change(self, at: dt.datetime) -> dt.datetime | None:
        """The next instant after ``at`` at which another version may begin to hold."""
        return next_change(self.versions, at)


def owner_of(gathered: Gathered, member: MemberWork, owner_id: UUID) -> MemberWork | None:
    """The member ``owner_id``, where that is ``member`` or somebody who was merged into them; else None."""
    owner = gathered.members.get(owner_id)
    home = owner
    while home is not None and home.id != member.id:
        merged = home.progress.merged
        home = None if merged is None else gathered.members.get(UUID(hex=merged.into))
    return None if home is None else owner


def redirect(gathered: Gathered, activity: Activity) -> bool:
    """Turn what comes in for somebody who was merged to the one who has it now; whether there was anything to turn."""
    is_turned = False
    member = gathered.members.get(activity.member_id)
    if member is not None and member.progress.merged is not None and activity.type != Built.UNMERGED:
        activity.member_id, is_turned = UUID(hex=member.progress.merged.into), True
    receiver = gathered.members.get(UUID(hex=activity.body["to"])) if activity.type == Built.TRANSFER else None
    if receiver is not None and receiver.progress.merged is not None:
        activity.body, is_turned = {**activity.body, "to": receiver.progress.merged.into}, True
    return is_turned


def peek(gathered: Gathered, member_id: UUID) -> Peek | None:
    """Look at a member: one of the batch as they are, another as they were gathered."""
    member = gathered.members.get(member_id)
    return gathered.peeks.get(member_id) if member is None else Peek(member.progress, member.is_blocked)
