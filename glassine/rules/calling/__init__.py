"""Calls of actions, decided: what may be called, with which values, as which request, and what of the answer is told. Nothing here sends anything."""
