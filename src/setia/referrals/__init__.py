"""Members' own codes, and who brought whom: what is asked across members. Each referral stands with the friend."""
