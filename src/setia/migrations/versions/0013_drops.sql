-- A drop gives a scarce reward away to whoever stands in line for it. Its seed is secret until it opens; what it hashes
-- to is public from the beginning.
CREATE TABLE drops (
    programme_id  integer NOT NULL,
    name          text NOT NULL,
    seed          bytea NOT NULL CHECK (length(seed) = 32),
    created_at    timestamptz NOT NULL,
    drawn_at      timestamptz,                                -- when the order of the lobby was drawn
    at            timestamptz,                                -- up to when the line has been worked off
    used          integer NOT NULL DEFAULT 0 CHECK (used >= 0),   -- how many were admitted in the turn of that instant
    left_         bigint NOT NULL DEFAULT 0,                  -- pieces that were left then
    last          integer NOT NULL DEFAULT 0 CHECK (last >= 0),   -- the last number in line
    PRIMARY KEY (programme_id, name)
);

-- One place for each member. `number` is NULL in the lobby.
CREATE TABLE drop_places (
    member_id     uuid NOT NULL,
    programme_id  integer NOT NULL,
    drop_name     text NOT NULL,
    arrived_at    timestamptz NOT NULL,
    number        integer,
    until         timestamptz,
    is_of_lobby   boolean NOT NULL,
    state         text NOT NULL CHECK (state IN ('waiting', 'admitted', 'holding', 'taken', 'lapsed', 'left')),
    PRIMARY KEY (member_id, programme_id, drop_name)
) WITH (fillfactor = 70);
CREATE INDEX drop_places_waiting ON drop_places (programme_id, drop_name, number) WHERE state = 'waiting';
CREATE INDEX drop_places_passes ON drop_places (programme_id, drop_name, until) WHERE state IN ('admitted', 'holding');
