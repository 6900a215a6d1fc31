"""How what is known is found for a question, and what a turn goes by beside passages. It changes nothing that people wrote."""
