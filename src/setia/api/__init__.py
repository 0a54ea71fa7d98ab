"""The HTTP surface: three audiences (till, member, admin), one door, one table of problems."""
