"""What is done about own search parameters: indexing beside the work, telling how far it is."""
