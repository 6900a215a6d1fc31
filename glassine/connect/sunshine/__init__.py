"""Sunshine Conversations, Zendesk's messaging, as one vendor: a helpdesk whose people answer in chats. It decides nothing and keeps nothing."""

from __future__ import annotations

from glassine.connect.sunshine.messaging import Messaging
from glassine.words.channels import Connector

connector = Connector(
    name="sunshine", title="Zendesk messaging (Sunshine Conversations)", hosts=("*.zendesk.com", "api.smooch.io", "api.eu-1.smooch.io", "*.smooch.io", "*.zdusercontent.com"), helpdesk=Messaging(),
)
