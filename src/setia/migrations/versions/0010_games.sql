-- The seeds of chance. What is kept is a salt: the seed follows from it and from a key that is not in the database. The
-- commitment is published before the period begins; the seed is told when the period is over (`ends_at`), that of a
-- draw (no `ends_at`) when it is settled.
CREATE TABLE chance_seeds (
    programme_id  integer NOT NULL,
    period        text NOT NULL,
    salt          bytea NOT NULL CHECK (length(salt) = 32),
    commitment    text NOT NULL CHECK (commitment ~ '^[0-9a-f]{64}$'),
    published_at  timestamptz NOT NULL,
    ends_at       timestamptz,
    revealed_at   timestamptz,
    PRIMARY KEY (programme_id, period)
);

CREATE FUNCTION refuse_another_seed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR (NEW.salt, NEW.commitment, NEW.published_at) IS DISTINCT FROM
                            (OLD.salt, OLD.commitment, OLD.published_at) THEN
        RAISE EXCEPTION 'a published commitment is never changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER commitments_are_final BEFORE UPDATE OR DELETE ON chance_seeds
    FOR EACH ROW EXECUTE FUNCTION refuse_another_seed();

-- What a visitor won before joining waits like a guest's purchase.
ALTER TABLE parked DROP CONSTRAINT parked_reason_check;
ALTER TABLE parked ADD CONSTRAINT parked_reason_check CHECK (reason IN ('guest', 'unmatched_return', 'visitor'));
CREATE INDEX parked_by_visitor ON parked (programme_id, (contact ->> 'visitor')) WHERE reason = 'visitor';
CREATE INDEX parked_by_address ON parked (programme_id, (contact ->> 'address'), parked_at) WHERE reason = 'visitor';

-- Draws. `entries` is the list as it was when the draw closed, `record` all that is published of it.
CREATE TABLE draws (
    programme_id  integer NOT NULL,
    draw          text NOT NULL,
    version       integer NOT NULL,
    closed_at     timestamptz NOT NULL,
    root          text NOT NULL,
    entries       json NOT NULL,
    beacon        text,
    settled_at    timestamptz,
    PRIMARY KEY (programme_id, draw)
);
-- Who has which place. `state`: waiting (an alternate), offered (until `due_at`), won (to be handed over), issued, lapsed.
CREATE TABLE draw_places (
    programme_id  integer NOT NULL,
    draw          text NOT NULL,
    place         integer NOT NULL CHECK (place > 0),
    entry         text NOT NULL,
    member_id     uuid NOT NULL,
    reward        text,
    state         text NOT NULL CHECK (state IN ('waiting', 'offered', 'won', 'issued', 'lapsed')),
    due_at        timestamptz,
    PRIMARY KEY (programme_id, draw, place)
);
CREATE INDEX draw_places_open ON draw_places (programme_id, state) WHERE state IN ('offered', 'won');
CREATE INDEX activities_of_draws ON activities (programme_id, (body ->> 'draw'), id)
    WHERE type = 'draw.entered' AND status = 'accepted';

-- Everything that has moved a house account: activities, what visitors won and may still claim (or did), draws that are
-- closed. `setia verify` adds it up.
CREATE VIEW house_moves AS
    SELECT a.programme_id, change.key AS account, change.value::bigint AS amount
    FROM activities a CROSS JOIN LATERAL jsonb_each_text(a.house) change WHERE a.house IS NOT NULL
    UNION ALL
    SELECT p.programme_id, reserved.account, -1
    FROM parked p CROSS JOIN LATERAL json_array_elements_text(p.activity -> 'body' -> 'drawn' -> 'reserved')
         AS reserved (account)
    WHERE p.reason = 'visitor' AND p.state IN ('waiting', 'claimed')
    UNION ALL
    SELECT programme_id, 'draw:' || draw, -1 FROM draws;
