"""OpenAPI descriptions become actions: what a file says is read, mended where real files are faulty, and held against what was imported before. Nothing is fetched."""
