-- Donations, each with a receipt: numbered without gaps within a programme and a calendar year. A number is never used
-- again: a donation that is taken back leaves it void. Money is in minor units of the programme's currency.
CREATE TABLE donations (
    programme_id  integer NOT NULL,
    year          integer NOT NULL,
    number        integer NOT NULL CHECK (number > 0),
    member_id     uuid NOT NULL,
    activity_id   uuid NOT NULL,
    sale_id       uuid,
    cause         text NOT NULL,
    unit          text NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    money         bigint NOT NULL CHECK (money >= 0),
    matched       bigint NOT NULL CHECK (matched >= 0),
    given_on      date NOT NULL,
    voided_at     timestamptz,
    payout        integer CHECK (payout > 0),
    PRIMARY KEY (programme_id, year, number),
    CHECK (voided_at IS NULL OR payout IS NULL)
);
CREATE UNIQUE INDEX donations_of ON donations (member_id, activity_id);
CREATE INDEX donations_to_pay ON donations (programme_id, cause) WHERE payout IS NULL AND voided_at IS NULL;

-- Batches in which a cause is paid what it got since the one before. They are final.
CREATE TABLE payouts (
    programme_id  integer NOT NULL,
    cause         text NOT NULL,
    no            integer NOT NULL CHECK (no > 0),
    closed_at     timestamptz NOT NULL,
    closed_by     text NOT NULL,
    gifts         integer NOT NULL CHECK (gifts > 0),
    money         bigint NOT NULL,
    matched       bigint NOT NULL,
    PRIMARY KEY (programme_id, cause, no)
);
CREATE TRIGGER payouts_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON payouts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
