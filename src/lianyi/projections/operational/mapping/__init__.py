"""Tables of a source into the facts of the star, by files that a hospital writes (数据映射)."""
