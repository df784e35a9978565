"""BitMart: spot with isolated margin, and USDT perpetuals."""
