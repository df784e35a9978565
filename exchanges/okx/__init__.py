"""OKX: spot, spot margin and linear perpetual swaps, over one host."""
