-- Whose units these are, and at what price (millionths of whole money for a whole unit): of a lot and of the entries that
-- make units or take them back the issuer's contract, of entries that spend where it is spent. See values/stakes.py.
ALTER TABLE entries ADD COLUMN partner text NOT NULL DEFAULT '', ADD COLUMN price bigint NOT NULL DEFAULT 0,
    ADD COLUMN owed smallint NOT NULL DEFAULT 0;
ALTER TABLE lots ADD COLUMN partner text NOT NULL DEFAULT '', ADD COLUMN price bigint NOT NULL DEFAULT 0,
    ADD COLUMN owed smallint NOT NULL DEFAULT 0;
ALTER TABLE holds ADD COLUMN partner text NOT NULL DEFAULT '';
-- A till that belongs to a partner speaks for that partner alone.
ALTER TABLE api_keys ADD COLUMN partner text CHECK (partner IS NULL OR audience = 'till');
