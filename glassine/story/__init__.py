"""What happens, in order. Read turn.py first; the way of a message stands here, and each room beside it says in its first line what it is."""
