"""A turn looked at afterwards: inspect, debug mode, replay, and what if. Nothing is sent from here."""
