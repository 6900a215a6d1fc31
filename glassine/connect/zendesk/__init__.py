"""Zendesk as one vendor: its help centre (Guide) as a source of knowledge, its tickets as a helpdesk. It decides nothing and keeps nothing."""

from __future__ import annotations

from glassine.connect.zendesk.source import Guide
from glassine.connect.zendesk.tickets import Tickets
from glassine.words.channels import Connector

connector = Connector(name="zendesk", title="Zendesk", hosts=("*.zendesk.com", "*.zdassets.com", "*.zdusercontent.com"), source=Guide(), helpdesk=Tickets())
