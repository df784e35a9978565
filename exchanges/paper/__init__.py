"""An embedded exchange that trades with invented money: pure, no I/O, no clock, every amount a Decimal.

`exchange.PaperExchange` is what a venue's face talks to; `market.Market` is where its prices come from.
"""
