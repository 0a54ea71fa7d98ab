-- Members' own codes, and who brought whom. A referral stands in the progress of the friend; what is here is for asking
-- across members: whose code this is, whom a member has brought, what waits for review.
CREATE TABLE referral_codes (
    code       text PRIMARY KEY CHECK (code <> ''),
    member_id  uuid NOT NULL UNIQUE
);

CREATE TABLE referrals (
    member_id     uuid NOT NULL,  -- the friend
    programme_id  integer NOT NULL,
    referrer_id   uuid NOT NULL,
    state         text NOT NULL CHECK (state IN ('open', 'held', 'refused', 'qualified')),
    why           text[] NOT NULL DEFAULT '{}',
    claimed_at    timestamptz NOT NULL,
    due_at        timestamptz,
    settled_at    timestamptz,
    PRIMARY KEY (member_id, programme_id)
);
CREATE INDEX referrals_by_referrer ON referrals (referrer_id, programme_id, claimed_at);
CREATE INDEX referrals_held ON referrals (programme_id, member_id) WHERE state = 'held';
