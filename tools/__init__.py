"""What the model may call. Knows exchanges, never a socket and never the environment."""
