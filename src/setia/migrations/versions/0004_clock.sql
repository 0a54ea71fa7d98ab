-- How far the clock of this book is from the real one: a book that was filled with purchases of years ago lives on in
-- the days after them. No row: it is the real one.
CREATE TABLE clock_offset (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    ahead    interval NOT NULL
);
