"""The data plane: answers invocations from memory and records them."""
