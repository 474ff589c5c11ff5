"""Who may do what: roles and scopes, keys, passwords, sessions and the key that signs them."""
