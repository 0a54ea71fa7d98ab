-- Plans: what is asked of members, what they paid, what providers are asked for, and what they tell.

CREATE TABLE invoices (
    programme_id int NOT NULL REFERENCES programmes (id),
    member_id uuid NOT NULL,
    id uuid NOT NULL,                       -- of the activity that opened it
    kind text NOT NULL,
    plan text NOT NULL,
    every text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'paid', 'void')),
    fee bigint NOT NULL CHECK (fee >= 0),   -- minor units: what the period costs
    credit bigint NOT NULL CHECK (credit >= 0 AND credit <= fee),
    tax bigint NOT NULL CHECK (tax >= 0 AND tax <= fee),  -- contained in the fee
    asked int NOT NULL,
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    lapses_at timestamptz NOT NULL,
    settled_at timestamptz,
    -- The period that it paid for, as it stands now: what is earned of the fee is earned over these days.
    period_from timestamptz,
    period_until timestamptz,
    given_back bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (member_id, programme_id, id)
);

CREATE TABLE payments (
    programme_id int NOT NULL REFERENCES programmes (id),
    member_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    activity_id uuid NOT NULL,
    provider text NOT NULL,
    reference text NOT NULL,                -- what the provider calls it; '' by hand without one
    amount bigint NOT NULL CHECK (amount > 0),
    received_at timestamptz NOT NULL,
    refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= amount),
    state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'disputed', 'lost')),
    PRIMARY KEY (member_id, programme_id, invoice_id)
);
CREATE UNIQUE INDEX payments_by_reference ON payments (provider, reference) WHERE reference <> '' AND provider <> 'manual';

-- What is asked of providers: written with the activity that asks for it, sent by a worker.
CREATE TABLE payment_orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id int NOT NULL REFERENCES programmes (id),
    member_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('charge', 'refund')),
    key text NOT NULL UNIQUE,               -- the provider's Idempotency-Key
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'done', 'failed', 'by_hand', 'dropped')),
    provider text NOT NULL DEFAULT '',
    reference text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    tries int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    next_at timestamptz,
    settled_at timestamptz
);
CREATE INDEX payment_orders_due ON payment_orders (next_at) WHERE state = 'waiting';
CREATE INDEX payment_orders_of_member ON payment_orders (member_id, programme_id, invoice_id);

-- How a member pays: by hand unless a provider keeps a method of theirs.
CREATE TABLE payment_methods (
    programme_id int NOT NULL REFERENCES programmes (id),
    member_id uuid NOT NULL,
    provider text NOT NULL,
    customer text NOT NULL,
    method text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, programme_id)
);

-- What providers told, once each, however often it was delivered.
CREATE TABLE provider_events (
    provider text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    said jsonb NOT NULL,
    reason text NOT NULL DEFAULT '',
    tries int NOT NULL DEFAULT 0,
    received_at timestamptz NOT NULL,
    next_at timestamptz,
    PRIMARY KEY (provider, id)
);
CREATE INDEX provider_events_due ON provider_events (next_at) WHERE state = 'waiting';
