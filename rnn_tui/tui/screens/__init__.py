"""The screens: the explorer, the start screen and the dialogs."""
