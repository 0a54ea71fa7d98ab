"""Rewards: the vouchers in members' hands."""
