"""The whole of Ally against the sandbox, over real sockets."""
