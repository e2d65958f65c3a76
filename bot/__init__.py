"""Ally: a Slack bot that helps people practise allyship at work."""
