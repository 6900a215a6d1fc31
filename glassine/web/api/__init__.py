"""The public API in OpenCX's wire format, and ours beside it, mounted at /api. Paths, shapes and errors; what happens is told in story/."""
