"""What a person does in Slack: one behaviour a module. `desk` speaks with Bolt; the others speak of members."""
