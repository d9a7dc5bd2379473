"""Search parameters of a hospital's own: files that are read, indexed beside the work, searched."""
