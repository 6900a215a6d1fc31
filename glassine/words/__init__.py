"""What things are: frozen dataclasses, ids and the event vocabulary. Imports nothing of ours, and nothing but the standard library."""
