-- Activities of one member that were set off by another's, written with their cause and gone once they are decided.
CREATE TABLE onward (
    member_id     uuid NOT NULL,         -- whose activity it is
    id            uuid NOT NULL,         -- of the activity
    programme_id  integer NOT NULL,
    due_at        timestamptz NOT NULL,  -- not tried before; later than its instant only after an error of ours
    source        text NOT NULL,
    external_id   text NOT NULL,
    activity      json NOT NULL,
    PRIMARY KEY (member_id, id)
);
CREATE INDEX onward_due ON onward (programme_id, due_at, id);
