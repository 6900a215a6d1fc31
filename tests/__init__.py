"""The tests. tests/shop.py and tests/running.py make what they need; conftest.py says what they share."""
