"""A session that goes to somebody else's helpdesk: connecting one, the ticket with all that was said, and what comes back."""
