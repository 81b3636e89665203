"""What the launcher is made of."""
