"""Values in the clear and their end: who looks behind masks, how masking is set, and redaction, erasure, export, retention and keys."""
