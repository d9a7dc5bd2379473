"""Who may see what: the ways to sign in, accounts, roles, and the record of who looked."""
