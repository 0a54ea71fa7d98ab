-- Who asked to be forgotten. Of the book only what says who somebody was changes: amounts, dates and results stay.
ALTER TABLE members ADD COLUMN erased_at timestamptz;

-- HMACs of what erased members were reached by, so that a new account gets no second welcome.
CREATE TABLE erased_marks (
    mark       bytea PRIMARY KEY CHECK (length(mark) = 32),
    erased_at  timestamptz NOT NULL
);

CREATE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('setia.erasing', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% of % is refused: the book is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Correct it by a new activity.';
END
$$;
CREATE FUNCTION keep_but_the_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.member_id, NEW.id, NEW.programme_id, NEW.no, NEW.version, NEW.revision, NEW.first_entry, NEW.entry_span,
        NEW.occurred_at, NEW.recorded_at, NEW.of_id, NEW.type, NEW.source, NEW.status, NEW.house)
       IS DISTINCT FROM
       (OLD.member_id, OLD.id, OLD.programme_id, OLD.no, OLD.version, OLD.revision, OLD.first_entry, OLD.entry_span,
        OLD.occurred_at, OLD.recorded_at, OLD.of_id, OLD.type, OLD.source, OLD.status, OLD.house) THEN
        RAISE EXCEPTION 'an erasure changes nothing but who it was'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER activities_are_final ON activities;
CREATE TRIGGER activities_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON activities
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_but_erasure();
CREATE TRIGGER activities_keep_their_figures BEFORE UPDATE ON activities
    FOR EACH ROW EXECUTE FUNCTION keep_but_the_person();
