"""BitMart's face: one for both of its hosts."""
