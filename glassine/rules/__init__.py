"""What we decide. Pure functions; the clock is an argument; no I/O, no models."""
