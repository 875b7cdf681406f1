"""From logits to the next token, and on."""
