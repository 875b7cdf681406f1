"""Models and tokenizers that come from elsewhere or go there. Knows folders, but no runs."""
