"""The team's pages, one module each. A page reads through stories, shows, and turns a form into one call of a story; it decides nothing."""
