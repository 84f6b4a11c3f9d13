"""How cardpress compares with the script that anyone would write in an afternoon."""
