"""What happens, in order. Read turn.py first."""
