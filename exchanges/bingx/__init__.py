"""BingX: spot and USDT- and USDC-margined perpetuals ("swap"), one host, three wallets."""
