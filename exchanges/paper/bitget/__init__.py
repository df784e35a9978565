"""The paper face of Bitget: spot and USDT-margined futures of the classic account."""
