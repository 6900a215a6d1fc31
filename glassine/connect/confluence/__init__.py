"""Confluence as one vendor: the pages of its spaces as a source of knowledge, in the Cloud and on machines of one's own. It decides nothing and keeps nothing."""

from __future__ import annotations

from glassine.connect.confluence.source import Wiki
from glassine.words.channels import Connector

connector = Connector(name="confluence", title="Confluence", hosts=("*.atlassian.net", "api.atlassian.com", "api.media.atlassian.com"), source=Wiki())
