"""Words shared by every floor: money, units, instants, ids, codes, activities and outcomes. Standard library only."""
