-- Who wants to hear of events ----------------------------------------------------------------------------------------

-- `programme_id` and `events` NULL: of all programmes, all events. `failed_in_a_row`: dead letters since the last
-- delivery that succeeded. Until `previous_until` deliveries are signed with the previous secret too.
CREATE TABLE webhook_endpoints (
    id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id     integer,
    url              text NOT NULL,
    description      text NOT NULL DEFAULT '',
    events           text[] CHECK (cardinality(events) > 0),
    state            text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'disabled', 'deleted')),
    state_reason     text NOT NULL DEFAULT '',
    state_at         timestamptz NOT NULL DEFAULT now(),
    failed_in_a_row  integer NOT NULL DEFAULT 0,
    secret           text NOT NULL,
    previous_secret  text,
    previous_until   timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    revision         integer NOT NULL DEFAULT 1
);

-- What is to be delivered --------------------------------------------------------------------------------------------

-- One row for each event and each endpoint that wants it. These instants are the real time of the database, whatever
-- the programmes' clock says: receivers live in the real world. `leased_until`: a worker has it in hand until then.
CREATE TABLE deliveries (
    event_id         bigint NOT NULL,  -- of the outbox
    member_id        uuid NOT NULL,
    next_at          timestamptz NOT NULL DEFAULT now(),
    leased_until     timestamptz,
    first_at         timestamptz,
    last_at          timestamptz,
    endpoint_id      integer NOT NULL,
    programme_id     integer NOT NULL,
    seq              integer NOT NULL,
    attempts         integer NOT NULL DEFAULT 0,
    status           integer,          -- of HTTP, of the last attempt; NULL: there was no answer
    lease            integer NOT NULL DEFAULT 0,
    state            text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    error            text,             -- of the last attempt
    PRIMARY KEY (event_id, endpoint_id)
) WITH (fillfactor = 70);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at) WHERE state = 'pending';
CREATE INDEX deliveries_in_order ON deliveries (endpoint_id, member_id, programme_id, seq) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (endpoint_id, event_id) WHERE state = 'dead';

CREATE INDEX outbox_by_age ON outbox USING brin (created_at) WITH (autosummarize = on);

-- Whoever writes an event writes its deliveries in the same transaction, knowing nothing of endpoints. Events of one
-- member are written under the member's lock, so that their deliveries become visible in the order of their numbers.
CREATE FUNCTION address_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhook_endpoints WHERE state = 'active') THEN
        RETURN NULL;
    END IF;
    INSERT INTO deliveries (event_id, endpoint_id, member_id, programme_id, seq)
    SELECT n.id, e.id, n.member_id, n.programme_id, n.seq
    FROM written n JOIN webhook_endpoints e
      ON e.state = 'active'
     AND (e.programme_id IS NULL OR e.programme_id = n.programme_id)
     AND (e.events IS NULL OR n.name = ANY (e.events))
    ORDER BY n.id, e.id;
    IF FOUND THEN
        PERFORM pg_notify('setia_deliveries', '');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_is_addressed AFTER INSERT ON outbox REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION address_events();
