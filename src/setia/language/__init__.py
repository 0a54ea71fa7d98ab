"""What a marketer can write: the programme file, its diagnostics, its expressions. Pure: text in, types out."""
