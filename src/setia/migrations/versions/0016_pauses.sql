-- When a programme was paused, and how. They stay: what a pause did to the dates of units is worked out from them.
CREATE TABLE pauses (
    programme_id  integer NOT NULL REFERENCES programmes,
    begun_at      timestamptz NOT NULL,
    ended_at      timestamptz CHECK (ended_at >= begun_at),  -- NULL: it goes on
    may_spend     boolean NOT NULL,
    stops_expiry  boolean NOT NULL,
    begun_by      text NOT NULL,
    ended_by      text NOT NULL DEFAULT '',
    PRIMARY KEY (programme_id, begun_at)
);
CREATE UNIQUE INDEX pauses_running ON pauses (programme_id) WHERE ended_at IS NULL;

INSERT INTO pauses (programme_id, begun_at, may_spend, stops_expiry, begun_by)
SELECT id, now(), true, false, '' FROM programmes WHERE is_paused;
