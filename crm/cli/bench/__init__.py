"""``flask bench``."""
