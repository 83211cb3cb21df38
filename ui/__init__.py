"""What a person or a program touches: the `pincite` command and the chat."""
