"""Three years of a tertiary hospital: the tables of an invented HIS, as they lie in the lake."""
