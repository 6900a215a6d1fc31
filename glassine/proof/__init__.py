"""What shows that the rest is true. Reads everything, is read by nobody."""
