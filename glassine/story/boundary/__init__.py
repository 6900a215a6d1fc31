"""Every boundary as people can check it: switches, the data map, the ledger, the last look before bytes leave, and the reviewer's pack."""
