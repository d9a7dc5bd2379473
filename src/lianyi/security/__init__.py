"""Who may see what: accounts and their secrets, and what keeps a secret a secret."""
