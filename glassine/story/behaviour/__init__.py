"""How the AI is to behave: the rulebook and its versions, topics, the guard, and trying a change before it counts. Turns are told in turn.py."""
