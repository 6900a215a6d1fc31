"""How personal values are found in a text: one file per kind. Only rules/redaction.py may call in here."""
