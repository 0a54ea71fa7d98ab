-- A promised quote sets units, money and pieces aside: more than an integer may hold.
ALTER TABLE reservations ALTER COLUMN quantity TYPE bigint;
