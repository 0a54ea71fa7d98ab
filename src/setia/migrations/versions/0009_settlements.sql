-- Statements of a month, once they are closed. What comes late goes into a later one: these never change.
CREATE TABLE settlements (
    programme_id  integer NOT NULL,
    month         text NOT NULL CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    closed_at     timestamptz NOT NULL,
    closed_by     text NOT NULL,
    PRIMARY KEY (programme_id, month)
);

-- What a partner owes is positive. `of_month` is when it happened, `money` is in minor units of the programme's currency.
CREATE TABLE settlement_lines (
    programme_id  integer NOT NULL,
    month         text NOT NULL,
    no            integer NOT NULL CHECK (no > 0),
    partner       text NOT NULL,
    of_month      text NOT NULL,
    kind          text NOT NULL,
    unit          text NOT NULL,
    other         text NOT NULL,
    price         bigint NOT NULL,
    owed          smallint NOT NULL,
    dispute       integer NOT NULL,
    quantity      bigint NOT NULL,
    money         bigint NOT NULL,
    PRIMARY KEY (programme_id, month, no)
);

-- Complaints about lines of closed statements; what is accepted comes into the next statement.
CREATE TABLE settlement_disputes (
    programme_id  integer NOT NULL,
    no            integer NOT NULL CHECK (no > 0),
    month         text NOT NULL,
    line          integer NOT NULL,
    partner       text NOT NULL,
    unit          text NOT NULL,
    money         bigint NOT NULL,
    state         text NOT NULL CHECK (state IN ('open', 'answered', 'accepted')),
    reason        text NOT NULL,
    answer        text NOT NULL DEFAULT '',
    opened_at     timestamptz NOT NULL,
    opened_by     text NOT NULL,
    answered_at   timestamptz,
    answered_by   text NOT NULL DEFAULT '',
    PRIMARY KEY (programme_id, no)
);

CREATE TRIGGER settlements_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON settlements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_lines_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
