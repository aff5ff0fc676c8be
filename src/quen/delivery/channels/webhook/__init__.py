"""Calls to an address of the user's choice, signed as Standard Webhooks say."""

from quen.delivery.channels.webhook.post import HttpWebhooks, signing_secret

__all__ = ["HttpWebhooks", "signing_secret"]
