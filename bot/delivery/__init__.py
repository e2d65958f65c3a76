"""Plan, lease, send, settle: the only code that sends unasked. Truth is in rows; nothing here remembers."""
