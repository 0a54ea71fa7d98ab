-- A contest: the row that closing locks and whoever enters or votes shares. `record`: the result, once there is one.
CREATE TABLE contests (
    programme_id  integer NOT NULL,
    contest       text NOT NULL,
    closed_at     timestamptz,
    version       integer,
    record        json,
    PRIMARY KEY (programme_id, contest),
    CHECK ((closed_at IS NULL) = (record IS NULL))
);

-- What members entered. `id`: the activity that entered it.
CREATE TABLE contest_entries (
    member_id     uuid NOT NULL,
    programme_id  integer NOT NULL,
    id            uuid NOT NULL,
    contest       text NOT NULL,
    fields        json NOT NULL,
    entered_at    timestamptz NOT NULL,
    state         text NOT NULL CHECK (state IN ('waiting', 'shown', 'refused', 'removed', 'withdrawn')),
    reason        text NOT NULL DEFAULT '',
    reviewed_by   text NOT NULL DEFAULT '',
    reviewed_at   timestamptz,
    PRIMARY KEY (member_id, programme_id, id)
);
CREATE INDEX contest_entries_shown ON contest_entries (programme_id, contest, state, id);
CREATE INDEX contest_entries_named ON contest_entries (programme_id, id);

-- The votes that stand, each once: a vote that was taken back is gone. `id`: the activity that cast it.
CREATE TABLE contest_votes (
    member_id     uuid NOT NULL,
    programme_id  integer NOT NULL,
    entry         uuid NOT NULL,
    id            uuid NOT NULL,
    contest       text NOT NULL,
    voted_at      timestamptz NOT NULL,
    PRIMARY KEY (member_id, programme_id, entry)
);
CREATE INDEX contest_votes_counted ON contest_votes (programme_id, entry, member_id);
