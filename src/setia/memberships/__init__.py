"""Memberships that are paid for: invoices, payments, and what payment providers are asked for and tell."""
