"""Data in, Block Kit out. Pure; owns the action ids and every word a member reads."""
