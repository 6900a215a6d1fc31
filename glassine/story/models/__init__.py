"""Language models: which are asked for what and in which order, what they cost, and their keys. It reads no answer."""
