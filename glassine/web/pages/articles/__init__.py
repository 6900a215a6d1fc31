"""Writing articles under Knowledge: the editor, history, topics, rules, pictures and links. Each page has a file of its own."""
