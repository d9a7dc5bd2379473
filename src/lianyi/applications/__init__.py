"""Applications: what people do with what is known."""
