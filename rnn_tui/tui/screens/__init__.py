"""What fills the terminal: the explorer, the start screen and the dialogs."""
