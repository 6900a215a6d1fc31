"""Effects in other systems: delivered at least once, decided on by people where that is needed, and our own webhooks and stream of events."""
