-- Keys to the API. The secret itself is shown once and never kept: only its SHA-256 is, which is enough for a secret of
-- 160 random bits.
CREATE TABLE api_keys (
    id            uuid PRIMARY KEY,
    audience      text NOT NULL CHECK (audience IN ('till', 'member', 'admin')),
    name          text NOT NULL CHECK (name <> ''),
    digest        bytea NOT NULL UNIQUE,
    scopes        text[] NOT NULL,
    programme     text,
    member_id     uuid,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL DEFAULT '',
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz,  -- to the minute or so: written now and then, not with each request
    CHECK ((audience = 'admin') = (programme IS NULL)),
    CHECK ((audience = 'member') = (member_id IS NOT NULL))
);
CREATE INDEX api_keys_by_member ON api_keys (member_id) WHERE member_id IS NOT NULL;
