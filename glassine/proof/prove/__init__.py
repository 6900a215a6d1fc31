"""`glassine prove`: canary values go in by every way there is, and everything is searched for them. Read run.py first; nothing here is read by the product."""
