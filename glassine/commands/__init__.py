"""What the command line can do: one small module per command. It builds worlds and runs them; it decides nothing about messages."""
