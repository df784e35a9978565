"""OKX in paper mode: one host, one account of two wallets."""
