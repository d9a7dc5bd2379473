"""What messages say: bytes in, values out. Nothing here reads a socket, a file or a clock."""
