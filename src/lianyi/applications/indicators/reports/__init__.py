"""What leaves the indicators' screens as a file or by mail, and what people write on them."""
