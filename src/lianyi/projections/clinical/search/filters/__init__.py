"""``_filter``: an expression over search parameters, compiled to the conditions of any search."""
