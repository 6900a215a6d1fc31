"""Where knowledge comes from outside: connecting a source, reading it, and what people do with it. What a vendor says stands in connect/."""
