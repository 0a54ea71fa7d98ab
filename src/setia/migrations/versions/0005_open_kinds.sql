-- What is scarce and what names a member grows with the programme: the database keeps their form, the code their list.
ALTER TABLE house_accounts DROP CONSTRAINT house_accounts_account_check;
ALTER TABLE house_accounts ADD CONSTRAINT house_accounts_account_check CHECK (account ~ '^[a-z_]+:');
ALTER TABLE member_identifiers DROP CONSTRAINT member_identifiers_kind_check;
ALTER TABLE member_identifiers ADD CONSTRAINT member_identifiers_kind_check CHECK (kind ~ '^[a-z_]+$');
