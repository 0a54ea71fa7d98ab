-- What members who agreed to be shown have reached, written with their states. `period`: the ordinal of its first day.
CREATE TABLE leaderboard_scores (
    member_id     uuid NOT NULL,
    programme_id  integer NOT NULL,
    board         text NOT NULL,
    period        integer NOT NULL,
    score         bigint NOT NULL CHECK (score > 0),
    reached_at    timestamptz NOT NULL,
    PRIMARY KEY (member_id, programme_id, board, period)
) WITH (fillfactor = 70);
CREATE INDEX leaderboard_best ON leaderboard_scores (programme_id, board, period, score DESC, reached_at, member_id);

-- The periods whose best were placed: each once, whichever worker comes first.
CREATE TABLE leaderboard_rounds (
    programme_id  integer NOT NULL,
    board         text NOT NULL,
    period        integer NOT NULL,
    closed_at     timestamptz NOT NULL,
    PRIMARY KEY (programme_id, board, period)
);
