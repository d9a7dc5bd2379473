"""What messages of HL7 v2 say about rows of the star. Pure."""
