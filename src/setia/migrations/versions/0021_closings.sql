-- Months that are closed for good. Their figures are those of everything before `ends_at` as the book knew it at
-- `known_at`: nothing that is recorded later changes them, and `setia verify` works them out again from the entries.
CREATE TABLE closings (
    programme_id  integer NOT NULL,
    month         text NOT NULL CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    ends_at       timestamptz NOT NULL,
    known_at      timestamptz NOT NULL,
    closed_by     text NOT NULL,
    PRIMARY KEY (programme_id, month)
);

-- Steps and minor units. `worth`: minor units a step; `price_scale`: of a step whose issuer owes a millionth of money.
CREATE TABLE closing_units (
    programme_id      integer NOT NULL,
    month             text NOT NULL,
    unit              text NOT NULL,
    worth             numeric NOT NULL,
    price_scale       numeric NOT NULL,
    breakage_rate     numeric NOT NULL,
    opening           bigint NOT NULL,
    closing           bigint NOT NULL,
    opening_money     bigint NOT NULL,
    closing_money     bigint NOT NULL,
    opening_breakage  bigint NOT NULL,
    breakage          bigint NOT NULL,
    PRIMARY KEY (programme_id, month, unit)
);

-- The journal: `money` is positive where the liability rises; its amount is debited and credited.
CREATE TABLE closing_lines (
    programme_id  integer NOT NULL,
    month         text NOT NULL,
    unit          text NOT NULL,
    no            integer NOT NULL CHECK (no > 0),
    movement      text NOT NULL,
    is_prior      boolean NOT NULL,
    steps         bigint NOT NULL,
    money         bigint NOT NULL,
    debit         text NOT NULL,
    credit        text NOT NULL,
    PRIMARY KEY (programme_id, month, unit, no)
);

CREATE TRIGGER closings_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON closings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER closing_units_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON closing_units
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER closing_lines_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON closing_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
