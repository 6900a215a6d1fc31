"""What the AI may have done: actions as people set them up, the policy that stands outside of every model, and calls from a wish to their end."""
