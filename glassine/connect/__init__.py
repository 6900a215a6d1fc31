"""One module per vendor; each ends in connector = Connector(...)."""
