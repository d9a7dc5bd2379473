"""Who approved which caliber, which values were published, what was entered, what gives alarm."""
