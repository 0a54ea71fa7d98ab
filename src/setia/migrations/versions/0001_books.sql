-- Keys of everything that a member owns begin with the member, so that these tables can be spread by member over
-- several servers. On the way of a purchase there are no foreign keys: what they would promise, `setia verify` checks.

-- Programmes ----------------------------------------------------------------------------------------------------------

CREATE TABLE programmes (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    is_paused   boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL
);

CREATE TABLE programme_versions (
    programme_id  integer NOT NULL REFERENCES programmes,
    number        integer NOT NULL CHECK (number > 0),
    source        text NOT NULL,
    digest        text NOT NULL,
    effective_at  timestamptz NOT NULL,
    published_at  timestamptz NOT NULL,
    published_by  text NOT NULL,
    note          text NOT NULL DEFAULT '',
    PRIMARY KEY (programme_id, number)
);

-- What people edit; it reaches members only when it is published. `revision` is the ETag.
CREATE TABLE programme_drafts (
    name        text PRIMARY KEY,
    source      text NOT NULL,
    revision    integer NOT NULL DEFAULT 1,
    updated_at  timestamptz NOT NULL,
    updated_by  text NOT NULL DEFAULT ''
);

-- What a campaign's budget or a reward's stock has left (`notice`: 1 until the end of a budget was announced): the only
-- accounts of the house that a sale may have to lock.
CREATE TABLE house_accounts (
    programme_id  integer NOT NULL,
    account       text NOT NULL CHECK (account ~ '^(budget|stock|notice):'),
    initial       bigint NOT NULL CHECK (initial >= 0),
    left_         bigint NOT NULL,
    PRIMARY KEY (programme_id, account)
) WITH (fillfactor = 50);

-- Members -------------------------------------------------------------------------------------------------------------

CREATE TABLE members (
    member_id   uuid PRIMARY KEY,
    name        text,
    email       text,
    phone       text,
    birthday    date,
    attributes  jsonb NOT NULL DEFAULT '{}',
    is_blocked  boolean NOT NULL DEFAULT false,
    joined_at   timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    revision    integer NOT NULL DEFAULT 1
);

-- Any of these leads to the member. `value` is normalised: phones as +62…, e-mail addresses in small letters.
CREATE TABLE member_identifiers (
    kind       text NOT NULL CHECK (kind IN ('card', 'phone', 'email', 'external')),
    value      text NOT NULL CHECK (value <> ''),
    member_id  uuid NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE INDEX member_identifiers_by_member ON member_identifiers (member_id);

-- One row for each member of a programme: the lock that everything about this member waits for.
CREATE TABLE member_states (
    member_id     uuid NOT NULL,
    programme_id  integer NOT NULL,
    seq           integer NOT NULL DEFAULT 0 CHECK (seq >= 0),           -- number of the last entry
    event_seq     integer NOT NULL DEFAULT 0 CHECK (event_seq >= 0),     -- number of the last event
    activity_seq  integer NOT NULL DEFAULT 0 CHECK (activity_seq >= 0),  -- number of the last activity
    tier          text NOT NULL DEFAULT '',
    due_at        timestamptz,  -- when the clock next has something to do; NULL: nothing is planned
    recorded_at   timestamptz,  -- of the last activity: time never goes back within a member
    progress      json,         -- NULL until the first activity
    PRIMARY KEY (member_id, programme_id)
) WITH (fillfactor = 70);
CREATE INDEX member_states_due ON member_states (programme_id, due_at) WHERE due_at IS NOT NULL;

-- The book ------------------------------------------------------------------------------------------------------------

-- What happened and what it came to. Its entries are among the member's `entry_span` numbers from `first_entry` on.
-- The id is a UUIDv7 of the instant of recording, so that the primary key is the member's history; `no` counts without
-- gaps in the order in which the member's activities were decided.
CREATE TABLE activities (
    member_id     uuid NOT NULL,
    id            uuid NOT NULL,
    programme_id  integer NOT NULL,
    no            integer NOT NULL CHECK (no > 0),
    version       integer NOT NULL,
    revision      integer NOT NULL,
    first_entry   integer NOT NULL,
    entry_span    integer NOT NULL CHECK (entry_span >= 0),
    occurred_at   timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    of_id         uuid,           -- the activity that this one amends
    type          text NOT NULL,
    source        text NOT NULL,
    external_id   text NOT NULL,
    status        text NOT NULL CHECK (status IN ('accepted', 'declined')),
    body          json NOT NULL,
    decision      json NOT NULL,  -- f: facts, r: result, w: what else the caller was told
    standing      json,           -- how the amended activity (or this one) is booked from here on
    house         jsonb,          -- change of budgets and stocks
    PRIMARY KEY (member_id, id)
);
-- Ids come nearly in order, so that this costs next to nothing: an activity is found without knowing its member.
CREATE INDEX activities_by_id ON activities USING brin (id) WITH (autosummarize = on);
CREATE INDEX activities_amending ON activities (member_id, of_id) WHERE of_id IS NOT NULL;

-- Double entry: `amount` steps of `unit` go from account `debit` to account `credit`, so that all sums are zero.
CREATE TABLE entries (
    member_id     uuid NOT NULL,
    activity_id   uuid NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    effective_at  timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    activates_at  timestamptz,
    expires_at    timestamptz,
    programme_id  integer NOT NULL,
    no            integer NOT NULL CHECK (no > 0),
    lot           integer,
    debit         smallint NOT NULL,
    credit        smallint NOT NULL CHECK (credit <> debit),
    unit          text NOT NULL,
    rule          text NOT NULL,
    reason        text NOT NULL,
    pool          text NOT NULL,
    PRIMARY KEY (member_id, programme_id, no)
);

-- A cache of the entries, written with them.
CREATE TABLE balances (
    member_id     uuid NOT NULL,
    programme_id  integer NOT NULL,
    available     bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    pending       bigint NOT NULL DEFAULT 0 CHECK (pending >= 0),
    held          bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    debt          bigint NOT NULL DEFAULT 0 CHECK (debt <= 0),
    unit          text NOT NULL,
    PRIMARY KEY (member_id, programme_id, unit)
) WITH (fillfactor = 70);

-- Units earned together, and what is left of them; the number is that of the entry that made the lot.
CREATE TABLE lots (
    member_id     uuid NOT NULL,
    origin        uuid NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    left_         bigint NOT NULL CHECK (left_ >= 0 AND left_ <= amount),
    expired       bigint NOT NULL DEFAULT 0 CHECK (expired >= 0),
    earned_at     timestamptz NOT NULL,
    activates_at  timestamptz,
    expires_at    timestamptz,
    programme_id  integer NOT NULL,
    no            integer NOT NULL,
    is_pending    boolean NOT NULL,
    unit          text NOT NULL,
    rule          text NOT NULL,
    pool          text NOT NULL,
    PRIMARY KEY (member_id, programme_id, no)
) WITH (fillfactor = 80);
CREATE INDEX lots_open ON lots (member_id, programme_id) WHERE left_ > 0;

CREATE TABLE holds (
    member_id     uuid NOT NULL,
    programme_id  integer NOT NULL,
    id            uuid NOT NULL,  -- the activity that placed it
    unit          text NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    state         text NOT NULL CHECK (state IN ('placed', 'committed', 'released', 'lapsed', 'declined')),
    lapses_at     timestamptz NOT NULL,
    taken         json NOT NULL,  -- [[lot, steps], …]
    PRIMARY KEY (member_id, programme_id, id)
);
CREATE INDEX holds_placed ON holds (member_id, programme_id) WHERE state = 'placed';

CREATE TABLE vouchers (
    member_id     uuid NOT NULL,
    programme_id  integer NOT NULL,
    no            integer NOT NULL,
    reward        text NOT NULL,
    quantity      integer NOT NULL CHECK (quantity > 0),
    activity_id   uuid NOT NULL,
    rule          text NOT NULL,
    issued_at     timestamptz NOT NULL,
    valid_until   timestamptz,
    state         text NOT NULL CHECK (state IN ('issued', 'used', 'cancelled', 'lapsed')),
    cost          json NOT NULL,
    PRIMARY KEY (member_id, programme_id, no)
);

-- What came in counts once, whoever it came for and whatever request brought it.
CREATE TABLE natural_keys (
    programme_id  integer NOT NULL,
    source        text NOT NULL,
    external_id   text NOT NULL,
    member_id     uuid NOT NULL,
    activity_id   uuid NOT NULL,
    revision      integer NOT NULL,
    type          text NOT NULL,
    PRIMARY KEY (programme_id, source, external_id)
);

-- Returns that came before their sale, and purchases of people who are not members yet.
CREATE TABLE parked (
    id              uuid PRIMARY KEY,  -- of the activity
    programme_id    integer NOT NULL,
    member_id       uuid,
    reason          text NOT NULL CHECK (reason IN ('guest', 'unmatched_return')),
    state           text NOT NULL CHECK (state IN ('waiting', 'unmatched', 'matched', 'claimed', 'lapsed')),
    source          text NOT NULL,
    external_id     text NOT NULL,
    of_source       text,
    of_external_id  text,
    contact         jsonb NOT NULL DEFAULT '{}',
    activity        json NOT NULL,
    parked_at       timestamptz NOT NULL,
    due_at          timestamptz
);
CREATE UNIQUE INDEX parked_once ON parked (programme_id, source, external_id);
CREATE INDEX parked_by_sale ON parked (programme_id, of_source, of_external_id) WHERE of_source IS NOT NULL;
CREATE INDEX parked_by_contact ON parked USING gin (contact jsonb_path_ops) WHERE state = 'waiting';
CREATE INDEX parked_due ON parked (programme_id, due_at) WHERE state = 'waiting';

-- Requests and announcements ------------------------------------------------------------------------------------------

CREATE TABLE requests (
    key_id           text NOT NULL,  -- the API key that asked
    idempotency_key  text NOT NULL,
    body_hash        bytea NOT NULL,
    response         bytea,
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (key_id, idempotency_key)
);
CREATE INDEX requests_by_age ON requests (created_at);

CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id     uuid NOT NULL,
    activity_id   uuid NOT NULL,
    occurred_at   timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    programme_id  integer NOT NULL,
    seq           integer NOT NULL CHECK (seq > 0),
    name          text NOT NULL,
    data          json NOT NULL
);
CREATE INDEX outbox_by_member ON outbox (member_id, programme_id, seq);

-- Append only ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the book is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Correct it by a new activity.';
END
$$;

-- By statement, and never on INSERT: recording costs nothing more.
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER activities_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON activities
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER programme_versions_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
