"""What shows that the rest is true. It reads everything, and the product never reads it."""
