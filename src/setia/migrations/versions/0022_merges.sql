-- A voucher that went over to the member whom its first owner is part of now: it has a number, and its code, there.
ALTER TABLE vouchers DROP CONSTRAINT vouchers_state_check;
ALTER TABLE vouchers ADD CONSTRAINT vouchers_state_check
    CHECK (state IN ('issued', 'used', 'cancelled', 'lapsed', 'revoked', 'moved'));
