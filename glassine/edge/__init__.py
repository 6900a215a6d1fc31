"""Where bytes leave this process, and the models that run inside it."""
