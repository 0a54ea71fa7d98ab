-- Vouchers have a code, and are used at the till: whole, in part, reserved for a cart, returned, revoked.

-- What the codes of a programme are made from: nobody without it can guess one. 244 random bits.
ALTER TABLE programmes ADD COLUMN code_secret bytea NOT NULL
    DEFAULT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');

-- `code` is canonical: letters and digits in capitals. `left_`: pieces, or minor units where `worth` says how many.
ALTER TABLE vouchers
    ADD COLUMN code text NOT NULL DEFAULT '',
    ADD COLUMN left_ bigint NOT NULL DEFAULT 0 CHECK (left_ >= 0),
    ADD COLUMN worth bigint NOT NULL DEFAULT 0 CHECK (worth >= 0),
    ADD COLUMN activates_at timestamptz,
    ADD COLUMN version integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT vouchers_state_check,
    ADD CONSTRAINT vouchers_state_check CHECK (state IN ('issued', 'used', 'cancelled', 'lapsed', 'revoked'));
UPDATE vouchers SET left_ = quantity WHERE state IN ('issued', 'lapsed');
CREATE UNIQUE INDEX vouchers_by_code ON vouchers (programme_id, code) WHERE code <> '';

-- Imported codes: handed out with a reward (`out`: that was done), or had by whoever brings one, as the reward says.
-- How often such a one can be used is the house account `code:<code>`.
CREATE TABLE codes (
    programme_id  integer NOT NULL,
    code          text NOT NULL CHECK (code <> ''),
    reward        text NOT NULL,
    state         text NOT NULL DEFAULT 'free' CHECK (state IN ('free', 'out', 'revoked')),
    no            bigint GENERATED ALWAYS AS IDENTITY,
    imported_at   timestamptz NOT NULL,
    PRIMARY KEY (programme_id, code)
);
CREATE INDEX codes_free ON codes (programme_id, reward, no) WHERE state = 'free';

-- Pieces set aside for a cart. They lapse by themselves at `until_`; what has lapsed is swept away with the next one.
CREATE TABLE reservations (
    programme_id  integer NOT NULL,
    account       text NOT NULL,
    code          text NOT NULL,
    session       text NOT NULL,
    member_id     uuid NOT NULL,
    quantity      integer NOT NULL CHECK (quantity > 0),
    taken_at      timestamptz NOT NULL,
    until_        timestamptz NOT NULL,
    PRIMARY KEY (programme_id, account, code, session, member_id)
);
