-- The wallet of the gift card that a reward is. What is left of such a voucher is on its card.
ALTER TABLE vouchers ADD COLUMN card uuid;
