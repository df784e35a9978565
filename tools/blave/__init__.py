"""What Blave knows: its indicators, their history, liquidations, traders and alerts."""
